"""News for webhooks: each is told what its owner sees when it happens, and by ids alone."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hub.access.goals_seen import entries_seen, goals_seen
from hub.access.reach import Reach, sight_of
from hub.journal import EVENTS as LOG
from hub.journal import Reader
from hub.journal.outbox import Effect, enqueue_all
from hub.network.tables import person
from hub.notify.webhooks.subscriptions import EVENTS, effect_of, in_force
from hub.notify.webhooks.tables import webhook
from hub.store import UnitOfWork
from hub.training.tables import credit_ledger, goal

_Credit = tuple[str | None, str | None]
"""Goal and statement, the evidence."""
ONLY_OPERATORS = frozenset({"statement_id"})
"""The evidence lies in the record store, into which partners do not look."""


def enqueue_news(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Make a delivery for every webhook that wants an event and may know of it; the handler of the reader ``webhooks``."""
    news = [event for event in events if event.kind in EVENTS]
    effects: list[Effect] = []
    for hook in _hooks_near(uow, news) if news else ():
        wanted = [event for event in news if event.kind in hook.events and event.at >= hook.created_at]
        reach = Reach(hook.kind, hook.partner_id or "")
        seen = _seen(uow, reach, wanted) if wanted else frozenset()
        effects += [
            effect_of(hook.id, event.id, _body(reach, event), event.person_id)
            for event in wanted
            if _credit(event) in seen or ("goal_id" not in event.body and reach.kind == "operator")
        ]
    enqueue_all(uow, effects)


tell_webhooks = Reader("webhooks", LOG, enqueue_news, batch=500)


def _hooks_near(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> Sequence[sa.Row[Any]]:
    """Webhooks of operators, and of those who employ one of the people: all others see nothing of it."""
    ids = sorted({event.person_id for event in events if event.person_id})
    near = sa.select(person.c.partner_id).where(uow.among(person.c.id, ids))
    whose = sa.or_(webhook.c.kind == "operator", webhook.c.partner_id.in_(near))
    query = sa.select(webhook).where(in_force(), whose).order_by(webhook.c.id)
    return uow.connection.execute(query).all()


def _seen(uow: UnitOfWork, reach: Reach, events: Sequence[sa.Row[Any]]) -> frozenset[_Credit]:
    """The credits of these events that may be known."""
    ids = sorted({event.body["goal_id"] for event in events if "goal_id" in event.body})
    sight = sight_of(uow, reach)
    query = (
        sa.select(credit_ledger.c.goal_id, credit_ledger.c.statement_id)
        .join(goal, goal.c.id == credit_ledger.c.goal_id)
        .where(uow.among(goal.c.id, ids), goals_seen(uow, sight), entries_seen(uow, sight))
    )
    return frozenset((row.goal_id, row.statement_id) for row in uow.connection.execute(query))


def _credit(event: sa.Row[Any]) -> _Credit:
    return event.body.get("goal_id"), event.body.get("statement_id")


def _body(reach: Reach, event: sa.Row[Any]) -> dict[str, Any]:
    hidden = frozenset() if reach.kind == "operator" else ONLY_OPERATORS
    data = {name: value for name, value in event.body.items() if name not in hidden}
    return {
        "type": event.kind,
        "timestamp": event.at.isoformat(),
        "data": {"person_id": event.person_id, **data},
    }
