"""A provider that hangs must not hold workers: after some timeouts in a row it is not asked for a while.

What is counted lies in the database, so that all processes rest together and one sign-in of all tries first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.runtime import Hub
from hub.sso.oidc.providers import Provider
from hub.sso.tables import oidc_provider

TIMEOUTS = 3
RESTS = timedelta(seconds=30)
_NEVER_ANSWERED = {"busy", "unreachable", "refused_address"}


def refuse_resting(hub: Hub, provider: Provider) -> None:
    """OutsideFailed ``idp_resting`` while the provider rests, without asking it."""
    if provider.rests_until is not None and provider.rests_until > hub.clock.now():
        raise _resting(provider)


def take_turn_after_rest(hub: Hub, provider: Provider) -> None:
    """Refuse while the provider rests; afterwards let one sign-in of all processes try, and refuse the others."""
    refuse_resting(hub, provider)
    if provider.timeouts < TIMEOUTS:
        return
    table = oidc_provider
    with hub.unit_of_work() as uow:
        over = sa.or_(table.c.rests_until.is_(None), table.c.rests_until <= uow.now)
        mine = table.c.connection_id == provider.connection.id
        until = uow.now + RESTS
        taken = uow.connection.execute(sa.update(table).where(mine, over).values(rests_until=until)).rowcount
    if not taken:
        raise _resting(provider)


def _resting(provider: Provider) -> OutsideFailed:
    return OutsideFailed(
        "idp_resting",
        f"{provider.connection.name} does not answer at the moment, so nobody can be signed in there.",
        "Try again in a minute; nothing of your training is lost.",
    )


class Watch:
    """Looks on while one sign-in asks a provider, and counts it at most once."""

    def __init__(self, hub: Hub, provider: Provider) -> None:
        self._hub, self._provider = hub, provider
        self._hung = self._answered = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """A call to the provider in the block; its errors go on as they are."""
        try:
            yield
        except OutsideFailed as error:
            if error.code == "timeout":
                self._count_timeout()
            elif error.code not in _NEVER_ANSWERED:
                self._answered = True
            raise
        self._answered = True

    def finish(self) -> None:
        """After the last call: a provider that answered every time has no timeouts in a row any more."""
        if self._answered and not self._hung and self._provider.timeouts:
            self._save(timeouts=0, rests_until=None)

    def _count_timeout(self) -> None:
        if self._hung:
            return
        self._hung = True
        timeouts = oidc_provider.c.timeouts + 1
        rests_until = oidc_provider.c.rests_until
        until = sa.literal(self._hub.clock.now() + RESTS, rests_until.type)
        rests = sa.case((timeouts >= TIMEOUTS, until), else_=rests_until)
        self._save(timeouts=timeouts, rests_until=rests)

    def _save(self, **values: object) -> None:
        mine = oidc_provider.c.connection_id == self._provider.connection.id
        with self._hub.unit_of_work() as uow:
            uow.connection.execute(sa.update(oidc_provider).where(mine).values(**values))
