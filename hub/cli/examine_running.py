"""What can be said about a hub at work: its readers, its queue, its outbox and what waits."""

from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from hub.app import READERS, readers_of
from hub.audiences.assigning.put_aside import count_put_aside
from hub.audiences.assigning.reassign import count_queue
from hub.cli.findings import Finding, ok, problem, warning
from hub.journal.outbox import PARKED, WAITING
from hub.journal.views import ReaderState, count_undelivered, list_readers
from hub.network.views import list_slugs
from hub.runtime import Hub
from hub.sso.onboarding.expiries import count_expiring, list_expiring
from hub.sso.onboarding.watch_words import KINDS
from hub.training.credit.views import count_waiting
from hub.training.tables import waiting_statement
from hub.xapi.forward.views import StoreState, list_stores

PATIENCE = timedelta(seconds=60)
"""A row older than this should have been read."""
MAX_NAMED = 5
"""Things that end soon which are named one by one."""


def examine_readers(hub: Hub) -> Iterator[Finding]:
    """Whether every reader moves."""
    with hub.reading() as uow:
        readers = {reader.name: reader for reader in list_readers(uow)}
    if not readers:
        yield warning("readers", "no worker has ever run here", "Start `hub run`, or `hub worker` beside it.")
        return
    running = readers_of(hub)
    for wanted in READERS:
        found = readers.get(wanted.name)
        if wanted not in running:
            waits = f", {found.behind} rows wait" if found and found.behind else ""
            yield warning(
                f"reader {wanted.name}",
                f"stands still on purpose{waits}: plugins it needs are off",
                "It goes on where it stopped when they are on again.",
            )
        elif found is None:
            yield warning(
                f"reader {wanted.name}", "has never run", "Restart the workers: they run an older version."
            )
        else:
            yield _reader(found)


def _reader(reader: ReaderState) -> Finding:
    check = f"reader {reader.name}"
    late = f"{reader.behind} rows behind, the oldest waits {_length(reader.waiting_for)}"
    if reader.failures:
        return problem(
            check,
            f"has failed {reader.failures} times in a row ({late}): {reader.last_error}",
            "It tries again by itself. If a plugin is named, correct it or take it off the list and restart.",
        )
    if reader.behind and reader.waiting_for > PATIENCE:
        return problem(
            check, late, "Is a worker running? `hub run` has one of its own, `hub worker` starts another."
        )
    return ok(check, late if reader.behind else "has read everything")


def examine_work(hub: Hub) -> Iterator[Finding]:
    """What waits: people to work out anew, deliveries, statements of unknown actors."""
    with hub.reading() as uow:
        people, undelivered, waiting = count_queue(uow), count_undelivered(uow), count_waiting(uow)
        aside = count_put_aside(uow)
        oldest = uow.connection.scalar(
            sa.select(sa.func.min(waiting_statement.c.since, type_=waiting_statement.c.since.type))
        )
        now = uow.now
    if aside:
        yield warning(
            "assignment",
            f"{aside:,} people cannot be worked out: their goals stay as they were",
            "The admin pages show why under Readers, and try them again.",
        )
    else:
        waits = f"{people:,} people wait for their goals to be worked out"
        yield ok("assignment", waits if people else "up to date")
    if undelivered[PARKED]:
        yield warning(
            "deliveries",
            f"{undelivered[PARKED]} are parked after many attempts, {undelivered[WAITING]} wait",
            "The admin pages show why, and send them again.",
        )
    else:
        yield ok("deliveries", f"{undelivered[WAITING]} wait" if undelivered[WAITING] else "none wait")
    if waiting and oldest is not None:
        yield warning(
            "statements",
            f"{waiting:,} wait for their actor to become known, the oldest for {_length(now - oldest)}",
            "The admin pages show whom they name. Add these identities to identities.csv and import it.",
        )
    else:
        yield ok("statements", "every actor is known")


def examine_stores(hub: Hub) -> Iterator[Finding]:
    """Whether statements reach the record stores they are forwarded to."""
    with hub.reading() as uow:
        states, after = list_stores(uow)
        while after:
            more, after = list_stores(uow, after=after)
            states += more
    yield from map(_store, states)


def _store(state: StoreState) -> Finding:
    slug, late = state.store.slug, f"{state.behind:,} statements to look at"
    check = f"receiving store {slug}"
    if state.store.paused:
        return ok(check, f"paused, {late}")
    if state.failures:
        return problem(
            check,
            f"has failed {state.failures} times in a row ({late}): {state.last_error}",
            f"It is tried again by itself. `hub forward test {slug}` says what to change.",
        )
    if state.parked:
        return warning(
            check,
            f"has refused {state.parked:,} statements",
            f"`hub forward parked {slug}` says why; `hub forward resend` sends them again.",
        )
    if state.behind and state.waiting_for > PATIENCE:
        return problem(
            check, f"{late}, the oldest waits {_length(state.waiting_for)}", "Is a worker running?"
        )
    return ok(check, late if state.behind else "has everything")


def examine_expiries(hub: Hub) -> Iterator[Finding]:
    """What of sign-ins ends soon, by name."""
    with hub.reading() as uow:
        found, now = list_expiring(uow, limit=MAX_NAMED), uow.now
        number = count_expiring(uow)
        slugs = list_slugs(uow, [one.connection_id for one in found])
    if not found:
        yield ok("sign-ins", "nothing expires within 30 days")
        return
    named = [
        f"{slugs.get(one.connection_id or '', 'this hub')}: {KINDS[one.kind].words}"
        f" ({'expired' if one.expires_at <= now else 'until'} {one.expires_at:%Y-%m-%d})"
        for one in found
    ]
    more = f", and {number - len(found)} more" if number > len(found) else ""
    yield warning(
        "sign-ins",
        f"{'; '.join(named)}{more}",
        "The admin page Connections, Expiring says what to do; their owners are told by mail.",
    )


def _length(time: timedelta) -> str:
    """A length of time in words."""
    if time >= timedelta(days=2):
        return f"{time.days} days"
    minutes, seconds = divmod(int(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    )
