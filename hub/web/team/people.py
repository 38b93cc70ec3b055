"""The team page: how those stand whom the person signed in looks after, one dimension at a time."""

import flask

from hub.access.team import read_team
from hub.flask_hub import current_hub
from hub.lti.review import start_team_review
from hub.lti.submissions import list_team_submissions
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, own_session, require_sign_in

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
        people = [member.person_id for member in team.members]
        submissions = list_team_submissions(uow, current_viewer().person.id, people, team.dimension)
    if submissions:
        allow_leaving()
    return flask.render_template("team.html", team=team, submissions=submissions)


@blueprint.post("/team/<person_id>/review")
def review(person_id: str) -> flask.typing.ResponseReturnValue:
    """Look at somebody's work in the LMS that has it. Form: ``line_item``, an id; 404 for what the team page does not show."""
    session, line_item_id = own_session(), flask.request.form.get("line_item", "")
    login = start_team_review(current_hub(), session.person_id, person_id, line_item_id, session.token_hash)
    response = flask.redirect(login.address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response
