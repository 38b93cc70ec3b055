"""Profiles: how audiences are set up, what is inherited, and every change planned before it is made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import flask
from werkzeug import Response

from hub.audiences.plans.diff import AudienceChange, SwitchChange
from hub.audiences.profiles.export_profiles import export_profiles
from hub.audiences.profiles.plan_profiles import (
    ProfilePlan,
    ProfilesOutdated,
    Work,
    from_text,
    make_profiles,
    plan_profiles,
    remove_profile,
    roll_back_profile,
    switch_item,
)
from hub.audiences.profiles.profile import WORKFLOW
from hub.audiences.profiles.read_profiles import read_profile, read_profile_versions
from hub.audiences.profiles.reports import run_report
from hub.audiences.profiles.views import METRICS, list_profiles, view_profile
from hub.errors import BadInput, Problem
from hub.flask_hub import current_hub
from hub.network.views import names_of_people
from hub.web.admin.blueprint import blueprint
from hub.web.language import _, told
from hub.web.viewer import current_viewer
from hub.words.phrase import say

MAX_TEXT = 200_000
FIELDS = {
    "title": say("title"),
    "extends": say("what it inherits from"),
    "audiences": say("audiences"),
    "provisioning": say("ways in"),
    "mandatory": say("what must be known"),
    "dimensions": say("dimensions"),
    "positions": say("positions"),
    "theme": say("theme"),
    "floor": say("smallest group that is told"),
    "rules": say("rules"),
    "reports": say("reports"),
    "workflows": say("workflows"),
    "plugins": say("plugins"),
    "aspects": say("aspects"),
    "without": say("what it does not inherit"),
}
"""What a profile says, in words."""
NEW = """[[profile]]
key = "workshops"
title = "Workshops"
# extends = "base"
audiences = []
provisioning = ["sign_in", "invitation"]
"""


@blueprint.get("/profiles")
def profiles() -> str:
    """Every profile."""
    with current_hub().reading() as uow:
        lines = list_profiles(uow)
    return flask.render_template("admin/profiles.html", lines=lines)


@blueprint.get("/profiles/<key>")
def profile(key: str) -> str:
    """One profile, with what it inherits."""
    with current_hub().reading() as uow:
        view = view_profile(uow, key)
        versions = read_profile_versions(uow, key)
        people = names_of_people(uow, [version.actor_id for version in versions])
    return flask.render_template(
        "admin/profile.html", view=view, versions=versions, people=people, fields=FIELDS, section="profiles"
    )


@blueprint.get("/profiles/<key>/reports/<audience>/<report>")
def profile_report(key: str, audience: str, report: str) -> str:
    """The figures of a report as they are now."""
    with current_hub().reading() as uow:
        found = run_report(uow, audience, report)
        title = read_profile(uow, key).title
    return flask.render_template(
        "admin/profile_report.html", report=found, key=key, title=title, metrics=METRICS, section="profiles"
    )


@blueprint.get("/profile-text")
def write_profile() -> str:
    """Where a profile is written. Query: ``key``, one to change."""
    key = flask.request.args.get("key", "")
    text = NEW
    if key:
        with current_hub().reading() as uow:
            read_profile(uow, key)
            text = export_profiles(uow, key)
    return _editor(key, text, [])


@blueprint.get("/profile-plan")
def plan_profile() -> str:
    """What a change would do. Query: ``key``, with ``version`` to go back to, ``kind``, ``item`` and ``on`` of a switch, or ``remove`` (1)."""
    args = flask.request.args
    return _show_plan(plan_profiles(current_hub(), _wanted(args)), args)


@blueprint.post("/profile-plan")
def plan_text() -> str | tuple[str, int]:
    """What a text would change, or what is wrong with it. Form: ``text``, and ``key`` where it came from."""
    form = flask.request.form
    try:
        return _show_plan(plan_profiles(current_hub(), _wanted(form)), form)
    except BadInput as wrong:
        if wrong.code != "bad_profiles":
            raise
        return _editor(form.get("key", ""), form.get("text", ""), wrong.problems), wrong.status


@blueprint.post("/profile-change")
def change_profile() -> Response | tuple[str, int]:
    """Make the change that was planned. Form: as for the plan, and ``plan``, its hash."""
    hub, form, actor_id = current_hub(), flask.request.form, current_viewer().person.id
    try:
        done = make_profiles(hub, _wanted(form), form.get("plan", ""), actor_id)
    except ProfilesOutdated as outdated:
        hub.audit_refusal("profile_changed", outdated.code, actor_id=actor_id)
        return _show_plan(outdated.plan, form, outdated=True), outdated.status
    flask.flash("The profile is changed. Goals follow within moments.")
    if any(change.after is None for change in done.profiles):
        return flask.redirect(flask.url_for("admin.profiles"), 303)
    key = done.profiles[0].said.key if done.profiles else form.get("key", "")
    return flask.redirect(flask.url_for("admin.profile", key=key), 303)


def _wanted(said: Mapping[str, str]) -> Work:
    key, version, item = said.get("key", ""), said.get("version", ""), said.get("item", "")
    if text := said.get("text", ""):
        if len(text) > MAX_TEXT:
            raise BadInput("bad_profiles", "The text is too long.", "Change fewer profiles at a time.")
        return from_text(text.replace("\r\n", "\n"))
    if key and version.isdecimal() and len(version) < 10:
        return roll_back_profile(key, int(version))
    if key and said.get("remove") == "1":
        return remove_profile(key)
    if key and item and said.get("on") in ("0", "1"):
        on = said["on"] == "1"
        if said.get("kind") == "plugins":
            return switch_item(key, "plugins", item, on=on)
        if said.get("kind") == "workflows":
            return switch_item(key, "workflows", item, on=on)
    raise BadInput(
        "bad_profile_change", "The form does not say what to change.", "Choose it on the profile's page."
    )


@dataclass(frozen=True)
class Part:
    """One thing that a plan changes: of what kind, which, what becomes of it, and for how many people."""

    kind: str
    key: str
    what: str
    people: int


def _parts(plan: ProfilePlan) -> Iterator[Part]:
    for place, change in enumerate(plan.diff.changes):
        people = plan.diff.affected.get(place, 0)
        match change:
            case SwitchChange(audience, plugin):
                kind = _("Workflow") if plugin.startswith(WORKFLOW) else _("Plugin")
                yield Part(
                    kind,
                    plugin.removeprefix(WORKFLOW),
                    _("goes on for %(name)s", name=audience.name)
                    if change.what == "on"
                    else _("goes off for %(name)s", name=audience.name),
                    people,
                )
            case AudienceChange(_, after):
                yield Part(_("Audience"), after.key, _("people come in by other ways"), people)
            case _:
                what = _("goes") if change.key in plan.removed else told(change.what)
                yield Part(_("Rule"), change.key, what, people)


def _editor(key: str, text: str, problems: "list[Problem] | tuple[Problem, ...]") -> str:
    return flask.render_template(
        "admin/profile_text.html", key=key, text=text, problems=problems, section="profiles"
    )


def _show_plan(plan: ProfilePlan, said: Mapping[str, str], *, outdated: bool = False) -> str:
    with current_hub().reading() as uow:
        ids = {*plan.diff.effects.samples, *(id for flow in plan.workflows for id in flow.samples)}
        people = names_of_people(uow, ids)
    names = ("key", "version", "kind", "item", "on", "remove", "text")
    return flask.render_template(
        "admin/profile_plan.html",
        plan=plan,
        effects=plan.diff.effects,
        parts=list(_parts(plan)),
        people=people,
        said={name: said.get(name, "") for name in names},
        fields=FIELDS,
        outdated=outdated,
        section="profiles",
    )
