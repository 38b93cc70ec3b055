"""Changing many locations at once, for operators: which ones and what, the plan, then how far the worker has come."""

from typing import Any

import flask
from werkzeug import Response

from hub.access.explore.locations import Wanted, list_location_lines
from hub.access.explore.tree import find_node, read_node_page, read_trees
from hub.bulk.run import list_recent, read_progress, start_bulk_change
from hub.bulk.wish import DOES, MOST, MOST_PEOPLE, BulkPlan, BulkPlanOutdated, WishForMany, plan_many
from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.network.structure.locations import ACTIVITIES
from hub.themes.name_uses import brand_names
from hub.web.admin.form import Filled, refused
from hub.web.network.looking import context, go, looking, read_day, sight
from hub.web.viewer import current_viewer, require_operator, require_sign_in, require_strong_sign_in

blueprint = flask.Blueprint("network_many", __name__, url_prefix="/network/many")
blueprint.before_request(require_sign_in)
blueprint.before_request(require_operator)
blueprint.before_request(require_strong_sign_in)
blueprint.context_processor(context)

FEW = 8
FIELDS = ("do", "day", "brand", "activity", "dimension", "node")
FIELDS_OF_CODES = {"bad_day": "day", "no_node": "node"}
SECONDS = 5
"""So often a page looks by itself how far a change is."""


@blueprint.get("")
def page() -> str:
    """Which locations and what. Query: ``q``, words; ``in``, a node's id; ``of``, a partner's; ``with``, a brand's."""
    return _page(Filled({"do": "carry"}))


@blueprint.post("/plan")
def plan() -> flask.typing.ResponseReturnValue:
    """What would happen. Form: the query of ``page``, and FIELDS; ``brand`` is an id, ``node`` the name of one."""
    filled = Filled({name: flask.request.form.get(name, "").strip()[:200] for name in FIELDS})
    try:
        with current_hub().reading() as uow:
            seen = sight(uow, looking(uow))
            return _plan_page(plan_many(uow, seen, _wanted(), _wish(uow)))
    except HubError as error:
        return _page(refused(filled, error, FIELDS_OF_CODES, {})), 400


@blueprint.post("")
def start() -> flask.typing.ResponseReturnValue:
    """Let the worker do it. Form: as ``plan``, but ``to``, an id; ``hash``, that of the plan that was seen."""
    plan_hash, actor_id = flask.request.form.get("hash", ""), current_viewer().person.id
    try:
        with current_hub().unit_of_work() as uow:
            seen = sight(uow, looking(uow))
            id = start_bulk_change(uow, seen, _wanted(), _wish(uow), plan_hash, actor_id=actor_id)
    except BulkPlanOutdated as outdated:
        return _plan_page(outdated.plan, outdated), 409
    return flask.redirect(go("network_many.progress", change_id=id), 303)


@blueprint.get("/<change_id>")
def progress(change_id: str) -> Response:
    """How far it has come, and what refused."""
    with current_hub().reading() as uow:
        looking(uow)
        found = read_progress(uow, change_id)
    response = flask.make_response(flask.render_template("network/many_progress.html", change=found))
    if found.finished_at is None:
        response.headers["Refresh"] = str(SECONDS)
    return response


def _wanted() -> Wanted:
    values = flask.request.values
    words, partner_id, node_id, brand_id = (
        values.get(name, "").strip()[:100] for name in ("q", "of", "in", "with")
    )
    return Wanted(words, partner_id, node_id, brand_id)


def _wish(uow: Any) -> WishForMany:
    form = flask.request.form
    do = form.get("do", "")
    if do not in DOES:
        raise BadInput("bad_wish", "This cannot be done.", "", [Problem("choose what is to happen", "do")])
    to = form.get("to", "")
    if do == "place" and not to:
        seen = sight(uow, looking(uow))
        to = find_node(uow, seen, form.get("dimension", ""), form.get("node", ""))
    elif do != "close" and not to:
        to = form.get("brand", "")
    is_brand = do in ("carry", "end_brand")
    activity = form.get("activity", "") if is_brand else ""
    return WishForMany(do, "" if do == "close" else to, activity, read_day(form.get("day", "")))


def _page(filled: Filled) -> str:
    wanted = _wanted()
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        node = read_node_page(uow, seen, wanted.node_id, found.at) if wanted.node_id else None
        return flask.render_template(
            "network/many.html",
            filled=filled,
            wanted=wanted,
            node=node,
            most=MOST,
            locations=list_location_lines(uow, seen, found.at, wanted, limit=FEW),
            brands=brand_names(uow),
            activities=ACTIVITIES,
            trees=read_trees(uow, seen, found.at),
            recent=list_recent(uow),
        )


def _plan_page(planned: BulkPlan, outdated: HubError | None = None) -> str:
    return flask.render_template(
        "network/many_plan.html", plan=planned, wanted=_wanted(), most_people=MOST_PEOPLE, outdated=outdated
    )
