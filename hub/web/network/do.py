"""What operators do to the network itself: close a location, take a brand away, move a node. First the plan, then exactly that."""

from typing import Any

import flask
from werkzeug import Response

from hub.access.explore.location import read_location_page
from hub.access.explore.tree import find_node, read_node_page
from hub.audiences.plans.plan_network import (
    NetworkPlan,
    NetworkPlanOutdated,
    NetworkWish,
    make_network_change,
    plan_network_change,
)
from hub.errors import BadInput, HubError, Missing
from hub.flask_hub import current_hub
from hub.network.validity.dates import start_of_day
from hub.themes.name_uses import brand_names
from hub.web.admin.form import Filled, refused
from hub.web.network.looking import context, go, looking, read_day, sight
from hub.web.viewer import current_viewer, require_operator, require_sign_in, require_strong_sign_in

blueprint = flask.Blueprint("network_do", __name__, url_prefix="/network/do")
blueprint.before_request(require_sign_in)
blueprint.before_request(require_operator)
blueprint.before_request(require_strong_sign_in)
blueprint.context_processor(context)

OF_LOCATIONS = {"close": "close_location", "brand": "end_brand"}
FIELDS_OF_CODES = {
    "bad_day": "day",
    "no_node": "parent",
    "node_circle": "parent",
    "other_dimension": "parent",
    "no_node_then": "parent",
    "no_brand": "brand",
    "closes_before": "day",
}


@blueprint.get("/<do>/<id>")
def page(do: str, id: str) -> str:
    """The form. ``do``: close or brand, of a location; move, of a node."""
    return _page(do, id, Filled())


@blueprint.post("/<do>/<id>/plan")
def plan(do: str, id: str) -> flask.typing.ResponseReturnValue:
    """What would happen. Form: ``day``; ``brand`` (an id) and ``activity``; ``parent``, a node's name, empty for none."""
    filled = Filled(
        {name: flask.request.form.get(name, "").strip() for name in ("day", "brand", "activity", "parent")}
    )
    try:
        with current_hub().reading() as uow:
            planned = plan_network_change(uow, _wish(uow, do, id))
        return _plan_page(do, id, planned)
    except HubError as error:
        return _page(do, id, refused(filled, error, FIELDS_OF_CODES, {})), 400


@blueprint.post("/<do>/<id>")
def make(do: str, id: str) -> flask.typing.ResponseReturnValue:
    """Do it. Form: as ``plan``; ``hash``, that of the plan that was seen."""
    with current_hub().reading() as uow:
        wish = _wish(uow, do, id)
    try:
        plan_hash = flask.request.form.get("hash", "")
        make_network_change(current_hub(), wish, plan_hash, actor_id=current_viewer().person.id)
    except NetworkPlanOutdated as outdated:
        return _plan_page(do, id, outdated.plan, outdated), 409
    flask.flash("Done. Goals follow within a moment.")
    return _back(do, id)


def _wish(uow: Any, do: str, id: str) -> NetworkWish:
    form = flask.request.form
    found = looking(uow)
    seen, day = sight(uow, found), read_day(form.get("day", ""))
    if do == "move":
        node = read_node_page(uow, seen, id, found.at)
        parent = form.get("parent_id", "") or find_node(uow, seen, node.dimension, form.get("parent", ""))
        return NetworkWish("move_node", (id,), parent or None, start_of_day(day.isoformat()) if day else None)
    if do not in OF_LOCATIONS:
        raise _missing()
    location = read_location_page(uow, seen, id, found.at)
    at = start_of_day(day.isoformat(), location.time_zone) if day else None
    if do == "close":
        return NetworkWish("close_location", (id,), at=at)
    brand, _, activity = form.get("brand", "").partition(" ")
    if brand not in {each.id for each in location.brands}:
        raise BadInput("no_brand", "Choose a brand that the location carries.")
    return NetworkWish("end_brand", (id,), brand, at, activity=activity)


def _page(do: str, id: str, filled: Filled) -> str:
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        if do == "move":
            node = read_node_page(uow, seen, id, found.at)
            return flask.render_template(
                "network/do.html", do=do, id=id, name=node.name, node=node, filled=filled
            )
        if do not in OF_LOCATIONS:
            raise _missing()
        one = read_location_page(uow, seen, id, found.at)
        return flask.render_template(
            "network/do.html", do=do, id=id, name=one.name, location=one, filled=filled
        )


def _plan_page(do: str, id: str, planned: NetworkPlan, outdated: HubError | None = None) -> str:
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        reading = read_node_page if do == "move" else read_location_page
        name = reading(uow, seen, id, found.at).name
        brand = brand_names(uow).get(planned.wish.to or "", "") if do == "brand" else ""
        parent = (
            read_node_page(uow, seen, planned.wish.to, found.at).name
            if do == "move" and planned.wish.to
            else ""
        )
    return flask.render_template(
        "network/do_plan.html",
        do=do,
        id=id,
        name=name,
        parent=parent,
        brand=brand,
        plan=planned,
        outdated=outdated,
    )


def _back(do: str, id: str) -> Response:
    if do == "move":
        return flask.redirect(go("network.node", node_id=id), 303)
    return flask.redirect(go("network.location", location_id=id), 303)


def _missing() -> Missing:
    return Missing("not_found", "There is no such page.")
