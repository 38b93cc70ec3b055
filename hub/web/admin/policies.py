"""What counts as completion, per source system: seen, planned on what is there, and put into force."""

import json

import flask
from werkzeug import Response

from hub.errors import BadInput, Missing
from hub.flask_hub import current_hub
from hub.network.systems.connections import Connection, find_connection
from hub.network.systems.find_connections import search_connections
from hub.network.views import names_of_people
from hub.training.completing.plan_policy import PlanChanged, PolicyPlan, plan_policy, put_into_force
from hub.training.completing.policies import read_policies, read_policy, read_policy_versions
from hub.training.completing.policy import Policy, Terms
from hub.training.completing.policy_views import (
    find_courses,
    keys_of_courses,
    list_courses,
    names_in_catalogue,
)
from hub.training.credit.views import titles_of_offerings
from hub.web.admin.blueprint import blueprint
from hub.web.admin.policy_form import (
    USUAL_VERBS,
    VERBS,
    courses_in,
    fields_of,
    fields_of_overrides,
    read_form,
    read_seen,
)
from hub.web.admin.query import MAX_WORDS
from hub.web.language import _
from hub.web.viewer import current_viewer

SUGGESTED = Terms((VERBS + "completed", VERBS + "passed"))


@blueprint.get("/policies")
def policies() -> str:
    """Source systems with what counts there. Query: ``q``, words; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        found, more = search_connections(uow, words, flask.request.args.get("after", "")[:MAX_WORDS])
        rows = [row for row in found if row.kind != "oidc"]
        in_force = read_policies(uow, [row.id for row in rows])
        catalogues = names_in_catalogue(uow, [row.id for row in rows])
    return flask.render_template(
        "admin/policies.html", rows=rows, more=more, words=words, policies=in_force, catalogues=catalogues
    )


@blueprint.get("/policies/<slug>")
def policy(slug: str) -> str:
    """One system's policy, its form and its versions."""
    with current_hub().reading() as uow:
        connection = _source(slug)
        known = read_policy(uow, connection.id)
        shown = known or Policy(connection.id, "", 0, SUGGESTED)
        keys = keys_of_courses(uow, shown.overrides)
        courses = list_courses(uow, connection.id)
        catalogue = names_in_catalogue(uow, [connection.id]).get(connection.id)
        versions = read_policy_versions(uow, connection.id)
        people = names_of_people(uow, [version.actor_id for version in versions])
    overrides = fields_of_overrides(shown, keys)
    return flask.render_template(
        "admin/policy.html",
        connection=connection,
        policy=known,
        name=shown.name or f"{connection.name} completion",
        terms=fields_of(shown.terms),
        overrides=overrides,
        another=fields_of(Terms(SUGGESTED.verbs), f"o{len(overrides)}."),
        usual_verbs=USUAL_VERBS,
        courses=courses,
        catalogue=catalogue,
        versions=versions,
        people=people,
    )


@blueprint.post("/policies/<slug>/plan")
def plan(slug: str) -> str:
    """What the policy of the form would change; nothing is changed."""
    connection = _source(slug)
    with current_hub().reading() as uow:
        courses = find_courses(uow, connection.id, courses_in(flask.request.form))
        planned = plan_policy(uow, read_form(flask.request.form, connection.id, courses))
    return _show_plan(connection, planned)


@blueprint.post("/policies/<slug>/apply")
def apply_policy(slug: str) -> Response | tuple[str, int]:
    """Put the policy into force that was planned. Form: ``policy``, ``plan`` (its hash), ``up_to``."""
    connection, form = _source(slug), flask.request.form
    up_to = form.get("up_to", "")
    if not up_to.isdecimal() or len(up_to) > 18:
        raise BadInput("bad_policy", "The form does not say which plan was seen.", "Plan it again.")
    seen = read_seen(form.get("policy", ""), connection.id)
    hub, actor_id = current_hub(), current_viewer().person.id
    try:
        now = put_into_force(hub, seen, form.get("plan", ""), int(up_to), actor_id)
    except PlanChanged as changed:
        hub.audit_refusal(
            "completion_policy_changed", changed.code, actor_id=actor_id, connection_id=connection.id
        )
        return _show_plan(connection, changed.plan, changed=True), changed.status
    flask.flash(
        _(
            "%(name)s, version %(version)s, is in force. Credits follow within moments.",
            name=now.name,
            version=now.version,
        )
    )
    return flask.redirect(flask.url_for("admin.policy", slug=slug), 303)


def _source(slug: str) -> Connection:
    with current_hub().reading() as uow:
        connection = find_connection(uow, slug)
    if connection.kind == "oidc":
        raise Missing("no_connection", "There is no such source system.")
    return connection


def _show_plan(connection: Connection, planned: PolicyPlan, *, changed: bool = False) -> str:
    effects = (planned.completions, planned.credits, *planned.by_offering.values())
    with current_hub().reading() as uow:
        people = names_of_people(uow, [id for e in effects for id in (*e.added_people, *e.gone_people)])
        titles = titles_of_offerings(uow, [*planned.by_offering, *planned.policy.overrides])
    return flask.render_template(
        "admin/policy_plan.html",
        connection=connection,
        plan=planned,
        carried=json.dumps(planned.policy.as_json()),
        changed=changed,
        people=people,
        titles=titles,
    )
