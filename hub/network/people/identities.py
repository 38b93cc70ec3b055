"""How outside systems know people: by (connection, form, subject), never by e-mail."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from hub.errors import Conflict
from hub.ids import new_id
from hub.journal import Change, record_changes
from hub.network import tables
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.store.insert import insert_once

UNLINKED = "identity_unlinked"
"""The kind of change that takes a sign-in away."""
SUBJECT = "sub"
"""The form of OpenID Connect subjects and of those the hub itself gives out; the other forms are those of xAPI actors."""
LTI_SUBJECT = "lti"
"""The form of subjects that an LTI platform names: apart from SUBJECT, for one system may be platform and tool."""
LTI_1P1_SUBJECT = "lti1p1"
"""The form of user ids that a platform gave while it spoke LTI 1.1: a roster names them, and a signed claim leads over."""
LTI_1P1_GIVEN = "sub1p1"
"""The form of user ids under which a tool knew people while it was launched by LTI 1.1."""
LTI_FORMS = frozenset({LTI_SUBJECT, LTI_1P1_SUBJECT, LTI_1P1_GIVEN})
"""Forms that stand in launches alone, and in no statement."""


def find_person(uow: UnitOfWork, connection_id: str, form: str, subject: str) -> str | None:
    """The person a system means by this subject, if anybody."""
    row = uow.find(tables.identity_link, connection_id=connection_id, form=form, subject=subject)
    return str(row.person_id) if row else None


def find_people(uow: UnitOfWork, connection_id: str, form: str, subjects: Iterable[str]) -> dict[str, str]:
    """Person ids by subject, for those that are known."""
    table = tables.identity_link
    rows = uow.connection.execute(
        sa.select(table.c.subject, table.c.person_id).where(
            table.c.connection_id == connection_id,
            table.c.form == form,
            uow.among(table.c.subject, list(subjects)),
        )
    )
    return {row.subject: row.person_id for row in rows}


def list_subjects(uow: UnitOfWork, connection_id: str, person_id: str) -> list[tuple[str, str]]:
    """Form and subject of every name that a system has for a person."""
    table = tables.identity_link
    rows = uow.connection.execute(
        sa.select(table.c.form, table.c.subject)
        .where(table.c.connection_id == connection_id, table.c.person_id == person_id)
        .order_by(table.c.form, table.c.subject)
    )
    return [(row.form, row.subject) for row in rows]


def link_identity(
    uow: UnitOfWork, connection_id: str, form: str, subject: str, person_id: str, made_by: str
) -> None:
    """Let a system's subject mean this person; the same again changes nothing.

    Raises Conflict ``identity_taken`` when it already means somebody else: (connection, subject) is one person for good.
    """
    known = find_person(uow, connection_id, form, subject)
    if known == person_id:
        return
    if known is not None:
        raise Conflict("identity_taken", "This subject already belongs to somebody else at this connection.")
    body = {
        "connection_id": connection_id,
        "form": form,
        "subject": subject,
        "person_id": person_id,
        "made_by": made_by,
    }
    uow.connection.execute(sa.insert(tables.identity_link).values(**body))
    record_changes(uow, [Change("identity_linked", person_id, {"links": [body]}, person_id=person_id)])


def unlink_identity(
    uow: UnitOfWork, connection_id: str, form: str, subject: str, *, for_good: bool = False
) -> None:
    """Let a system's subject mean nobody any more; nothing happens when it means nobody. For sign-ins only.

    ``for_good`` remembers whose it was (``was_removed_from``). Statements are credited by what their system calls people,
    which is never taken away (see ``merge`` for moving it).
    """
    person_id = find_person(uow, connection_id, form, subject)
    if person_id is None:
        return
    link = {"connection_id": connection_id, "form": form, "subject": subject}
    body = {"links": [{**link, "person_id": person_id} if for_good else link]}
    apply_unlinked(uow, body)
    record_changes(uow, [Change(UNLINKED, person_id, body, person_id=person_id)])


def apply_unlinked(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Take links away as a change of kind ``identity_unlinked`` has it (also used by a rebuild)."""
    table = tables.identity_link
    for link in body["links"]:
        this = [table.c[name] == link[name] for name in ("connection_id", "form", "subject")]
        uow.connection.execute(sa.delete(table).where(*this))
        if "person_id" in link:
            insert_once(uow, tables.removed_sign_in, **link)


def was_removed_from(uow: UnitOfWork, connection_id: str, form: str, subject: str) -> list[str]:
    """Ids of the people from whom this sign-in was taken away for good; nearly always none."""
    table = tables.removed_sign_in
    this = {"connection_id": connection_id, "form": form, "subject": subject}
    return list(uow.connection.scalars(sa.select(table.c.person_id).filter_by(**this)))


_link = tables.identity_link
_PAIRWISE = Question(
    sa.select(_link.c.subject)
    .where(
        _link.c.connection_id == sa.bindparam("connection_id"),
        _link.c.person_id == sa.bindparam("person_id"),
        _link.c.form == SUBJECT,
        _link.c.made_by == "launch",
    )
    .limit(1)
)


def pairwise_subject(uow: UnitOfWork, connection_id: str, person_id: str) -> str:
    """The opaque subject under which the hub names this person to this system, issued at the first call.

    Every system gets another one, so that two systems cannot compare notes about a person. Two first calls at once get
    one: the person is held before it is issued. Whoever asks for several people holds them all before, in one order.
    """
    known = _PAIRWISE.ask(uow.connection, connection_id=connection_id, person_id=person_id)
    if known is None and not uow.is_sqlite:
        lock_people(uow, [person_id])
        known = _PAIRWISE.ask(uow.connection, connection_id=connection_id, person_id=person_id)
    if known is not None:
        return str(known.subject)
    subject = new_id()
    link_identity(uow, connection_id, SUBJECT, subject, person_id, made_by="launch")
    return subject


def pairwise_subjects(uow: UnitOfWork, connection_id: str, person_ids: Collection[str]) -> dict[str, str]:
    """``pairwise_subject`` for many people at once, by person id: one insert for all that are missing, and a change for each.

    Whoever may run at the same time must hold the people (``hub.network.people.person.lock_people``).
    """
    table = tables.identity_link
    rows = uow.connection.execute(
        sa.select(table.c.person_id, table.c.subject).where(
            table.c.connection_id == connection_id,
            table.c.form == SUBJECT,
            table.c.made_by == "launch",
            uow.among(table.c.person_id, list(person_ids)),
        )
    )
    found = {row.person_id: row.subject for row in rows}
    links = [
        {
            "connection_id": connection_id,
            "form": SUBJECT,
            "subject": new_id(),
            "person_id": person_id,
            "made_by": "launch",
        }
        for person_id in dict.fromkeys(person_ids)
        if person_id not in found
    ]
    if not links:
        return found
    uow.execute_many(sa.insert(table), [dict(link) for link in links])
    record_changes(
        uow,
        [
            Change("identity_linked", link["person_id"], {"links": [link]}, person_id=link["person_id"])
            for link in links
        ],
    )
    return found | {link["person_id"]: link["subject"] for link in links}
