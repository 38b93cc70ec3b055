"""Requests that write: one unit each, tried first where it is asked for, and safe to repeat.

``?dry_run=true`` does everything in the unit, answers what came of it and takes it all back. Its ``ETag`` names what would be done:
sent as ``If-Match``, it lets the same request through only while it would still do the same. With an ``Idempotency-Key``, the same
request again does nothing and gets the same answer (``hub.access.stored_answers``).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import flask
from pydantic import BaseModel, BeforeValidator, Field

from hub.access.api_tokens import note_write
from hub.access.reach import Sight, sight_of
from hub.access.stored_answers import begin_answer, keep_answer
from hub.errors import Conflict
from hub.flask_hub import current_hub
from hub.ids import content_hash
from hub.rest.asked import Parameters
from hub.rest.caller import current_caller
from hub.rest.reading import read_parameters
from hub.rest.shapes import Shape

if TYPE_CHECKING:
    from hub.store import UnitOfWork

CREATED: Final = "created"
CHANGED: Final = "changed"
UNCHANGED: Final = "unchanged"
REFUSED: Final = "refused"


class WriteAsked(Parameters):
    """How a request writes."""

    dry_run: Annotated[
        bool, BeforeValidator(lambda value: {"true": True, "false": False}.get(value, value))
    ] = Field(False, description="Only say what would come of it.")


class WriteHeaders(BaseModel):
    """What may come in the head of a request that writes."""

    if_match: str | None = Field(
        None, alias="If-Match", description="`ETag` of a dry run: write only what it said.", max_length=100
    )
    idempotency_key: str | None = Field(
        None,
        alias="Idempotency-Key",
        description="The same request again with the same key, within a day, does nothing and is answered the same.",
        pattern="^[\\x21-\\x7e]{1,200}$",
    )


class Written(Shape):
    """What came of it. `id` is null where a dry run would make something new."""

    outcome: Literal["created", "changed", "unchanged"]
    id: str | None
    changes: dict[str, int] | None = Field(
        None, description="Of a dry run: how many entries of each kind it would write into the journal."
    )


class PlanOutdated(Conflict):
    """What would be written is not what the plan said; ``plan`` is what a dry run would answer now."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        help = "Look at the new plan, and send its hash if it is right."
        super().__init__("plan_outdated", "This would now do something else.", help)
        self.plan = plan


@dataclass(frozen=True)
class Writing:
    """The unit in which a request writes, who sends it and what they see in it."""

    uow: "UnitOfWork"
    sight: Sight

    @property
    def actor_id(self) -> str | None:
        """The person whose token it is."""
        return self.sight.reach.person_id


class _OnlyTried(Exception):
    """Takes a unit back that was a dry run."""


def current_writing() -> Writing:
    """The unit of this request; for views of ``blueprint.writes``."""
    return cast(Writing, flask.g.rest_writing)


def changed(id: str, did: bool) -> Written:
    """The answer to a change of something that is there."""
    return Written(outcome="changed" if did else "unchanged", id=id)


def note_token(uow: "UnitOfWork") -> None:
    """Remember in the audit trail that this request changes something, and by which token."""
    note_write(uow, current_caller(), flask.request.endpoint or "")


def write(view: Callable[..., BaseModel], asked: Mapping[str, BaseModel], *, dry_run: bool) -> flask.Response:
    """The answer to a request that writes, done by ``view`` in one unit. PlanOutdated; Conflict ``key_reused``."""
    caller, said = current_caller(), read_parameters(WriteHeaders, dict(flask.request.headers))
    key = "" if dry_run else said.idempotency_key
    told = tag = ""
    plan: dict[str, Any] = {}
    try:
        with current_hub().unit_of_work() as uow:
            stored = begin_answer(uow, caller.token_id, key, _hash_of_request(asked)) if key else None
            if stored is not None:
                return _respond(stored)
            flask.g.rest_writing = Writing(uow, sight_of(uow, caller.reach))
            answered = view(**asked)
            told = answered.model_dump_json()
            plan, recorded = _without_new_ids(json.loads(told)), dict(sorted(uow.recorded.items()))
            if "changes" in plan:
                plan["changes"] = recorded
            tag = _tag(asked, plan, recorded)
            if said.if_match is not None and not dry_run and said.if_match != tag:
                raise PlanOutdated(plan)
            note_token(uow)
            if key:
                keep_answer(uow, caller.token_id, key, told)
            if dry_run:
                raise _OnlyTried
    except _OnlyTried:
        response = _respond(json.dumps(plan))
        response.headers["ETag"] = tag
        return response
    return _respond(told)


def _respond(told: str) -> flask.Response:
    response = flask.Response(told, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _hash_of_request(asked: Mapping[str, BaseModel]) -> str:
    said = {name: json.loads(each.model_dump_json()) for name, each in asked.items()}
    return content_hash(json.dumps([flask.request.endpoint, said], sort_keys=True).encode())


def _tag(asked: Mapping[str, BaseModel], plan: Mapping[str, Any], recorded: Mapping[str, int]) -> str:
    """An entity tag (RFC 9110, section 8.8.3) of what is asked, what comes of it, and how much it changes."""
    told = [_hash_of_request(asked), plan, recorded]
    return f'"{content_hash(json.dumps(told, sort_keys=True).encode())}"'


def _without_new_ids(told: Any) -> Any:
    """An answer without the ids of what is only there in the unit that wrote it."""
    if isinstance(told, list):
        return [_without_new_ids(each) for each in told]
    if isinstance(told, dict):
        plain = {name: _without_new_ids(value) for name, value in told.items()}
        return {**plain, "id": None} if plain.get("outcome") == CREATED else plain
    return told
