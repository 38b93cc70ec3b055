"""A rule: whom it is for, what it asks for, its versions; and changing its status or going back, planned before it is done."""

from collections.abc import Mapping
from typing import get_args

import flask
from werkzeug import Response

from hub.audiences.files.export_audiences import export_one
from hub.audiences.plans.diff import Diff, PlanOutdated
from hub.audiences.plans.planning import (
    Compare,
    make_change,
    plan_change,
    roll_back,
    status_change,
    write_changes,
)
from hub.audiences.rules.conditions import Status
from hub.audiences.rules.preview_rule import preview_reach
from hub.audiences.rules.rule import read_rule
from hub.audiences.rules.rule_fields import owner_of_rule
from hub.audiences.rules.rule_views import titles_of_targets, words_of
from hub.audiences.rules.versions import read_versions
from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.network.views import names_of_people
from hub.web.admin.blueprint import blueprint
from hub.web.viewer import current_viewer
from hub.words.phrase import say

STATUSES = {
    "draft": "Nothing comes of it yet.",
    "shadow": "It is counted as if it were live, and nobody gets a goal from it.",
    "live": "It gives goals.",
}
FIELDS = {
    "title": say("title"),
    "dimension": say("dimension"),
    "kind": say("kind"),
    "target_kind": say("what it asks for"),
    "target_id": say("what it asks for"),
    "conditions": say("whom it is for"),
    "due_days": say("when it is due"),
    "due": say("when it is due"),
    "binding": say("whether it can be waived"),
    "look_back_days": say("how old a completion may be"),
    "valid_from": say("beginning"),
    "valid_to": say("end"),
    "status": say("status"),
}
"""Fields of a rule in words."""


@blueprint.get("/rules/<key>")
def rule(key: str) -> str:
    """One rule."""
    with current_hub().reading() as uow:
        found = read_rule(uow, key)
        target = titles_of_targets(uow, [(found.target_kind, found.target_id)]).get(found.target_id, "")
        conditions = words_of(uow, found.conditions)
        versions = read_versions(uow, "rule", key)
        owner = owner_of_rule(uow, key)
        people = names_of_people(uow, [version.actor_id for version in versions])
    return flask.render_template(
        "admin/rule.html",
        rule=found,
        target=target,
        conditions=conditions,
        versions=versions,
        people=people,
        fields=FIELDS,
        statuses=STATUSES,
        owner=owner,
        section="audiences",
    )


@blueprint.get("/rules/<key>/count")
def count_reach_of_rule(key: str) -> str:
    """How many people it is for now or later, whatever its status, as a part of the page."""
    with current_hub().reading() as uow:
        found = read_rule(uow, key)
        preview = preview_reach(uow, found.conditions, (found.valid_from, found.valid_to))
    return flask.render_template("admin/audience_count.html", preview=preview)


@blueprint.get("/rules/<key>/file")
def rule_as_file(key: str) -> Response:
    """The rule as an audience file, to keep or to write on."""
    with current_hub().reading() as uow:
        text = export_one(uow, "rule", key)
    return as_file(text, f"{key}.toml")


def as_file(text: str, name: str) -> Response:
    """A text to keep, under a name that is a key."""
    response = flask.Response(text, content_type="application/toml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/rules/<key>/plan")
def plan_rule(key: str) -> str:
    """What a change would do; nothing is changed. Query: ``status``, or ``version`` to go back to."""
    return _show_plan(key, plan_change(current_hub(), _wanted(key, flask.request.args)))


@blueprint.post("/rules/<key>/change")
def change_rule(key: str) -> Response | tuple[str, int]:
    """Make the change that was planned. Form: ``status`` or ``version``, and ``plan``, its hash."""
    hub, form, actor_id = current_hub(), flask.request.form, current_viewer().person.id
    try:
        make_change(hub, _wanted(key, form), write_changes(actor_id), form.get("plan", ""))
    except PlanOutdated as outdated:
        hub.audit_refusal("rule_changed", outdated.code, actor_id=actor_id)
        return _show_plan(key, outdated.plan, outdated=True), outdated.status
    flask.flash("The rule is changed. Goals follow within moments.")
    return flask.redirect(flask.url_for("admin.rule", key=key), 303)


def _wanted(key: str, said: Mapping[str, str]) -> Compare:
    version, status = said.get("version", ""), said.get("status", "")
    if version.isdecimal() and len(version) < 10:
        return roll_back("rule", key, int(version))
    for known in get_args(Status):
        if status == known:
            return status_change(key, known)
    raise BadInput(
        "bad_rule_change", "The form does not say what to change.", "Choose it on the rule's page."
    )


def _show_plan(key: str, planned: Diff, *, outdated: bool = False) -> str:
    with current_hub().reading() as uow:
        found = read_rule(uow, key)
        people = names_of_people(uow, planned.effects.samples)
    return flask.render_template(
        "admin/rule_plan.html",
        rule=found,
        plan=planned,
        effects=planned.effects,
        people=people,
        said={name: flask.request.values.get(name, "") for name in ("status", "version")},
        fields=FIELDS,
        outdated=outdated,
        section="audiences",
    )
