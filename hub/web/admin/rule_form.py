"""Writing a rule in a page: a form that says what a file would, a count while one writes, a plan, and the change."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import flask
from werkzeug import Response

from hub.audiences.plans.diff import Diff, PlanOutdated, compare_rule
from hub.audiences.plans.planning import Compare, make_change, plan_change, write_changes
from hub.audiences.rules.conditions import Op
from hub.audiences.rules.labels import read_choices
from hub.audiences.rules.preview_rule import preview_rule
from hub.audiences.rules.rule import Rule, read_rule
from hub.audiences.rules.rule_fields import ACTIVITIES, SINGLE, RuleFields, fields_of_rule, read_rule_fields
from hub.audiences.rules.rule_views import ACTIVITIES as ACTIVITY_WORDS
from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.network.views import names_of_people
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import MAX_FIELD, Filled
from hub.web.admin.rules import FIELDS, STATUSES
from hub.web.viewer import current_viewer

if TYPE_CHECKING:
    from hub.store import UnitOfWork

TESTS = 8
"""So many attributes one rule may ask about in the form."""
OPS: dict[Op, str] = {
    "equals": "is",
    "one_of": "is one of",
    "at_least": "is at least",
    "at_most": "is at most",
    "exists": "is known",
}
KINDS = {
    "brand": "Brand: what a brand asks for",
    "compliance": "Compliance: never waived",
    "development": "Development",
    "review": "Review: confidential",
}
DUE = {
    "": "Never",
    "days": "Days after it begins to apply",
    "date": "On a day",
    "anniversary": "On a day of each year",
    "period": "At the end of a period",
}
LABELS = {
    "title": "Title",
    "key": "Key",
    "target": "Course or path",
    "dimension": "Dimension",
    "kind": "Kind of goal",
    "status": "Status",
    "positions": "Positions",
    "brands": "Brands",
    "activity": "What the location does with the brand",
    "audience_class": "Class",
    "nodes": "Regions",
    "partners": "Partners",
    "tenure_at_least": "Days in the appointment, at least",
    "tenure_at_most": "Days in the appointment, at most",
    "due_kind": "Due",
    "due_value": "Days, day or period",
    "at_least_days": "Days everybody has at least",
    "look_back_days": "Completions count up to so many days before",
    "valid_from": "In force from",
    "valid_to": "In force until",
    **{f"attribute_{n}": "Attribute" for n in range(TESTS)},
}
NEW = RuleFields({"status": "draft", "kind": "brand"})


@blueprint.get("/rule-form")
def new_rule() -> str:
    """An empty form."""
    with current_hub().reading() as uow:
        return _show_form(uow, NEW, None)


@blueprint.get("/rules/<key>/edit")
def edit_rule(key: str) -> str:
    """The form of a rule."""
    with current_hub().reading() as uow:
        known = read_rule(uow, key)
        return _show_form(uow, fields_of_rule(uow, known), known)


@blueprint.post("/rule-form/count")
def count_rule() -> str:
    """What the form would reach, as a part of the page."""
    fields = _sent()
    with current_hub().reading() as uow:
        preview = preview_rule(uow, fields, _known(uow))
    return flask.render_template("admin/rule_count.html", preview=preview, labels=LABELS)


@blueprint.post("/rule-form/plan")
def plan_form() -> str | tuple[str, int]:
    """What making the rule of the form would do; the form again where something is wrong."""
    fields, hub = _sent(), current_hub()
    with hub.reading() as uow:
        known = _known(uow)
        try:
            read_rule_fields(uow, fields, known)
        except BadInput as bad:
            problems: dict[str, list[str]] = {}
            for problem in bad.problems:
                problems.setdefault(problem.place, []).append(problem.message)
            return _show_form(uow, fields, known, problems), bad.status
    return _show_plan(fields, plan_change(hub, _change(fields, known)))


@blueprint.post("/rule-form")
def back_to_form() -> str:
    """The form as it was sent, to go on with it."""
    fields = _sent()
    with current_hub().reading() as uow:
        return _show_form(uow, fields, _known(uow))


@blueprint.post("/rule-form/make")
def make_rule() -> Response | tuple[str, int]:
    """Make the rule that was planned. The form again, and ``plan``, its hash."""
    hub, fields, actor_id = current_hub(), _sent(), current_viewer().person.id
    with hub.reading() as uow:
        known = _known(uow)
        key = read_rule_fields(uow, fields, known).key
    compare = _change(fields, known)
    try:
        make_change(hub, compare, write_changes(actor_id), flask.request.form.get("plan", ""))
    except PlanOutdated as outdated:
        hub.audit_refusal("rule_changed", outdated.code, actor_id=actor_id)
        return _show_plan(fields, outdated.plan, outdated=True), outdated.status
    flask.flash("The rule is written. Goals follow within moments." if known else "The rule is made.")
    return flask.redirect(flask.url_for("admin.rule", key=key), 303)


def _change(fields: RuleFields, seen: Rule | None) -> Compare:
    """The rule becomes what the fields say; a new one that begins with no day begins when it is made."""

    def compare(uow: "UnitOfWork") -> Diff:
        known = read_rule(uow, seen.key) if seen else None
        rule = read_rule_fields(uow, fields, known)
        begins_now = known is None and not fields.values.get("valid_from")
        change = compare_rule(known, rule, begins_now=begins_now)
        return Diff((change,) if change else (), 0 if change else 1)

    return compare


def _known(uow: "UnitOfWork") -> Rule | None:
    key = flask.request.form.get("known", "")
    return read_rule(uow, key[:100]) if key else None


def _sent() -> RuleFields:
    form = flask.request.form
    values = {name: form.get(name, "").strip() for name in SINGLE}
    if any(len(value) > MAX_FIELD for value in values.values()):
        raise BadInput("bad_form", "A field of the form is too long.", "Shorten it and send it again.")
    return RuleFields(
        values, form.getlist("positions")[:500], form.getlist("brands")[:500], tuple(_sent_tests(form))
    )


def _sent_tests(form: Any) -> Iterator[tuple[str, str, str]]:
    for place in range(TESTS):
        key, op, value = (
            form.get(f"attribute_{place}{part}", "")[:MAX_FIELD] for part in ("", "_op", "_value")
        )
        if key:
            yield key, op, value


def _show_form(
    uow: "UnitOfWork", fields: RuleFields, known: Rule | None, problems: dict[str, list[str]] | None = None
) -> str:
    tests: Sequence[tuple[str, str, str]] = [*fields.attributes, ("", "equals", ""), ("", "equals", "")]
    return flask.render_template(
        "admin/rule_form.html",
        filled=Filled(fields.values, problems or {}),
        fields=fields,
        tests=tests[:TESTS],
        known=known,
        choices=read_choices(uow),
        ops=OPS,
        kinds=KINDS,
        due=DUE,
        statuses=STATUSES,
        activities=[(name, ACTIVITY_WORDS[name]) for name in ACTIVITIES],
        labels=LABELS,
        section="audiences",
    )


def _show_plan(fields: RuleFields, planned: Diff, *, outdated: bool = False) -> str:
    with current_hub().reading() as uow:
        people = names_of_people(uow, planned.effects.samples)
        known = _known(uow)
    return flask.render_template(
        "admin/rule_form_plan.html",
        rule=known,
        title=fields.values["title"],
        plan=planned,
        effects=planned.effects,
        people=people,
        carried=[(name, value) for name, value in flask.request.form.items(multi=True) if name in _CARRIED],
        fields=FIELDS,
        outdated=outdated,
        section="audiences",
    )


_CARRIED = frozenset(
    (*SINGLE, "known", "positions", "brands")
    + tuple(f"attribute_{place}{part}" for place in range(TESTS) for part in ("", "_op", "_value"))
)
