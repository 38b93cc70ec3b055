"""How long things are kept: retention rules with their plan, and erasure of one person with its receipt."""

import json

import flask
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.lifecycle.apply_retention import begin_retention, list_runs
from hub.lifecycle.erase import erase
from hub.lifecycle.erase_in_plugins import open_plugins
from hub.lifecycle.plan_erasure import plan_erasure
from hub.lifecycle.plan_retention import RetentionPlan, RetentionPlanChanged, plan_retention
from hub.lifecycle.receipts import list_receipts, read_receipt
from hub.lifecycle.rules import Rule, list_rules, read_rule, remove_rule, set_rule
from hub.lifecycle.subject import Subject, subject_of_actor, subject_of_person
from hub.lifecycle.views import list_partners, words_of_rules
from hub.network.views import list_systems, names_of_connections, names_of_people
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_person_filter
from hub.web.admin.statement_filter import ADL_VERBS, read_actor
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.web.words import numeral

MAX_SUBJECT = 1000


@blueprint.get("/retention")
def retention() -> str:
    """The rules, and what was deleted by them. Query: ``rule``, one to change."""
    with current_hub().reading() as uow:
        rules = words_of_rules(uow, list_rules(uow))
        runs, systems, partners = list_runs(uow), list_systems(uow), list_partners(uow)
        people = names_of_people(uow, [run.actor_id for run in runs])
        chosen = flask.request.args.get("rule")
        changing = read_rule(uow, chosen) if chosen else None
    return flask.render_template(
        "admin/retention.html",
        rules=rules,
        runs=runs,
        systems=systems,
        partners=partners,
        people=people,
        changing=changing,
        is_daily=current_hub().settings.retention_daily,
    )


@blueprint.post("/retention/rules")
def save_rule() -> Response:
    """Make or change a rule. Form: ``id``, ``name``, ``keep_days``, ``verb``, ``connection_id``, ``partner_id``."""
    form = flask.request.form
    days, verb = form.get("keep_days", ""), form.get("verb", "").strip()
    rule = Rule(
        form.get("id", ""),
        form.get("name", "").strip(),
        int(days) if days.isdecimal() and len(days) < 9 else 0,
        (verb if ":" in verb else ADL_VERBS + verb) if verb else None,
        form.get("connection_id") or None,
        form.get("partner_id") or None,
    )
    with current_hub().unit_of_work() as uow:
        set_rule(uow, rule, current_viewer().person.id)
    flask.flash(
        _("The rule %(name)s is laid down. Nothing is deleted before a plan is applied.", name=rule.name)
    )
    return flask.redirect(flask.url_for("admin.retention"), 303)


@blueprint.post("/retention/rules/<rule_id>/remove")
def take_rule_away(rule_id: str) -> Response:
    """Take a rule away."""
    with current_hub().unit_of_work() as uow:
        remove_rule(uow, rule_id, current_viewer().person.id)
    flask.flash("The rule is gone.")
    return flask.redirect(flask.url_for("admin.retention"), 303)


@blueprint.get("/retention/plan")
def retention_plan() -> str:
    """What the rules would delete today; nothing is changed."""
    with current_hub().reading() as uow:
        planned = plan_retention(uow)
    return _show_plan(planned)


@blueprint.post("/retention/apply")
def apply_plan() -> Response | tuple[str, int]:
    """Begin to delete what was planned; a worker does it. Form: ``plan``, the hash that was seen."""
    try:
        run = begin_retention(current_hub(), flask.request.form.get("plan", ""), current_viewer().person.id)
    except RetentionPlanChanged as changed:
        return _show_plan(changed.plan, changed=True), changed.status
    flask.flash(
        _(
            "Deleting %(planned)s statements has begun. A worker does it, some hundred at a time.",
            planned=numeral(run.planned),
        )
    )
    return flask.redirect(flask.url_for("admin.retention"), 303)


@blueprint.get("/erasure")
def erasure() -> str:
    """Whom to erase, and the receipts of earlier erasures. Query: ``who``, words or an identifier; ``person``, an id."""
    text = flask.request.args.get("who", "").strip()[:MAX_SUBJECT]
    who = read_person_filter()
    actor = read_actor(text) if not who.id and not who.found else None
    with current_hub().reading() as uow:
        receipts = list_receipts(uow)
        people = names_of_people(uow, [receipt.actor_id for receipt in receipts])
        subject: Subject | None = None
        if who.id:
            subject = subject_of_person(uow, who.id)
        elif actor:
            subject = subject_of_actor(uow, *actor)
        planned = plan_erasure(uow, subject) if subject else None
    return flask.render_template(
        "admin/erasure.html",
        who=who,
        text=text,
        subject=subject,
        actor=actor,
        plan=planned,
        receipts=receipts,
        people=people,
    )


@blueprint.post("/erasure")
def erase_now() -> Response:
    """Erase. Form: ``person`` or ``actor`` (an identifier), and ``confirmed``, the name as the page shows it."""
    form, viewer = flask.request.form, current_viewer().person
    person_id = form.get("person", "")
    actor = read_actor(form.get("actor", "")[:MAX_SUBJECT])
    if person_id == viewer.id:
        raise BadInput("own_erasure", "You cannot erase yourself.", "Let another operator do it.")
    with current_hub().reading() as uow:
        if is_id(person_id):
            subject = subject_of_person(uow, person_id)
        elif actor:
            subject = subject_of_actor(uow, *actor)
        else:
            raise BadInput("bad_actor", "The form does not say whom to erase.", "Look for the person again.")
    if form.get("confirmed", "").strip() != subject.shown:
        raise BadInput(
            "not_confirmed",
            "The name you typed is not the one that would be erased; nothing was changed.",
            "Go back and type it exactly as it is shown.",
        )
    receipt = erase(current_hub(), subject, viewer.id)
    flask.flash("Erased. This is the receipt; it stays here.")
    return flask.redirect(flask.url_for("admin.erasure_receipt", erasure_id=receipt.id), 303)


@blueprint.get("/erasure/<erasure_id>")
def erasure_receipt(erasure_id: str) -> str:
    """The receipt of an erasure."""
    with current_hub().reading() as uow:
        receipt, still_open = read_receipt(uow, erasure_id), open_plugins(uow, erasure_id)
        people = names_of_people(uow, [receipt.actor_id])
    return flask.render_template(
        "admin/erasure_receipt.html", receipt=receipt, people=people, open_plugins=still_open
    )


@blueprint.get("/erasure/<erasure_id>/receipt.json")
def erasure_document(erasure_id: str) -> Response:
    """The receipt as a document to keep."""
    with current_hub().reading() as uow:
        receipt = read_receipt(uow, erasure_id)
    response = flask.Response(json.dumps(receipt.as_json(), indent=2), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="erasure-{receipt.id}.json"'
    return response


def _show_plan(planned: RetentionPlan, *, changed: bool = False) -> str:
    with current_hub().reading() as uow:
        connections = names_of_connections(uow, [line.connection_id for line in planned.lines])
    return flask.render_template(
        "admin/retention_plan.html",
        plan=planned,
        rules={rule.id: rule.name for rule in planned.rules},
        connections=connections,
        changed=changed,
    )
