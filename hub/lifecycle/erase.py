"""Erasing everything about one person, or about an actor the hub does not know, with a receipt.

Statements go some hundred at a time, each chunk in a unit of its own; last, and in one unit, everything else. Until then the
person is still there, so an erasure that was interrupted is finished by asking for it again.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from hub.access.api_tokens import delete_api_tokens_of
from hub.access.roles import administered_partners, withdraw_partner_admin
from hub.audiences.assigning.notes import PLUGIN_NOTED, forget_notes
from hub.ids import new_id
from hub.journal import audit
from hub.journal.outbox import DISMISSED, PARKED, WAITING
from hub.journal.tables import change as change_table
from hub.journal.tables import outbox
from hub.journal.tables import reader as reader_table
from hub.lifecycle import tables
from hub.lifecycle.delete_files import delete_files
from hub.lifecycle.delete_statements import delete_statements
from hub.lifecycle.erase_in_plugins import ask_plugins, note_plugins, open_plugins
from hub.lifecycle.find_mentions import find_mentions
from hub.lifecycle.plan_erasure import count_sent, count_statements
from hub.lifecycle.receipts import Receipt, receipt_of, seal_receipt
from hub.lifecycle.rewrite_statements import rewrite_statements
from hub.lifecycle.subject import Subject
from hub.lti import erase_person as lti
from hub.network.attributes import CHANGED as ATTRIBUTES_CHANGED
from hub.network.attributes import subjects_of
from hub.network.people import erase_person as network
from hub.network.people.merges import absorbed_ids, moves_of, refuse_absorbed
from hub.network.people.person import lock_people
from hub.notify import erase_person as notify
from hub.sso import erase_person as sso
from hub.store import UnitOfWork
from hub.store.append_only import open_door
from hub.training import tables as training
from hub.training.credit.credit_goals import credit_goals
from hub.training.credit.recognize import recognize
from hub.training.goals import decisions_of_person as decisions
from hub.xapi.erase_actor import erase_actor

if TYPE_CHECKING:
    from hub.runtime import Hub

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class _Chunk:
    """What one unit did: keys of files that can go now, and the last position it looked at (None: that was all)."""

    files: Sequence[str]
    last: int | None
    statements: int


def erase(
    hub: "Hub", subject: Subject, actor_id: str | None = None, progress: Progress = lambda *_: None
) -> Receipt:
    """Delete it all; the receipt. The same again finishes what was interrupted.

    Then plugins erase what they keep. Who fails leaves the erasure open, without a hash on its receipt, and is asked again.

    The actor's statements go, with their files, documents and completions; its credits are withdrawn. Statements of
    others that name it stay without the name. A person leaves a tombstone that is switched off. What was sent to other
    record stores before is theirs to erase: the receipt says to whom. What the database's files still hold of deleted
    bytes is removed by ``hub.lifecycle.traces.finish_erasures`` afterwards, since that takes long and needs them alone.
    """
    with hub.unit_of_work() as uow:
        erasure_id = _begin(uow, subject, actor_id)
    after: int | None = 0
    done = 0
    while after is not None:
        with hub.unit_of_work() as uow:
            chunk = _erase_chunk(uow, erasure_id, subject, after)
        delete_files(hub, chunk.files)
        with hub.unit_of_work() as uow:
            _update(uow, erasure_id, files=[])
        after, done = chunk.last, done + chunk.statements
        progress("statements", done, done + (after is not None))
    with hub.unit_of_work() as uow:
        after = 0  # what arrived since it was passed by
        while after is not None:
            chunk = _erase_chunk(uow, erasure_id, subject, after)
            after = chunk.last
        _erase_rest(uow, erasure_id, subject)
    delete_files(hub, chunk.files)
    with hub.unit_of_work() as uow:
        _update(uow, erasure_id, files=[])
    ask_plugins(hub, erasure_id)
    with hub.unit_of_work() as uow:
        return _finish(uow, erasure_id)


def carry_on_in_plugins(hub: "Hub") -> bool:
    """Ask plugins again that could not erase somebody, where it is time, and end the erasures that are done; whether any was asked."""
    asked = ask_plugins(hub)
    for erasure_id in asked:
        with hub.unit_of_work() as uow:
            _finish(uow, erasure_id)
    return bool(asked)


def _begin(uow: UnitOfWork, subject: Subject, actor_id: str | None) -> str:
    table = tables.erasure
    if subject.person_id is not None:
        refuse_absorbed(uow, subject.person_id)
    key = subject.hash(uow)
    known = uow.connection.scalar(
        sa.select(table.c.id).where(table.c.subject_hash == key, table.c.finished_at.is_(None))
    )
    if known is not None:
        return str(known)
    values: dict[str, Any] = {
        "id": new_id(),
        "subject_hash": key,
        "person_id": subject.person_id,
        "actor_id": actor_id,
        "began_at": uow.now,
        "finished_at": None,
        "counts": {},
        "sent_to": {},
        "files": [],
        "receipt_hash": "",
    }
    uow.connection.execute(sa.insert(table).values(**values))
    audit(uow, "erasure_begun", values["id"], actor_id=actor_id)
    return str(values["id"])


def _erase_chunk(uow: UnitOfWork, erasure_id: str, subject: Subject, after: int) -> _Chunk:
    """Delete the next statements of the subject, take it out of the next of others, and count both in the erasure."""
    # Takes turns with recognition: what is deleted here must not be credited at the same moment.
    uow.connection.execute(
        sa.select(reader_table.c.name).where(reader_table.c.name == recognize.name).with_for_update()
    ).all()
    found = find_mentions(uow, subject, after)
    own, others = [row.id for row in found.own], [row.id for row in found.others]
    counts = Counter(count_statements(uow, found.own))
    counts["statements of others without the name"] += len(others)
    counts.update(_withdraw(uow, own))
    sent_to = count_sent(uow, [*own, *others])
    files = delete_statements(uow, [row.position for row in found.own]).files
    files += rewrite_statements(uow, found.others, subject.anonymizer(uow))
    erasure = _read(uow, erasure_id)
    _update(
        uow,
        erasure_id,
        counts=dict(Counter(erasure.counts) + counts),
        sent_to=dict(Counter(erasure.sent_to) + sent_to),
        # Noted until they are gone: whoever is interrupted in between deletes them then.
        files=[*erasure.files, *files],
    )
    return _Chunk([*erasure.files, *files], found.last, len(own) + len(others))


def _withdraw(uow: UnitOfWork, statement_ids: Sequence[str]) -> dict[str, int]:
    """Delete the completions of these statements, and take back the credits that rest on them."""
    completion, goal, step = training.completion, training.goal, training.path_step
    mine = uow.among(completion.c.statement_id, statement_ids)
    rows = uow.connection.execute(
        sa.select(completion.c.person_id, completion.c.offering_id).where(mine)
    ).all()
    if not rows:
        return {}
    people = sorted({row.person_id for row in rows})
    lock_people(uow, people)
    courses = {row.offering_id for row in rows}
    paths = sa.select(step.c.path_id).where(step.c.offering_id.in_(courses))
    reached = sa.and_(
        goal.c.person_id.in_(people),
        goal.c.reached_at.is_not(None),
        sa.or_(goal.c.target_id.in_(courses), goal.c.target_id.in_(paths)),
    )
    before = list(uow.connection.scalars(sa.select(goal.c.id).where(reached)))
    deleted = uow.connection.execute(sa.delete(completion).where(mine)).rowcount
    credit_goals(uow, before)
    after = set(uow.connection.scalars(sa.select(goal.c.id).where(reached)))
    return {"completions": deleted, "credits withdrawn": len(set(before) - after)}


def _erase_rest(uow: UnitOfWork, erasure_id: str, subject: Subject) -> None:
    """Everything of the hub's own but statements, in one unit; and what plugins have to do is noted."""
    erasure = _read(uow, erasure_id)
    counts = Counter(erasure.counts)
    counts.update(erase_actor(uow, subject.names, subject.person_id))
    if subject.person_id is not None:
        lock_people(uow, [subject.person_id])
        people = (
            subject.person_id,
            *absorbed_ids(uow, subject.person_id),
        )  # forgotten with the network's rows
        counts["journal entries without identities"] += _redact_links(uow, subject.person_id)
        counts["journal entries without attributes"] += _redact_attributes(uow, subject.person_id)
        counts["notes of plugins"] += _forget_notes(uow, subject.person_id)
        for partner_id in administered_partners(uow, subject.person_id):
            withdraw_partner_admin(uow, subject.person_id, partner_id, erasure.actor_id)
        # Whoever became part of the person left rows behind; that they did is forgotten with the network's rows, the last.
        for person_id in (*absorbed_ids(uow, subject.person_id), subject.person_id):
            for room in (notify, lti, decisions):
                counts.update(room.erase_person(uow, person_id))
            counts["tokens of programs"] += delete_api_tokens_of(uow, person_id)
            _let_deliveries_be(uow, person_id)
        for whole in (sso, network):
            counts.update(whole.erase_person(uow, subject.person_id))
        note_plugins(uow, erasure_id, people)
    _update(uow, erasure_id, counts={kind: number for kind, number in sorted(counts.items()) if number})


def _finish(uow: UnitOfWork, erasure_id: str) -> Receipt:
    """Seal the receipt, if no plugin holds anything any more; else the erasure stays open, and the receipt says so."""
    erasure = _read(uow, erasure_id)
    if erasure.finished_at is not None or open_plugins(uow, erasure_id):
        return receipt_of(erasure)
    told = dict(sorted(erasure.counts.items()))
    _update(uow, erasure_id, counts=told, finished_at=uow.now)
    receipt = seal_receipt(receipt_of(_read(uow, erasure_id)))
    _update(uow, erasure_id, receipt_hash=receipt.hash)
    audit(
        uow,
        "erasure",
        erasure_id,
        actor_id=receipt.actor_id,
        detail={"counts": told, "sent_to": list(receipt.sent_to), "receipt": receipt.hash},
    )
    return receipt


def _let_deliveries_be(uow: UnitOfWork, person_id: str) -> None:
    """Forget what receivers said, and send no score of the person to any gradebook any more."""
    mine = sa.update(outbox).where(outbox.c.person_id == person_id)
    uow.connection.execute(mine.values(last_error=None))
    to_gradebooks = mine.where(outbox.c.lane.is_not(None), outbox.c.state.in_([WAITING, PARKED]))
    uow.connection.execute(to_gradebooks.values(state=DISMISSED, done_at=uow.now))


def _redact_links(uow: UnitOfWork, person_id: str) -> int:
    """Take the subjects out of the changes that made the person's identities; the changes themselves stay."""
    table = change_table
    people = [person_id, *absorbed_ids(uow, person_id)]
    mine = sa.and_(table.c.kind.in_(("identity_linked", "identity_unlinked")), table.c.subject_id.in_(people))
    moves = moves_of(uow, person_id)
    with open_door(uow.connection, table.name):
        for id, body in moves.items():
            nameless = {**body, "links": []}
            uow.connection.execute(sa.update(table).where(table.c.id == id).values(body=nameless))
        redacted = uow.connection.execute(sa.update(table).where(mine).values(body={"links": []})).rowcount
    return redacted + len(moves)


def _redact_attributes(uow: UnitOfWork, person_id: str) -> int:
    """Take the values out of the changes of the person's attributes, and of those of their appointments."""
    table = change_table
    people = (person_id, *absorbed_ids(uow, person_id))
    ids = [id for each in people for id in subjects_of(uow, each)]
    mine = sa.and_(table.c.kind == ATTRIBUTES_CHANGED, uow.among(table.c.subject_id, ids))
    rows = uow.connection.execute(sa.select(table.c.position, table.c.body).where(mine)).all()
    with open_door(uow.connection, table.name):
        for row in rows:
            empty = {**row.body, "values": []}
            here = table.c.position == row.position
            uow.connection.execute(sa.update(table).where(here).values(body=empty))
    return len(rows)


def _forget_notes(uow: UnitOfWork, person_id: str) -> int:
    """Delete what plugins noted about the person's appointments, also out of the journal: a replay finds nothing either."""
    table = change_table
    ids = [id for each in (person_id, *absorbed_ids(uow, person_id)) for id in subjects_of(uow, each)]
    mine = sa.and_(table.c.kind == PLUGIN_NOTED, uow.among(table.c.subject_id, ids))
    rows = uow.connection.execute(sa.select(table.c.position, table.c.body).where(mine)).all()
    with open_door(uow.connection, table.name):
        for row in rows:
            here = table.c.position == row.position
            uow.connection.execute(sa.update(table).where(here).values(body={**row.body, "value": None}))
    return forget_notes(uow, ids)


def _read(uow: UnitOfWork, erasure_id: str) -> sa.Row[Any]:
    return uow.connection.execute(
        sa.select(tables.erasure).where(tables.erasure.c.id == erasure_id).with_for_update()
    ).one()


def _update(uow: UnitOfWork, erasure_id: str, **values: Mapping[str, Any] | Sequence[str] | Any) -> None:
    uow.connection.execute(
        sa.update(tables.erasure).where(tables.erasure.c.id == erasure_id).values(**values)
    )
