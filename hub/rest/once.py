"""Requests whose views open units themselves: with an Idempotency-Key they are done once, and answered the same again."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flask

from hub.access.api_tokens import note_write
from hub.access.stored_answers import begin_answer, find_answer, free_key, keep_answer
from hub.flask_hub import current_hub
from hub.ids import content_hash
from hub.rest.caller import current_caller
from hub.rest.reading import read_parameters
from hub.rest.writing import WriteHeaders

if TYPE_CHECKING:
    from hub.store import UnitOfWork


class Answered(Exception):
    """This was asked before; ``told`` is what was answered (JSON)."""

    def __init__(self, told: str) -> None:
        super().__init__("answered before")
        self.told = told


@dataclass(frozen=True)
class Once:
    """One request; ``key`` is empty where it came without one."""

    key: str
    request_hash: str

    def begin(self, uow: "UnitOfWork") -> None:
        """In the unit that writes: remember by which token, and take the key. Answered; Conflict ``key_reused``."""
        caller = current_caller()
        if self.key and (told := begin_answer(uow, caller.token_id, self.key, self.request_hash)):
            raise Answered(told)
        note_write(uow, caller, flask.request.endpoint or "")

    def keep(self, uow: "UnitOfWork", told: str) -> None:
        """Remember what is answered, in this unit or in a later one: until then the same request is done again."""
        if self.key:
            keep_answer(uow, current_caller().token_id, self.key, told)

    def free(self, uow: "UnitOfWork") -> None:
        """Let the key be used for another request, because this one was refused in a later unit."""
        if self.key:
            free_key(uow, current_caller().token_id, self.key)


def read_once(said: Any) -> Once:
    """How this request is told from others under its key, by what it says (JSON). Answered, where it was; Conflict ``key_reused``."""
    key = read_parameters(WriteHeaders, dict(flask.request.headers)).idempotency_key or ""
    told = json.dumps([flask.request.endpoint, flask.request.view_args, said], sort_keys=True)
    once = Once(key, content_hash(told.encode()))
    if key:
        with current_hub().reading() as uow:
            answered = find_answer(uow, current_caller().token_id, key, once.request_hash)
        if answered:
            raise Answered(answered)
    return once


def answer_again(answered: Answered) -> flask.Response:
    """The answer that was given before."""
    response = flask.Response(answered.told, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
