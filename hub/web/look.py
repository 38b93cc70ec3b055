"""Looking at somebody's pages: beginning, stopping, and what the person reads about it."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.sso.looking import PastLook, begin_look, current_look, list_looks, stop_look
from hub.web.viewer import current_viewer, own_session, require_sign_in, require_strong_sign_in

blueprint = flask.Blueprint("look", __name__)
blueprint.before_request(require_sign_in)


@blueprint.post("/admin/learners/<person_id>/look")
def begin(person_id: str) -> Response:
    """See the pages of a person as they see them; the service decides who may."""
    if current_viewer().person.is_operator and (elsewhere := require_strong_sign_in()):
        return elsewhere
    begin_look(current_hub(), own_session(), person_id)
    return flask.redirect(flask.url_for("my_training.page"), 303)


@blueprint.post("/stop-looking")
def stop() -> Response:
    """Be oneself again, where one began."""
    look = current_look()
    if look is None:
        return flask.redirect(flask.url_for("sign_in.home"), 303)
    stop_look(current_hub(), look)
    if look.looker.is_operator:
        return flask.redirect(flask.url_for("admin.learner", person_id=look.person.id), 303)
    return flask.redirect(flask.url_for("partner_people.page"), 303)


@blueprint.app_context_processor
def context() -> dict[str, object]:
    """For the layout: whom somebody looks at; and for the account page: who looked."""
    return {"look": current_look(), "past_looks": _past_looks}


def _past_looks() -> list[PastLook]:
    with current_hub().reading() as uow:
        return list_looks(uow, own_session().person_id)
