""" "My training": what is asked of the person signed in, why, and the way into the LMS that has the course."""

from uuid import UUID

import flask
from werkzeug import Response

from hub.access.why_scope import WhyScope
from hub.audiences.panels import read_panels
from hub.audiences.why.read_why import read_why_tree
from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.lti.launch import start_launch
from hub.lti.views import launched_offerings
from hub.network.people.person import read_appointments
from hub.sso.looking import current_look
from hub.sso.saml_provider.views import systems_to_open
from hub.training.courses.targets import target_of
from hub.training.goals.waived import read_waived
from hub.training.my_training.plan import Plan, read_plan
from hub.training.my_training.plan_version import read_plan_version
from hub.training.my_training.why import read_why
from hub.web.headers import allow_leaving
from hub.web.viewer import current_viewer, own_session, require_sign_in
from hub.xapi.cmi5.launch import open_course
from hub.xapi.cmi5.views import started_courses

blueprint = flask.Blueprint("my_training", __name__)
blueprint.before_request(require_sign_in)


@blueprint.get("/my-training")
def page() -> str:
    """Every goal once, the next one first."""
    person_id = current_viewer().person.id
    allow_leaving()
    with current_hub().reading() as uow:
        plan = read_plan(uow, person_id, reviews=_is_own())
        steps = _next_offerings(plan)
        return flask.render_template(
            "my_training.html",
            plan=plan,
            panels=read_panels(uow, person_id),
            begun=launched_offerings(uow, person_id, steps) | started_courses(uow, person_id, steps),
            appointments=read_appointments(uow, person_id) if not plan.open and not plan.done else [],
            version=read_plan_version(uow, person_id),
            systems=systems_to_open(uow, person_id),
            waived=read_waived(uow, person_id, reviews=_is_own()),
        )


@blueprint.get("/my-training/version")
def version() -> Response:
    """A short text that changes with the plan, for the open page to compare."""
    with current_hub().reading() as uow:
        response = flask.jsonify(version=read_plan_version(uow, own_session().person_id))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/my-training/why/<goal_id>")
def why(goal_id: str) -> str:
    """Where a goal comes from, and what its credit rests on; 404 for somebody else's."""
    allow_leaving()
    person_id = current_viewer().person.id
    with current_hub().reading() as uow:
        found = read_why(uow, person_id, goal_id, reviews=_is_own())
        steps = [found.line.next_step.offering_id] if found.line and found.line.next_step else []
        begun = launched_offerings(uow, person_id, steps) | started_courses(uow, person_id, steps)
        return flask.render_template("why.html", why=found, begun=begun)


@blueprint.get("/my-training/certificate/<goal_id>")
def certificate(goal_id: str) -> str:
    """What was completed and when, to be printed, with the logo of the person's theme; 404 for what is not credited."""
    with current_hub().reading() as uow:
        found = read_why(uow, current_viewer().person.id, goal_id, reviews=_is_own())
    entries = found.ledger.get(goal_id, ())
    if not entries or entries[-1].kind != "credit":
        raise Missing("no_credit", "This is not credited.", "Open My training to see what there is.")
    return flask.render_template("certificate.html", title=found.title, entry=entries[-1], goal_id=goal_id)


@blueprint.get("/my-training/weighed")
def weighed() -> str:
    """Why a course or a path is asked for, or why not. Query: ``target``, as ``Target.value``; 404 for what there is not."""
    target = target_of(flask.request.args.get("target", ""))
    with current_hub().reading() as uow:
        tree = read_why_tree(uow, current_viewer().person.id, target, WhyScope(reviews=_is_own()))
    return flask.render_template("weighed.html", tree=tree)


@blueprint.post("/launch/<uuid:offering_id>")
def launch(offering_id: UUID) -> Response:
    """Send the browser to the LMS that has the course, to begin an LTI launch there, or into a cmi5 course of the hub's."""
    session, hub = own_session(), current_hub()
    address = open_course(hub, session.person_id, str(offering_id))
    if address is None:
        address = start_launch(hub, session.person_id, str(offering_id), session.token_hash).address
    response = flask.redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_own() -> bool:
    """Whether somebody reads the own pages: whoever looks at them sees no performance reviews."""
    return current_look() is None


def _next_offerings(plan: Plan) -> list[str]:
    return [line.next_step.offering_id for line in plan.open if line.next_step]
