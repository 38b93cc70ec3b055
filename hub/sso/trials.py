"""Trial sign-ins: what came back step by step, kept an hour for the browser that tried and for nobody else.

A trial goes the way of a real sign-in and writes nothing but itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from hub.errors import HubError
from hub.exchange import MAX_SHOWN, Exchange, Step
from hub.network.people.person import read_person
from hub.network.systems.connections import set_connection_disabled
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.sso.arrive import Assertion, arrive, refuse_switched_off
from hub.sso.refusals import Attempt
from hub.sso.tables import sign_in_trial
from hub.sso.tokens import token_hash
from hub.sso.words import explain
from hub.store import UnitOfWork
from hub.store.insert import insert_for

LIFETIME = timedelta(hours=1)
ARRIVAL = "Find the person"


@dataclass
class Recorder:
    """Notes the steps of a sign-in while it happens. Real sign-ins drop what it noted; trials show it."""

    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, title: str, done: str, request: str = "") -> Iterator[dict[str, object]]:
        """One step: ``done`` says that it worked. The block puts what it received into the dictionary it gets.

        An error of the block is noted with what to change, and goes on.
        """
        received: dict[str, object] = {}
        try:
            yield received
        except HubError as error:
            change = explain(error.code).change
            told = explain(error.code).words
            self.steps.append(
                Step(title, "failed", told, request, code=error.code, advice=change, received=_told(received))
            )
            raise
        self.steps.append(Step(title, "done", done, request, received=_told(received)))

    def skip(self, title: str, why: str) -> None:
        """A step that had nothing to do."""
        self.steps.append(Step(title, "skipped", why))


class _Undo(Exception):
    """Takes back what an arrival wrote, for it was only a trial."""


def try_arrival(hub: Hub, assertion: Assertion, recorder: Recorder) -> None:
    """Note whom the assertion would sign in, or why nobody; what that writes is taken back at once.

    Raises nothing: a refusal is a step that failed.
    """
    with suppress(HubError), recorder.step(ARRIVAL, "This sign-in would let somebody in.") as received:
        received["Known by"] = f"{assertion.proved.form} {assertion.proved.subject}"
        received |= {f"Claim {name}": ", ".join(values) for name, values in assertion.claims.items()}
        with suppress(_Undo), hub.unit_of_work() as uow:
            received |= _arrive(uow, assertion)
            raise _Undo
    last = recorder.steps[-1]
    if last.outcome == "done":
        recorder.steps[-1] = replace(last, message=f"This sign-in would let in {last.received['Person']}.")


def _arrive(uow: UnitOfWork, assertion: Assertion) -> dict[str, object]:
    attempt = Attempt()
    # A new connection is tried before it is switched on.
    set_connection_disabled(uow, assertion.proved.connection_id, disabled=False)
    token = arrive(uow, assertion, attempt)
    refuse_switched_off(token)
    person = read_person(uow, attempt.person_id or "")
    return {"Person": person.name or person.id, "E-mail": person.email}


def keep_trial(uow: UnitOfWork, connection_id: str, browser: str, exchange: Exchange) -> None:
    """Keep what a trial came to for the browser with this token, instead of its earlier one at the connection."""
    table, key = sign_in_trial, _key(connection_id, browser)
    body = _sealer(uow).seal(msgspec.json.encode(list(exchange.steps)).decode())
    values = {"body": body, "expires_at": uow.now + LIFETIME}
    insert = insert_for(table, is_sqlite=uow.is_sqlite).values(**key, **values)
    uow.connection.execute(insert.on_conflict_do_update(index_elements=list(key), set_=values))


def read_trial(uow: UnitOfWork, connection_id: str, browser: str) -> Exchange | None:
    """What this browser's last trial of the connection came to, for an hour; None where there is none."""
    row = uow.find(sign_in_trial, **_key(connection_id, browser))
    if row is None or row.expires_at <= uow.now:
        return None
    return Exchange(msgspec.json.decode(_sealer(uow).open(row.body), type=list[Step]))


def forget_trials(uow: UnitOfWork, connection_id: str) -> None:
    """Nobody's trial of the connection says anything any more: what was tried has changed."""
    uow.connection.execute(sa.delete(sign_in_trial).where(sign_in_trial.c.connection_id == connection_id))


def _key(connection_id: str, browser: str) -> dict[str, str]:
    return {"connection_id": connection_id, "browser_hash": token_hash(browser)}


def _sealer(uow: UnitOfWork) -> Sealer:
    return Sealer(uow.settings.secret_keys)


def _told(received: Mapping[str, object]) -> dict[str, str]:
    """On one line each and cut short; who tries may see what is about themselves."""
    lines = {
        name: " ".join(str(value).split()) for name, value in received.items() if value not in (None, "")
    }
    return {name: line if len(line) <= MAX_SHOWN else line[:MAX_SHOWN] + "…" for name, line in lines.items()}
