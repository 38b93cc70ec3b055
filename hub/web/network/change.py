"""Changing what many people do where: choosing them, seeing what would happen line by line, and doing exactly that."""

from typing import Any

import flask
from flask_babel import ngettext
from werkzeug import Response

from hub.access.explore.location import read_location_page
from hub.access.explore.locations import Wanted, find_location, list_location_lines
from hub.access.reach import Sight
from hub.audiences.plans.change_many import (
    ChangePlanOutdated,
    Do,
    Plan,
    Wish,
    change_many,
    plan_change_of_many,
)
from hub.audiences.plans.choose_many import Choice, list_to_choose
from hub.errors import HubError, NotAllowed
from hub.flask_hub import current_hub
from hub.network.views import list_positions
from hub.themes.name_uses import brand_names
from hub.web.admin.form import Filled, refused
from hub.web.network.looking import Looking, context, go, looking, read_day, sight
from hub.web.viewer import ask_operators_again, current_viewer, require_sign_in

blueprint = flask.Blueprint("network_change", __name__, url_prefix="/network/change")
blueprint.before_request(require_sign_in)
blueprint.before_request(ask_operators_again)
blueprint.context_processor(context)

DOES: tuple[Do, ...] = ("end", "move", "add")
FIELDS_OF_CODES = {"no_location": "location", "bad_day": "day", "mode_not_for_audience": "position"}
PICKED = 20


@blueprint.get("")
def page() -> str:
    """Whom to choose. Query: ``at`` (a location), ``of`` (a position) and ``for`` (a brand), ids; ``q``, words of locations; ``do``, one of DOES."""
    return _page(Filled({"do": flask.request.args.get("do", "move")}))


@blueprint.get("/locations")
def pick() -> Response:
    """Names of locations for a field, as JSON. Query: ``q``, words of names or cities."""
    with current_hub().reading() as uow:
        found = looking(uow)
        wanted = Wanted(flask.request.args.get("q", "").strip()[:100])
        lines = list_location_lines(uow, sight(uow, found), found.at, wanted, limit=PICKED).lines
    return flask.jsonify([f"{line.name}, {line.city}" for line in lines])


@blueprint.post("/plan")
def plan() -> flask.typing.ResponseReturnValue:
    """What would happen. Form: ``do``, ``appointment`` (ids), ``day``, ``location`` (a name), ``position`` and ``brand`` (ids)."""
    filled = Filled(
        {name: flask.request.form.get(name, "").strip() for name in ("do", "day", "location", "position")}
    )
    try:
        with current_hub().reading() as uow:
            found = _changing(uow)
            seen = sight(uow, found)
            return _plan_page(plan_change_of_many(uow, seen, _wish(uow, seen)))
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, {})), 400


@blueprint.post("")
def change() -> flask.typing.ResponseReturnValue:
    """Do it. Form: as ``plan``; ``hash``, that of the plan that was seen."""
    try:
        with current_hub().unit_of_work() as uow:
            found = _changing(uow)
            seen = sight(uow, found)
            wish = _wish(uow, seen)
            done = change_many(
                uow, seen, wish, flask.request.form.get("hash", ""), actor_id=current_viewer().person.id
            )
    except ChangePlanOutdated as outdated:
        return _plan_page(outdated.plan, outdated), 409
    number = len(done.changes)
    flask.flash(ngettext("%(num)s appointment was changed.", "%(num)s appointments were changed.", number))
    return flask.redirect(go("network_change.page", do=wish.do), 303)


def _changing(uow: Any) -> Looking:
    """How somebody looks who may change. NotAllowed ``may_not_change`` for managers, who only look."""
    found = looking(uow)
    if found.eyes.reach.kind == "person":
        current_hub().audit_refusal("network", "may_not_change", actor_id=current_viewer().person.id)
        raise NotAllowed(
            "may_not_change",
            "You may look at these people, and change nothing.",
            "Ask their partner's administrator.",
        )
    return found


def _wish(uow: Any, seen: Sight) -> Wish:
    form = flask.request.form
    do = form.get("do", "")
    chosen: Do = do if do in DOES else "move"
    location_id = form.get("location_id", "")
    if chosen != "end" and not location_id:
        location_id = find_location(uow, seen, form.get("location", ""))
    return Wish(
        chosen,
        tuple(form.getlist("appointment")),
        read_day(form.get("day", "")),
        location_id if chosen != "end" else "",
        form.get("position", "") if chosen != "end" else "",
        tuple(form.getlist("brand")) if chosen == "add" else (),
    )


def _page(filled: Filled) -> str:
    arguments = flask.request.values
    with current_hub().reading() as uow:
        found = _changing(uow)
        seen = sight(uow, found)
        choice = Choice(*(arguments.get(name, "").strip()[:100] for name in ("at", "q", "of", "for")))
        at = choice.location_id
        return flask.render_template(
            "network/change.html",
            filled=filled,
            choice=choice,
            chosen=set(flask.request.form.getlist("appointment")),
            found=list_to_choose(uow, seen, choice),
            place=read_location_page(uow, seen, at, found.at).name if at else "",
            positions=list_positions(uow),
            brands=brand_names(uow),
        )


def _plan_page(plan: Plan, outdated: HubError | None = None) -> str:
    return flask.render_template("network/change_plan.html", plan=plan, outdated=outdated)
