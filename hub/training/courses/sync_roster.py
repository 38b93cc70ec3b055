"""Reading an LMS's accounts through a plugin, and letting each mean the person it belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.bulk import IDS_PER_QUERY, in_batches, insert_rows
from hub.network.importing.waiting_rows import keep_accounts
from hub.network.people.identities import LTI_FORMS, find_people
from hub.network.systems.connections import find_connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueSource, RosterRow
from hub.training.courses.fetched import fetch_rows
from hub.training.courses.sources import check_plugin, run_source

FORMS = LTI_FORMS | {"account", "mbox", "mbox_sha1sum", "openid"}
"""The forms in which an LMS names people. ``sub`` is not among them: those subjects the hub gives out."""
SECONDS = 600.0
"""How long a plugin may take: many LMSs list people course by course."""
_MAX_SUBJECT = 1_000
_NAMED = 50


@dataclass(frozen=True)
class RosterCounts:
    """What a roster sync did.

    ``strangers`` are accounts of somebody the network files do not name, who wait, visible, for the next sync; ``conflicts``
    are accounts that mean another person already. Both are left as they are. ``problems`` names the first of them.
    """

    linked: int
    unchanged: int
    strangers: int
    conflicts: int
    problems: tuple[str, ...] = ()

    def as_numbers(self) -> dict[str, int]:
        """The numbers by name."""
        names = ("linked", "unchanged", "strangers", "conflicts")
        return {name: getattr(self, name) for name in names}


def sync_roster(hub: Hub, connection: str) -> RosterCounts:
    """Read the accounts of an LMS (the slug of its connection) from where ``set_source`` says, and link them.

    The network is asked outside any unit; then one unit writes, or nothing is written. The same roster again changes
    nothing, and an account that is no longer listed stays linked: what it did was done by that person. Raises Missing
    ``no_source``, BadInput ``bad_roster``, OutsideFailed when the LMS fails. How it went is kept.
    """
    return run_source(hub, connection, "roster", lambda source, plugin: _sync(hub, source, plugin))


def _sync(hub: Hub, source: CatalogueSource, plugin: str) -> RosterCounts:
    with hub.reading() as uow:
        check_plugin(uow, "roster", plugin)
        connection = find_connection(uow, source.connection)
    rows = fetch_rows(hub, "read_roster", plugin, RosterRow, source, SECONDS)
    with hub.unit_of_work() as uow:
        counts = link_roster(uow, connection.id, rows)
        audit(uow, "roster_synced", connection.slug, connection_id=connection.id, detail=counts.as_numbers())
    return counts


@dataclass(frozen=True)
class RosterComparison:
    """A roster beside what the hub knows: accounts to link, those that mean their person already, and those that do not fit.

    ``people`` are person ids by what the network files call them.
    """

    people: Mapping[str, str]
    fresh: tuple[RosterRow, ...]
    unchanged: int
    strangers: tuple[RosterRow, ...]
    conflicts: tuple[RosterRow, ...]

    def counts(self) -> RosterCounts:
        """What a sync makes of it."""
        problems = [f"the network files name no person {row.person_id}" for row in self.strangers]
        problems += [
            f"an account of {row.person_id} already belongs to somebody else" for row in self.conflicts
        ]
        return RosterCounts(
            linked=len(self.fresh),
            unchanged=self.unchanged,
            strangers=len(self.strangers),
            conflicts=len(self.conflicts),
            problems=tuple(problems[:_NAMED]),
        )


def compare_roster(uow: UnitOfWork, connection_id: str, rows: Iterable[RosterRow]) -> RosterComparison:
    """What linking a roster would do; reads only. BadInput ``bad_roster`` for rows that cannot be right."""
    accounts = list(dict.fromkeys(rows))
    _refuse_bad(accounts)
    people = _people_named(uow, {row.person_id for row in accounts})
    holders = _holders(uow, connection_id, accounts)
    known = [row for row in accounts if row.person_id in people]
    fresh = [row for row in known if (row.form, row.subject) not in holders]
    conflicts = [
        row
        for row in known
        if holders.get((row.form, row.subject), people[row.person_id]) != people[row.person_id]
    ]
    return RosterComparison(
        people=people,
        fresh=tuple(fresh),
        unchanged=len(known) - len(fresh) - len(conflicts),
        strangers=tuple(row for row in accounts if row.person_id not in people),
        conflicts=tuple(conflicts),
    )


def link_roster(uow: UnitOfWork, connection_id: str, rows: Iterable[RosterRow]) -> RosterCounts:
    """Let each account mean its person. BadInput ``bad_roster`` for rows that cannot be right; then nothing changes."""
    # Two syncs of one LMS at once take turns.
    connection = network.connection
    slug = uow.connection.scalar(
        sa.select(connection.c.slug).where(connection.c.id == connection_id).with_for_update(key_share=True)
    )
    found = compare_roster(uow, connection_id, rows)
    _link(uow, connection_id, [(row, found.people[row.person_id]) for row in found.fresh])
    keep_accounts(uow, slug or "", [(row.form, row.person_id) for row in found.strangers])
    return found.counts()


def _refuse_bad(accounts: Sequence[RosterRow]) -> None:
    problems = [Problem(wrong, row.person_id[:200]) for row in accounts if (wrong := _problem(row))]
    owners: dict[tuple[str, str], str] = {}
    problems += [
        Problem("one of the accounts is also that of somebody else", row.person_id)
        for row in accounts
        if owners.setdefault((row.form, row.subject), row.person_id) != row.person_id
    ]
    if problems:
        raise BadInput(
            "bad_roster", "The roster cannot be used; nothing was changed.", problems=problems[:_NAMED]
        )


def _problem(row: RosterRow) -> str:
    if row.form not in FORMS:
        return f"{row.form} is no form of an account"
    for text, most in ((row.subject, _MAX_SUBJECT), (row.person_id, 200)):
        if not text.strip() or len(text) > most or "\0" in text:
            return "an account or a person's id is empty, too long or holds NUL"
    return ""


def _people_named(uow: UnitOfWork, keys: Iterable[str]) -> dict[str, str]:
    """Person ids by what the network files call them."""
    key = network.roster_key
    found: dict[str, str] = {}
    for batch in in_batches(sorted(keys), IDS_PER_QUERY):
        rows = uow.connection.execute(
            sa.select(key.c.external_id, key.c.id).where(
                key.c.kind == "person", uow.among(key.c.external_id, batch)
            )
        )
        found |= {row.external_id: row.id for row in rows}
    return found


def _holders(
    uow: UnitOfWork, connection_id: str, accounts: Sequence[RosterRow]
) -> dict[tuple[str, str], str]:
    """Whom accounts mean already, by form and subject."""
    found: dict[tuple[str, str], str] = {}
    for form in sorted({row.form for row in accounts}):
        subjects = sorted(row.subject for row in accounts if row.form == form)
        for batch in in_batches(subjects, IDS_PER_QUERY):
            known = find_people(uow, connection_id, form, batch)
            found |= {(form, subject): person_id for subject, person_id in known.items()}
    return found


def _link(uow: UnitOfWork, connection_id: str, fresh: Sequence[tuple[RosterRow, str]]) -> None:
    links: dict[str, list[dict[str, object]]] = {}
    for row, person_id in fresh:
        links.setdefault(person_id, []).append(
            {
                "connection_id": connection_id,
                "form": row.form,
                "subject": row.subject,
                "person_id": person_id,
                "made_by": "roster",
            }
        )
    # A launch may have linked an account in between; it stays as it is.
    insert_rows(uow, network.identity_link, [link for mine in links.values() for link in mine], "keep")
    if links:
        record_changes(
            uow,
            [
                Change("identity_linked", person_id, {"links": mine}, person_id=person_id)
                for person_id, mine in links.items()
            ],
        )
