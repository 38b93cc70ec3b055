"""What a learner takes up without being asked: the catalogue, choosing, giving up again."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.training.courses.targets import find_targets, target_of
from hub.training.goals.decide_goals import choose_goal, drop_choice
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("choices", __name__, url_prefix="/my-training")
blueprint.before_request(require_sign_in)


@blueprint.get("/catalogue")
def page() -> str:
    """Query: ``q``, words of a title."""
    words = flask.request.args.get("q", "").strip()[:100]
    with current_hub().reading() as uow:
        return flask.render_template("choices.html", targets=find_targets(uow, words), words=words)


@blueprint.post("/choices")
def choose() -> Response:
    """Form: ``target``, as ``Target.value``. 404 for what the catalogue does not have, 409 for what is chosen already."""
    target = target_of(flask.request.form.get("target", ""))
    with current_hub().unit_of_work() as uow:
        choose_goal(uow, current_viewer().person.id, *target)
    flask.flash("You have chosen it. It stands in your training within a few seconds.")
    return flask.redirect(flask.url_for("my_training.page"), 303)


@blueprint.post("/choices/<decision_id>/drop")
def drop(decision_id: str) -> Response:
    """Give up what one chose; 404 for anything else."""
    with current_hub().unit_of_work() as uow:
        dropped = drop_choice(uow, current_viewer().person.id, decision_id)
    flask.flash("You have given it up." if dropped else "You had given it up already.")
    return flask.redirect(flask.url_for("my_training.page"), 303)
