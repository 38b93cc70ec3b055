"""Why somebody of a manager's team is asked for a course, or why not, as far as the manager may know."""

import flask

from hub.access.team import find_member
from hub.access.why_scope import scope_of_manager
from hub.audiences.why.read_why import read_why_tree
from hub.flask_hub import current_hub
from hub.training.courses.targets import find_targets, target_of
from hub.web.viewer import current_viewer, require_sign_in

blueprint = flask.Blueprint("team_why", __name__, url_prefix="/team")
blueprint.before_request(require_sign_in)


@blueprint.get("/people/<person_id>/why")
def page(person_id: str) -> str:
    """Query: ``dimension``, one of the own; ``target``, as ``Target.value``; ``q``, words of a title. 404 for anybody else."""
    arguments, manager_id = flask.request.args, current_viewer().person.id
    dimension, words = arguments.get("dimension", ""), arguments.get("q", "").strip()[:100]
    with current_hub().reading() as uow:
        scope = scope_of_manager(uow, manager_id, person_id, dimension)
        member = find_member(uow, manager_id, dimension, person_id)
        target = arguments.get("target", "")
        return flask.render_template(
            "team_why.html",
            member=member,
            dimension=dimension,
            words=words,
            targets=find_targets(uow, words),
            tree=read_why_tree(uow, person_id, target_of(target), scope) if target else None,
        )
