"""What expires soon, at all connections and of the hub itself."""

import flask

from hub.flask_hub import current_hub
from hub.network.views import list_slugs, names_of_connections
from hub.sso.onboarding.expiries import count_expiring, list_expiring
from hub.sso.onboarding.watch_words import KINDS
from hub.web.admin.blueprint import blueprint


@blueprint.get("/expiring")
def expiring() -> str:
    """Everything that ends within a month or has ended, the most urgent first."""
    with current_hub().reading() as uow:
        found, number = list_expiring(uow), count_expiring(uow)
        ids = [one.connection_id for one in found]
        names, slugs, now = names_of_connections(uow, ids), list_slugs(uow, ids), uow.now
    return flask.render_template(
        "admin/expiring.html", found=found, number=number, names=names, slugs=slugs, now=now, kinds=KINDS
    )
