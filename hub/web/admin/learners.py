"""One learner: what they opened, where they came in from, what was credited and what went out; and a launch before it happens."""

import json

import flask

from hub.errors import BadInput, HubError, Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal.seen import note_seen
from hub.lti.bridge.deliveries import dismiss_grade, list_grades, resend_grade
from hub.lti.preview import preview_launch
from hub.lti.registration.explain import explain
from hub.lti.review import start_review
from hub.lti.submissions import list_submissions
from hub.lti.tool.entries import list_entries
from hub.lti.views import list_launches
from hub.network.people.person import read_appointments, read_person
from hub.network.views import names_of_connections
from hub.sso.sessions import list_sessions
from hub.training.credit.views import list_credits, titles_of_offerings
from hub.training.goals.goal import REVIEW
from hub.training.goals.reviews import note_reviews_seen
from hub.training.my_training.plan import Plan, read_plan
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_person_filter
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, own_session

SHOWN = 20


@blueprint.get("/learners")
def learners() -> str:
    """Looking for one. Query: ``who``, words of a name."""
    return flask.render_template("admin/learners.html", who=read_person_filter())


@blueprint.get("/invitations")
def invitations() -> flask.typing.ResponseReturnValue:
    """To the page that operators share with partner admins."""
    return flask.redirect(flask.url_for("invitations.page"), 302)


@blueprint.get("/learners/<person_id>")
def learner(person_id: str) -> str:
    """All that is known of the learning of one person."""
    allow_leaving()
    with current_hub().reading() as uow:
        person = read_person(uow, person_id)
    note_seen(current_hub(), own_session().person_id, person.id, person.partner_id)
    with current_hub().reading() as uow:
        entries, grades = list_entries(uow, person.id, SHOWN), list_grades(uow, person_id=person.id).rows
        connections = names_of_connections(
            uow, [*(e.connection_id for e in entries), *(g.connection_id for g in grades)]
        )
        targets = [g.target_id for g in grades] + [e.target_id for e in entries if e.target_id]
        return flask.render_template(
            "admin/learner.html",
            person=person,
            appointments=read_appointments(uow, person.id),
            launches=list_launches(uow, person.id)[:SHOWN],
            entries=entries,
            grades=grades,
            credits=list_credits(uow, person_id=person.id).rows[:SHOWN],
            connections=connections,
            titles=titles_of_offerings(uow, targets),
            submissions=list_submissions(uow, person.id),
            sessions=list_sessions(uow, person.id),
            explain=explain,
        )


@blueprint.post("/learners/<person_id>/review")
def review(person_id: str) -> flask.typing.ResponseReturnValue:
    """Look at the person's work in the LMS that has it. Form: ``line_item``, an id."""
    session, line_item_id = own_session(), flask.request.form.get("line_item", "")
    login = start_review(current_hub(), session.person_id, person_id, line_item_id, session.token_hash)
    response = flask.redirect(login.address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/learners/<person_id>/performance")
def performance(person_id: str) -> str:
    """Performance reviews, which are confidential: with a purpose, which the audit trail keeps. Form: ``purpose``."""
    purpose = flask.request.form.get("purpose", "").strip()
    with current_hub().unit_of_work() as uow:
        person = read_person(uow, person_id)
        note_reviews_seen(uow, person.id, purpose, own_session().person_id)
    with current_hub().reading() as uow:
        plan = read_plan(uow, person.id)
        return flask.render_template(
            "admin/learner_performance.html",
            person=person,
            purpose=purpose,
            lines=[x for x in (*plan.open, *plan.done) if any(goal.kind == REVIEW for goal in x.goals)],
            credits=list_credits(uow, person_id=person.id, reviews=True).rows,
        )


@blueprint.post("/learners/<person_id>/scores")
def settle_score(person_id: str) -> flask.typing.ResponseReturnValue:
    """Send a parked score again, or let it be. Form: ``score``, an id; ``do``, resend or dismiss."""
    service = {"resend": resend_grade, "dismiss": dismiss_grade}.get(flask.request.form.get("do", ""))
    if service is None:
        raise BadInput("bad_choice", "The form does not say what to do with the score.")
    with current_hub().unit_of_work() as uow:
        service(uow, flask.request.form.get("score", ""), current_viewer().person.id)
    flask.flash(
        "The score will be sent again now." if service is resend_grade else "The score will not be sent."
    )
    return flask.redirect(flask.url_for("admin.learner", person_id=person_id), 303)


@blueprint.get("/preview")
def preview() -> str:
    """A launch as it would be now; nothing is sent or written. Query: a person; ``offering``, an id."""
    who, offering_id = read_person_filter(), flask.request.args.get("offering", "")
    found, problem = None, None
    with current_hub().reading() as uow:
        plan = read_plan(uow, who.id, reviews=False) if who.id else None
        if who.id and offering_id:
            if not is_id(offering_id):
                raise Missing("no_offering", "There is no such course.")
            try:
                found = preview_launch(uow, who.id, offering_id)
            except HubError as error:
                problem = error
    return flask.render_template(
        "admin/preview.html",
        who=who,
        courses=_courses(plan),
        offering_id=offering_id,
        preview=found,
        problem=problem,
        claims=json.dumps(found.claims, indent=2, ensure_ascii=False) if found else "",
        hindrance=explain(found.hindrance) if found and found.hindrance else None,
    )


def _courses(plan: Plan | None) -> dict[str, str]:
    """Titles of the courses in a plan by id."""
    lines = [*plan.open, *plan.done] if plan else []
    return {step.offering_id: f"{step.title} ({step.lms})" for line in lines for step in line.steps}
