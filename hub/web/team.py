"""The team page: how those stand whom the person signed in looks after, one dimension at a time."""

import flask

from hub.access.team import read_team
from hub.flask_hub import current_hub
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("team", __name__)
blueprint.before_request(require_sign_in)

MAX_SEARCH = 100


@blueprint.get("/team")
def page() -> str:
    """Query: ``dimension`` (one of the own), ``page`` from 1, ``q`` words of a name."""
    arguments = flask.request.args
    number = arguments.get("page", "1")
    with current_hub().reading() as uow:
        team = read_team(
            uow,
            current_viewer().person.id,
            arguments.get("dimension"),
            int(number) if number.isdecimal() and len(number) < 7 else 1,
            arguments.get("q", "").strip()[:MAX_SEARCH],
        )
    return flask.render_template("team.html", team=team)
