"""The ledger: the credit that statements led to."""

import flask

from hub.flask_hub import current_hub
from hub.network.views import names_of_people
from hub.training.credit.views import list_credits
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_before_id, read_person_filter


@blueprint.get("/credits")
def credits() -> str:
    """The credit ledger."""
    who = read_person_filter()
    with current_hub().reading() as uow:
        listed = list_credits(uow, person_id=who.id, before=read_before_id())
        people = names_of_people(uow, [row.person_id for row in listed.rows])
    return flask.render_template(
        "admin/credits.html", rows=listed.rows, older=listed.older, who=who, people=people
    )
