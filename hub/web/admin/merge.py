"""Two records of one human: choosing the other one, seeing what would move, merging, and undoing it."""

import flask
from werkzeug import Response

from hub.errors import BadInput, HubError
from hub.flask_hub import current_hub
from hub.lifecycle.merge_people import merge_people, plan_merge, undo_merge
from hub.network.people.merge import MergePlan
from hub.network.people.merges import absorbed_by, merged_into
from hub.network.people.person import Person, read_appointments, read_person
from hub.network.views import names_of_people
from hub.sso.linking import SignIn, list_sign_ins_of, take_sign_in_away
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_person_filter
from hub.web.language import _
from hub.web.viewer import current_viewer


@blueprint.get("/learners/<person_id>/merge")
def merge(person_id: str) -> str:
    """Choose who is the same human, then what would move. Query: ``who``, words, or ``person``, an id; ``keep``, an id."""
    who = read_person_filter()
    with current_hub().reading() as uow:
        person = read_person(uow, person_id)
        other = read_person(uow, who.id) if who.id and who.id != person.id else None
        into, absorbed = merged_into(uow, person.id), absorbed_by(uow, person.id)
        choices: list[tuple[Person, Person, MergePlan | None, HubError | None]] = []
        for gone, stays in [(other, person), (person, other)] if other else []:
            try:
                choices.append((gone, stays, plan_merge(uow, gone.id, stays.id), None))
            except HubError as error:
                choices.append((gone, stays, None, error))
        names = names_of_people(uow, [into.to_id if into else None, *(each.from_id for each in absorbed)])
        places = {one.id: read_appointments(uow, one.id) for one in (person, other) if one}
        return flask.render_template(
            "admin/merge.html",
            person=person,
            other=other,
            who=who,
            choices=choices,
            into=into,
            absorbed=absorbed,
            names=names,
            places=places,
        )


@blueprint.post("/learners/<person_id>/merge")
def merge_now(person_id: str) -> Response:
    """Let somebody become part of this person. Form: ``gone``, the id of who does; ``left_files``, 1 or nothing."""
    form, actor_id = flask.request.form, current_viewer().person.id
    left = form.get("left_files") == "1"
    with current_hub().unit_of_work() as uow:
        merge_people(uow, form.get("gone", ""), person_id, actor_id=actor_id, left_files=left)
        person = read_person(uow, person_id)
    flask.flash(_("Both are %(name)s now. Goals and credits follow in a moment.", name=person.name))
    return flask.redirect(flask.url_for("admin.merge", person_id=person.id), 303)


@blueprint.app_context_processor
def parts() -> dict[str, object]:
    """``sign_ins_of(person_id)`` for the page of a learner, which reads when it is called."""
    return {"sign_ins_of": _sign_ins_of}


def _sign_ins_of(person_id: str) -> list[SignIn]:
    with current_hub().reading() as uow:
        return list_sign_ins_of(uow, person_id)


@blueprint.post("/learners/<person_id>/sign-ins")
def take_away(person_id: str) -> Response:
    """Take one of somebody's sign-ins away. Form: ``connection``, a slug; ``form`` and ``subject``."""
    form, actor_id = flask.request.form, current_viewer().person.id
    named = [form.get(name, "") for name in ("connection", "form", "subject")]
    with current_hub().unit_of_work() as uow:
        person = read_person(uow, person_id)
        take_sign_in_away(uow, person.id, *named, actor_id=actor_id)
    flask.flash("The sign-in is removed. Nothing that its provider tells brings it back.")
    return flask.redirect(flask.url_for("admin.learner", person_id=person.id), 303)


@blueprint.post("/learners/<person_id>/unmerge")
def unmerge(person_id: str) -> Response:
    """Let the two be two again. Form: ``merge``, an id."""
    with current_hub().unit_of_work() as uow:
        undone = undo_merge(uow, flask.request.form.get("merge", ""), actor_id=current_viewer().person.id)
        if person_id not in {undone.from_id, undone.to_id}:
            raise BadInput("bad_choice", "The form does not belong to this person.")
    flask.flash("They are two people again. Goals and credits follow in a moment.")
    return flask.redirect(flask.url_for("admin.merge", person_id=person_id), 303)
