"""Why somebody is asked for a course or a path, or why not."""

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from hub.access.api_tokens import GOALS
from hub.audiences.why.seen import verify_why_seen, why_seen
from hub.audiences.why.tree import WhyTree
from hub.rest.api import blueprint, looking
from hub.rest.asked import AnId, AtInstant, ById, Instant, Parameters, Text
from hub.rest.shapes import Shape

Verdict = Literal["open", "reached", "waived", "not_asked"]


class Leaf(Shape):
    """One thing that must hold; while it does not, `since` and `until` are those of the next time in which it does, or of the last."""

    what: str
    holds: bool
    found: list[str]
    wanted: list[str]
    title: str
    since: datetime | None
    until: datetime | None


class Ask(Shape):
    """Something that asks for a goal if all its leaves hold; `elsewhere` stands for what the token does not see."""

    kind: str
    key: str
    version: str
    title: str
    appointment_id: str | None
    role: str
    audience_class: str = Field(
        description="Of the appointment; empty without one. What binds leaves the other class as it is."
    )
    binding: bool
    holds: bool
    leaves: list[Leaf]


class Letting(Shape):
    """Somebody who waives a goal if all leaves hold."""

    kind: str
    key: str
    title: str
    appointment_id: str | None
    holds: bool
    leaves: list[Leaf]


class Credited(Shape):
    """What a goal was reached with; `statement_id` is empty where the token does not see the evidence."""

    at: datetime
    statement_id: str
    policy: str
    policy_version: str


class WhyGoal(Shape):
    """One goal with all that could ask for it."""

    id: str
    title: str
    kind: str
    dimension: str
    verdict: Verdict
    asks: list[Ask]
    waivers: list[Letting]
    credit: Credited | None


class Why(Shape):
    """The verdict, and all goals it is put together from."""

    person_id: str
    target_kind: Literal["offering", "path"]
    target_id: str
    title: str
    at: datetime
    verdict: Verdict
    goals: list[WhyGoal]


class InDimension(Parameters):
    """In which dimension one looks after somebody."""

    dimension: Text | None = Field(
        None, description="For a person's token that asks about somebody else: one of the own dimensions."
    )


class WhyAsked(AtInstant, InDimension):
    """Why of what."""

    target_kind: Literal["offering", "path"] = "offering"
    target_id: AnId


class Claim(Why):
    """What why answered."""

    model_config = ConfigDict(extra="forbid")

    at: Instant


class Verified(Shape):
    """Whether an answer is right: every way in which it is not, and what is answered now as of the same instant."""

    agrees: bool
    differences: list[str]
    now: Why


@blueprint.reads("/people/<id>/why", Why, GOALS, "Goals")
def read_why(path: ById, query: WhyAsked) -> Why:
    """Why somebody is asked for something, or why not, with everything that was weighed."""
    with looking() as (uow, sight):
        target = (query.target_kind, query.target_id)
        tree = why_seen(uow, sight, path.id, target, dimension=query.dimension or "", at=query.as_of)
    return Why.model_validate(tree)


@blueprint.reads("/people/<id>/why/verify", Verified, GOALS, "Goals", by_post=True)
def verify_why(path: ById, query: InDimension, body: Claim) -> Verified:
    """Reckon again what why once answered, as of its instant: from its own leaves, from the facts, and against what is kept."""
    claimed = {**body.model_dump(mode="json"), "person_id": path.id}
    with looking() as (uow, sight):
        found = verify_why_seen(uow, sight, claimed, _plain, dimension=query.dimension or "")
    differences = list(found.differences)
    if body.person_id != path.id:
        differences.append("person_id is that of somebody else")
    return Verified(agrees=not differences, differences=differences, now=Why.model_validate(found.tree))


def _plain(tree: WhyTree) -> dict[str, Any]:
    return Why.model_validate(tree).model_dump(mode="json")
