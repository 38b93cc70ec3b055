"""Telling a score that comes back from one that was earned: a system may report as its own what the hub wrote to its gradebook."""

from datetime import datetime
from fractions import Fraction

import sqlalchemy as sa

from hub.journal.outbox import DELIVERED, WAITING
from hub.journal.tables import outbox
from hub.lti.bridge.pass_back import AGS_SCORE
from hub.store import UnitOfWork
from hub.store.driver import Question

_SAME = Fraction(1, 10_000)
"""Of the whole score: systems round what they keep."""


_SENT = Question(
    sa.select(outbox.c.body).where(
        outbox.c.person_id == sa.bindparam("person_id"),
        outbox.c.kind == AGS_SCORE,
        outbox.c.receiver == sa.bindparam("connection_id"),
        outbox.c.attempts > 0,
        sa.or_(outbox.c.state == DELIVERED, outbox.c.state == WAITING),
    )
)


def is_echo(
    uow: UnitOfWork,
    connection_id: str,
    person_id: str,
    offering_id: str,
    timestamp: datetime,
    given: float | None,
    maximum: float | None,
) -> bool:
    """Whether a score that a system reports is one that the hub sent to that very system's gradebook.

    It is when person, course, second and value are the same. Also one whose answer is not noted yet counts as sent.
    """
    rows = _SENT.ask_all(uow.connection, person_id=person_id, connection_id=connection_id)
    second = timestamp.replace(microsecond=0)
    for row in rows:
        sent = row.body
        sent_at = datetime.fromisoformat(sent["timestamp"]).replace(microsecond=0)
        if sent["target_id"] == offering_id and sent_at == second:
            theirs = _share(given, maximum)
            ours = _share(sent["given"], sent["maximum"])
            if theirs == ours or (theirs is not None and ours is not None and abs(theirs - ours) <= _SAME):
                return True
    return False


def _share(given: float | str | None, maximum: float | str | None) -> Fraction | None:
    """The score as a part of its maximum; None where there are no points."""
    if given is None or maximum is None:
        return None
    return Fraction(str(given)) / Fraction(str(maximum))
