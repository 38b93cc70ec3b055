"""What a manager decides about a goal of the team: giving one, waiving one, taking that back."""

from datetime import date, datetime

import flask
from werkzeug import Response

from hub.access import decide
from hub.access.team import find_member
from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.network.validity.dates import is_in_reach
from hub.training.courses.targets import find_targets, target_of, title_of
from hub.training.goals.due import end_of_day, zone_of_person
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.viewer import current_viewer, require_sign_in
from hub.words.phrase import say

blueprint = flask.Blueprint("team_decisions", __name__, url_prefix="/team")
blueprint.before_request(require_sign_in)

GIVE = {
    "target": say("Course or path"),
    "kind": say("What for"),
    "due": say("Due"),
    "reason": say("Why"),
    "binding": say("Must be done"),
}
WAIVE = {"reason": say("Why"), "evidence": say("Where that can be looked up"), "until": say("Until")}
KINDS = {
    "development": say("Development"),
    "brand": say("What the brand asks"),
    "review": say("Performance review (seen by managers of an internal appointment alone)"),
    "compliance": say("Compliance (nobody can waive it)"),
}
FIELDS_OF_CODES = {
    "no_target": "target",
    "bad_decision": "reason",
    "already_given": "target",
    "goal_waived": "target",
}


@blueprint.get("/people/<person_id>/goals/new")
def give_form(person_id: str) -> str:
    """Query: ``dimension``, one of the own; ``q``, words of a title."""
    return _give_page(person_id, Filled({"kind": "development"}))


@blueprint.post("/people/<person_id>/goals")
def give(person_id: str) -> flask.typing.ResponseReturnValue:
    """Form: as GIVE; ``dimension``, one of the own."""
    filled, dimension = read_form(GIVE), flask.request.form.get("dimension", "")
    values, empty = filled.values, missing(filled, ("target", "kind"))
    due, wrong = _day(values["due"])
    if wrong:
        empty["due"] = [say("is not a date")]
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            decide.give_goal(
                uow,
                current_viewer().person.id,
                person_id,
                dimension,
                target_of(values["target"]),
                values["kind"],
                reason=values["reason"],
                due_at=end_of_day(due, zone_of_person(uow, person_id)) if due else None,
                binding=values["binding"] == "yes",
            )
    except HubError as error:
        _note_refusal("goal_given", person_id, error)
        if error.status in (403, 404) and error.code != "no_target":
            raise
        return _give_page(person_id, refused(filled, error, FIELDS_OF_CODES, empty)), error.status
    flask.flash("The goal is given. It stands in the plan within a few seconds.")
    return _back(dimension)


@blueprint.get("/goals/<goal_id>/waive")
def waive_form(goal_id: str) -> str:
    """What a waiver would change, and the form for it; 404 for a goal the viewer may not see."""
    return _waive_page(goal_id, Filled())


@blueprint.post("/goals/<goal_id>/waive")
def waive(goal_id: str) -> flask.typing.ResponseReturnValue:
    """Form: as WAIVE. 409 for what nobody waives."""
    filled = read_form(WAIVE)
    empty, manager_id = missing(filled, ("reason",)), current_viewer().person.id
    until, wrong = _day(filled.values["until"])
    if wrong:
        empty["until"] = [say("is not a date")]
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            goal = decide.preview_waiver(uow, manager_id, goal_id).goal
            decide.waive_goal(
                uow,
                manager_id,
                goal_id,
                reason=filled.values["reason"],
                evidence=filled.values["evidence"],
                until=_last_day(until, zone_of_person(uow, goal.person_id)),
            )
    except HubError as error:
        _note_refusal("goal_waived", goal_id, error)
        if error.status == 404:
            raise
        return _waive_page(goal_id, refused(filled, error, FIELDS_OF_CODES, empty)), error.status
    flask.flash("The goal is waived. It leaves the plan within a few seconds, and the learner sees why.")
    return _back(goal.dimension)


@blueprint.get("/decisions/<decision_id>/end")
def end_form(decision_id: str) -> str:
    """What ending a waiver, or what was given, would change; 404 for what the viewer may not see."""
    manager_id = current_viewer().person.id
    with current_hub().reading() as uow:
        preview = decide.preview_end(uow, manager_id, decision_id)
        goal = preview.decision.goal
        return flask.render_template(
            "team_end.html",
            preview=preview,
            title=title_of(uow, goal.target_kind, goal.target_id),
            member=find_member(uow, manager_id, goal.dimension, goal.person_id),
        )


@blueprint.post("/decisions/<decision_id>/end")
def end(decision_id: str) -> Response:
    """End a waiver, or what was given. Form: ``dimension``, to go back to."""
    try:
        with current_hub().unit_of_work() as uow:
            ended = decide.withdraw_decision(uow, current_viewer().person.id, decision_id)
    except HubError as error:
        _note_refusal("decision_withdrawn", decision_id, error)
        raise
    flask.flash("The decision is ended." if ended else "The decision had ended already.")
    return _back(flask.request.form.get("dimension", ""))


def _note_refusal(action: str, subject_id: str, error: HubError) -> None:
    """Keep what was refused, but for a form that was not filled in well."""
    if error.status != 400:
        current_hub().audit_refusal(action, error.code, subject_id, actor_id=current_viewer().person.id)


def _give_page(person_id: str, filled: Filled) -> str:
    arguments = flask.request.values
    dimension, words = arguments.get("dimension", ""), arguments.get("q", "").strip()[:100]
    with current_hub().reading() as uow:
        member = find_member(uow, current_viewer().person.id, dimension, person_id)
        return flask.render_template(
            "team_give.html",
            member=member,
            dimension=dimension,
            targets=find_targets(uow, words),
            words=words,
            kinds=KINDS,
            filled=filled,
            labels=GIVE,
        )


def _waive_page(goal_id: str, filled: Filled) -> str:
    with current_hub().reading() as uow:
        preview = decide.preview_waiver(uow, current_viewer().person.id, goal_id)
        member = find_member(uow, current_viewer().person.id, preview.goal.dimension, preview.goal.person_id)
        return flask.render_template(
            "team_waive.html",
            preview=preview,
            title=title_of(uow, preview.goal.target_kind, preview.goal.target_id),
            goal_id=goal_id,
            member=member,
            filled=filled,
            labels=WAIVE,
        )


def _day(text: str) -> tuple[date | None, bool]:
    """The day a form names, and whether it names none that can be though something is there."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        return None, True
    return (None, True) if day is not None and not is_in_reach(day) else (day, False)


def _last_day(day: date | None, zone: str) -> datetime | None:
    return end_of_day(day, zone) if day else None


def _back(dimension: str) -> Response:
    return flask.redirect(flask.url_for("team.page", dimension=dimension or None), 303)
