"""Changes that touch many: planned with all they would do to goals, and done only while they would still do the same."""

from typing import TYPE_CHECKING, Any, Literal

import flask
from pydantic import Field

from hub.access.api_tokens import AUDIENCES_WRITE, NETWORK_WRITE
from hub.audiences.plans import diff as rule_diff
from hub.audiences.plans.plan_network import (
    NetworkPlan,
    NetworkPlanOutdated,
    NetworkWish,
    make_network_change,
    plan_network_change,
)
from hub.audiences.plans.planning import (
    Compare,
    make_change,
    plan_change,
    roll_back,
    status_change,
    write_changes,
)
from hub.flask_hub import current_hub
from hub.rest.api import blueprint
from hub.rest.asked import AnId, ByKey
from hub.rest.once import read_once
from hub.rest.shapes import Shape
from hub.rest.write_shapes import MAX_ROWS, Body, Moment
from hub.rest.writing import PlanOutdated, WriteAsked

if TYPE_CHECKING:
    from hub.store import UnitOfWork


class Outcome(Shape):
    """What follows at once. Goals cause no calls of LMSs by the hub."""

    credits: int = Field(description="Given for what people have completed already.")
    revoked: int
    messages: int = Field(
        description="People to whom a digest goes because something is new for them, or credited."
    )
    calls: int = Field(description="What plugins are told, who may call other systems.")


class Effects(Shape):
    """What becomes of goals from now on; `gaining` and `losing` count people."""

    gained: int
    lost: int
    changed: int
    waived: int
    gaining: int
    losing: int
    external: int = Field(description="People for whom anything changes through an external appointment.")
    outcome: Outcome | None = Field(description="Null where it is about too many people to look at each.")


class RulesPlan(Shape):
    """What is changed, and what that does. Effects are reckoned where a plan is asked for, or compared."""

    dry_run: bool
    changes: list[dict[str, Any]]
    people: int | None
    effects: Effects


class NetworkChanged(Shape):
    """How many things a change of the network touches, and what that does to goals."""

    dry_run: bool
    locations: int
    appointments: int
    people: int
    effects: Effects


class NewStatus(Body):
    """What a rule is from now on."""

    status: Literal["draft", "shadow", "live"]


class Version(Body):
    """An earlier version, counted from 1."""

    version: int = Field(ge=1, le=1_000_000)


class Wish(Body):
    """What is to happen to one thing, or to several appointments; `to` is the new parent of a node, or a brand."""

    do: Literal["move_node", "close_location", "end_brand", "end_appointments"]
    ids: list[AnId] = Field(min_length=1, max_length=MAX_ROWS)
    to: AnId | None = None
    at: Moment | None = Field(None, description="Now if left out.")
    until: Moment | None = None
    activity: Literal["", "sell", "service", "parts", "make", "use"] = ""


@blueprint.runs("/rules/<key>/status", RulesPlan, AUDIENCES_WRITE, "Rules")
def set_status_of_rule(path: ByKey, query: WriteAsked, body: NewStatus) -> flask.Response:
    """Let a rule be a draft, a shadow or live."""
    return _change(status_change(path.key, body.status), body, dry_run=query.dry_run)


@blueprint.runs("/rules/<key>/roll-back", RulesPlan, AUDIENCES_WRITE, "Rules")
def roll_back_rule(path: ByKey, query: WriteAsked, body: Version) -> flask.Response:
    """Let a rule say what an earlier version said."""
    return _change(roll_back("rule", path.key, body.version), body, dry_run=query.dry_run)


@blueprint.runs("/audiences/<key>/roll-back", RulesPlan, AUDIENCES_WRITE, "Audiences")
def roll_back_audience(path: ByKey, query: WriteAsked, body: Version) -> flask.Response:
    """Let an audience say what an earlier version said."""
    return _change(roll_back("audience", path.key, body.version), body, dry_run=query.dry_run)


@blueprint.runs("/network-changes", NetworkChanged, NETWORK_WRITE, "Field")
def change_network(query: WriteAsked, body: Wish) -> flask.Response:
    """Move a node, close a location, end a brand there, or end appointments."""
    wish = NetworkWish(body.do, tuple(body.ids), body.to, body.at, body.until, body.activity)
    hub, expected = current_hub(), _expected()
    if query.dry_run:
        with hub.reading() as uow:
            plan = plan_network_change(uow, wish)
        return _respond(_told_network(plan, dry_run=True), plan.hash)
    once = read_once(body.model_dump(mode="json"))

    def note(uow: "UnitOfWork", plan: NetworkPlan) -> None:
        once.begin(uow)
        once.keep(uow, _told_network(plan, dry_run=False).model_dump_json())

    try:
        done = make_network_change(hub, wish, expected, note=note)
    except NetworkPlanOutdated as error:
        raise PlanOutdated(_told_network(error.plan, dry_run=True).model_dump(mode="json")) from None
    return _respond(_told_network(done, dry_run=False))


def _change(compare: Compare, said: Body, *, dry_run: bool) -> flask.Response:
    hub = current_hub()
    if dry_run:
        plan = plan_change(hub, compare)
        return _respond(_told(plan, dry_run=True), plan.hash)
    once = read_once(said.model_dump(mode="json"))

    def write(uow: "UnitOfWork", diff: rule_diff.Diff) -> None:
        once.begin(uow)
        write_changes()(uow, diff)
        once.keep(uow, _told(diff, dry_run=False).model_dump_json())

    try:
        done = make_change(hub, compare, write, _expected())
    except rule_diff.PlanOutdated as error:
        raise PlanOutdated(_told(error.plan, dry_run=True).model_dump(mode="json")) from None
    return _respond(_told(done, dry_run=False))


def _expected() -> str | None:
    """The hash of the plan that was seen; whatever is no entity tag is the hash of none."""
    match = flask.request.headers.get("If-Match")
    return None if match is None else match.strip('"')


def _told(plan: rule_diff.Diff, *, dry_run: bool) -> RulesPlan:
    effects = Effects.model_validate(plan.effects)
    return RulesPlan(dry_run=dry_run, changes=plan.content, people=plan.people, effects=effects)


def _told_network(plan: NetworkPlan, *, dry_run: bool) -> NetworkChanged:
    effects = Effects.model_validate(plan.effects)
    return NetworkChanged(
        dry_run=dry_run,
        locations=plan.locations,
        appointments=plan.appointments,
        people=plan.people,
        effects=effects,
    )


def _respond(told: Shape, hash: str = "") -> flask.Response:
    response = flask.Response(told.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if hash:
        response.headers["ETag"] = f'"{hash}"'
    return response
