"""What was learned: statements as they came in, and the credit they led to."""

import flask

from hub.flask_hub import current_hub
from hub.network.views import names_of_connections, names_of_people
from hub.training.views import count_waiting, list_credits, list_statements
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_before_id, read_choice, read_person_filter, read_position


@blueprint.get("/statements")
def statements() -> str:
    """The learning records as they came in. Query: ``show=waiting`` for those whose actor nobody knows yet."""
    show = read_choice("show", ("waiting",))
    with current_hub().reading() as uow:
        listed = list_statements(uow, waiting=show == "waiting", before=read_position())
        waiting = count_waiting(uow)
        people = names_of_people(uow, [row.person_id for row in listed.rows])
        connections = names_of_connections(uow, [row.connection_id for row in listed.rows])
    return flask.render_template(
        "admin/statements.html",
        rows=listed.rows,
        older=listed.older,
        show=show,
        waiting=waiting,
        people=people,
        connections=connections,
    )


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
