"""The page of a partner admin about plugins: which are on for the company. Operators switch them."""

import flask

from hub.access.roles import administered_partners
from hub.flask_hub import current_hub
from hub.plugin_views.for_partner import list_for_partner
from hub.web.partner.own_partner import own_partner
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("partner_plugins", __name__, url_prefix="/partner/plugins")
blueprint.before_request(require_sign_in)


@blueprint.get("")
def page() -> str:
    """The plugins that take part in the training of the company's people. Query: ``partner``, an id."""
    partner_id = own_partner("partner_plugins")
    with current_hub().reading() as uow:
        plugins = list_for_partner(uow, partner_id)
        partners = administered_partners(uow, current_viewer().person.id)
    return flask.render_template(
        "partner_plugins.html", plugins=plugins, partner_id=partner_id, partners=partners
    )
