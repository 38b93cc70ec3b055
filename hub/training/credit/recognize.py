"""From statements to credit, in one unit of work: who, which course, does it complete it, which goals does that reach.

What a statement means depends on more than itself: an identity link or a course may appear after it, a voiding may
appear before it. So recognition is a function of everything known now, and is asked again for the statements whose
meaning may have changed; asked twice, it changes nothing.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.errors import HubError
from hub.hooks import Failure
from hub.ids import derived_id, is_id
from hub.journal import CHANGES, STATEMENTS, VOIDED, Reader, announce, positions_of, voided_ids
from hub.journal.tables import reader as reader_table
from hub.journal.tables import statement as statement_table
from hub.journal.tables import statement_term as term_table
from hub.journal.terms import ACTIVITY, hash_term
from hub.network.people.identities import SUBJECT, find_people
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.training import tables
from hub.training.completing.completion import Evidence, Offering, problem_of_completion
from hub.training.completing.policies import CHANGED as POLICY_CHANGED
from hub.training.completing.policies import read_policies
from hub.training.completing.policy import Policy
from hub.training.completing.policy_statements import relevant_statements
from hub.training.courses.offerings import offering_of
from hub.training.credit.credit_goals import credit_goals, goals_for_offerings
from hub.training.events import CompletionRecognized

Rows = Sequence[sa.Row[Any]]
HOOK = "recognize_completion"
GROUP = "group"
"""The actor form of groups, whose statements are kept and credit nobody."""


def recognize_statements(uow: UnitOfWork, rows: Rows) -> None:
    """Recognize statements of the journal and credit every goal they reach; the handler of the reader ``recognize``."""
    statements = [*_with_voided_targets(uow, rows)]
    people = people_of_statements(uow, statements)
    _note_waiting(uow, statements, people)
    lock_people(uow, sorted({people[s.id] for s in statements if s.id in people}))
    offerings = _offerings(uow, statements)
    voided = voided_among(uow, statements)
    wanted: dict[tuple[str, str], dict[str, Any]] = {}
    for s in statements:
        offering = offerings.get((s.connection_id, s.object_id))
        if s.id in people and offering is not None and s.id not in voided:
            completion = judge(uow, s, offering)
            if completion:
                wanted[s.id, offering.id] = {
                    **completion,
                    "person_id": people[s.id],
                    "offering_id": offering.id,
                }
    touched = _set_completions(uow, [s.id for s in statements], wanted)
    credit_goals(uow, goals_for_offerings(uow, touched))


def recognize_anew(uow: UnitOfWork, changes: Rows) -> None:
    """Recognize earlier statements to which a change gives a meaning: names that are somebody's now, or somebody else's; a new or changed course or policy."""
    # Takes turns with ``recognize``: a statement it is just now setting aside as unknown must not be missed here.
    uow.connection.execute(
        sa.select(reader_table.c.name).where(reader_table.c.name == "recognize").with_for_update()
    ).all()
    for change in changes:
        if change.kind == "identity_linked":
            _recognize_waiting(uow, change.body["links"])
        elif change.kind == "identities_moved":
            _recognize_person(uow, change.body["from"])
        elif change.kind == "offering_changed":
            _recognize_offering(uow, change.body)
        elif change.kind == POLICY_CHANGED:
            _recognize_source(uow, Policy.from_json(change.body))
        elif change.kind == "path_changed":
            _credit_path(uow, change.body["id"])


recognize = Reader("recognize", STATEMENTS, recognize_statements, batch=500)
_GIVING_MEANING = frozenset(
    {"identity_linked", "identities_moved", "offering_changed", POLICY_CHANGED, "path_changed"}
)
recognize_changes = Reader("recognize_changes", CHANGES, recognize_anew, kinds=_GIVING_MEANING)


def _with_voided_targets(uow: UnitOfWork, rows: Rows) -> Iterable[sa.Row[Any]]:
    """The rows themselves without voidings, and the statements that the voidings among them name."""
    targets = [row.object_id.lower() for row in rows if row.verb == VOIDED and is_id(row.object_id)]
    seen = {row.id for row in rows}
    yield from (row for row in rows if row.verb != VOIDED)
    if targets:
        named = uow.connection.execute(
            sa.select(statement_table).where(statement_table.c.position.in_(positions_of(targets)))
        )
        yield from (row for row in named if row.verb != VOIDED and row.id not in seen)


def people_of_statements(uow: UnitOfWork, statements: Rows) -> dict[str, str]:
    """Person ids by statement id. An actor is resolved among the identities of the sending system alone."""
    hub_account = uow.settings.public_url + "|"
    groups: dict[tuple[str, str], dict[str, list[str]]] = {}
    for s in statements:
        form, subject = s.actor_form, s.actor_subject
        if form == "account" and subject.startswith(hub_account):
            form, subject = SUBJECT, subject.removeprefix(hub_account)
        groups.setdefault((s.connection_id, form), {}).setdefault(subject, []).append(s.id)
    people: dict[str, str] = {}
    for (connection_id, form), subjects in groups.items():
        for subject, person_id in find_people(uow, connection_id, form, subjects).items():
            people |= dict.fromkeys(subjects[subject], person_id)
    return people


def _note_waiting(uow: UnitOfWork, statements: Rows, people: dict[str, str]) -> None:
    table = tables.waiting_statement
    ids = [s.id for s in statements]
    waiting = set(
        uow.connection.scalars(sa.select(table.c.statement_id).where(uow.among(table.c.statement_id, ids)))
    )
    known = [id for id in waiting if id in people]
    if known:
        uow.connection.execute(sa.delete(table).where(uow.among(table.c.statement_id, known)))
    uow.execute_many(
        sa.insert(table),
        [
            {
                "statement_id": s.id,
                "connection_id": s.connection_id,
                "form": s.actor_form,
                "subject": s.actor_subject,
                "since": uow.now,
            }
            for s in statements
            if s.id not in people and s.id not in waiting and s.actor_form != GROUP
        ],
    )


def _offerings(uow: UnitOfWork, statements: Rows) -> dict[tuple[str, str], Offering]:
    table = tables.offering
    rows = uow.connection.execute(
        sa.select(table).where(
            uow.among(table.c.connection_id, {s.connection_id for s in statements}),
            uow.among(table.c.activity_id, {s.object_id for s in statements}),
        )
    )
    policies = read_policies(uow, (s.connection_id for s in statements))
    return {
        (row.connection_id, row.activity_id): offering_of(row, policies.get(row.connection_id))
        for row in rows
    }


def voided_among(uow: UnitOfWork, statements: Rows) -> set[str]:
    """Ids of those that are voided."""
    by_connection: dict[str, list[str]] = {}
    for s in statements:
        by_connection.setdefault(s.connection_id, []).append(s.id)
    return {id for connection, ids in by_connection.items() for id in voided_ids(uow, connection, ids)}


def evidence_of(row: sa.Row[Any]) -> Evidence:
    """A statement of the journal as plugins see it."""
    told = _decode(row.payload)
    extensions = told.context.extensions if told.context else _NOTHING
    return Evidence(row.id, row.verb, row.object_id, row.timestamp, _object(told.result), _object(extensions))


def judge(uow: UnitOfWork, row: sa.Row[Any], offering: Offering) -> dict[str, Any] | None:
    """Ask the plugins whether a statement completes the offering; the completion's columns, or None."""

    def question() -> dict[str, Any]:
        # A copy for each plugin: what one does to it is nothing to the next, nor to the statements after this.
        return {"statement": evidence_of(row), "offering": replace(offering, launch=dict(offering.launch))}

    answer = uow.hooks.ask_first(HOOK, question, **question())
    if answer is None:
        return None
    error = answer.error if isinstance(answer, Failure) else problem_of_completion(answer.value)
    if isinstance(answer, Failure) or error:
        if not isinstance(answer, Failure):
            uow.hooks.note_error(answer.plugin, HOOK, error or "")
        raise HubError("plugin_failed", f"The plugin {answer.plugin} failed on statement {row.id}: {error}")
    return {
        "id": derived_id("completion", row.id, offering.id),
        "statement_id": row.id,
        "completed_at": row.timestamp,
        "score": answer.value.score,
        "policy": answer.value.policy,
        "policy_version": answer.value.policy_version,
        "recognized_by": answer.plugin,
    }


# Not ``Raw | None``: msgspec takes that for nothing but null.
_NOTHING = msgspec.Raw(b"null")


class _Context(msgspec.Struct):
    extensions: msgspec.Raw = _NOTHING


class _Told(msgspec.Struct):
    """The two parts of a statement's JSON that plugins look at; the others are passed over."""

    result: msgspec.Raw = _NOTHING
    context: _Context | None = None


_decode = msgspec.json.Decoder(_Told).decode


def _object(raw: msgspec.Raw) -> dict[str, Any]:
    return json.loads(bytes(raw)) or {}


def _set_completions(
    uow: UnitOfWork, statement_ids: Sequence[str], wanted: dict[tuple[str, str], dict[str, Any]]
) -> set[tuple[str, str]]:
    """Make the completions of these statements equal to ``wanted``; the (person, offering) pairs that were touched."""
    table = tables.completion
    rows = uow.connection.execute(sa.select(table).where(uow.among(table.c.statement_id, statement_ids)))
    known = {(row.statement_id, row.offering_id): dict(row._mapping) for row in rows}
    gone = {key: row for key, row in known.items() if wanted.get(key) != row}
    added = [row for key, row in wanted.items() if known.get(key) != row]
    if gone:
        uow.connection.execute(
            sa.delete(table).where(uow.among(table.c.id, [row["id"] for row in gone.values()]))
        )
    uow.execute_many(sa.insert(table), added)
    news = [row for row in added if (row["statement_id"], row["offering_id"]) not in known]
    if news:
        announce(
            uow,
            [
                CompletionRecognized(r["person_id"], r["offering_id"], r["statement_id"], r["completed_at"])
                for r in news
            ],
        )
    return {(row["person_id"], row["offering_id"]) for row in (*gone.values(), *added)}


def _recognize_waiting(uow: UnitOfWork, links: Sequence[dict[str, str]]) -> None:
    table = tables.waiting_statement
    hub_account = uow.settings.public_url + "|"
    for link in links:
        is_ours = link["form"] == SUBJECT
        waiting = sa.select(table.c.statement_id).where(
            table.c.connection_id == link["connection_id"],
            table.c.form == ("account" if is_ours else link["form"]),
            table.c.subject == (hub_account + link["subject"] if is_ours else link["subject"]),
        )
        rows = uow.connection.execute(
            sa.select(statement_table)
            .where(statement_table.c.position.in_(positions_of(waiting)))
            .order_by(statement_table.c.position)
        ).all()
        if rows:
            recognize_statements(uow, rows)


def _recognize_person(uow: UnitOfWork, person_id: str) -> None:
    """Look again at what completed courses of a person, some of whose names have become somebody else's."""
    completion = tables.completion
    completing = sa.select(completion.c.statement_id).where(completion.c.person_id == person_id)
    rows = uow.connection.execute(
        sa.select(statement_table)
        .where(statement_table.c.position.in_(positions_of(completing)))
        .order_by(statement_table.c.position)
    ).all()
    for start in range(0, len(rows), recognize.batch):
        recognize_statements(uow, rows[start : start + recognize.batch])


def _recognize_offering(uow: UnitOfWork, offering: Mapping[str, str]) -> None:
    """Look again at what its LMS reports on its activity now, and at what completed it so far, maybe under another one."""
    statement, completion = statement_table, tables.completion
    completing = sa.select(completion.c.statement_id).where(completion.c.offering_id == offering["id"])
    term = hash_term(offering["connection_id"], ACTIVITY, offering["activity_id"])
    # What refers to a statement about the activity has the term as well.
    about = sa.select(term_table.c.position).where(term_table.c.term == term)
    reported = sa.and_(
        statement.c.connection_id == offering["connection_id"],
        statement.c.object_id == offering["activity_id"],
    )
    completed = statement.c.position.in_(positions_of(completing))
    rows = uow.connection.execute(
        sa.select(statement)
        .where(
            statement.c.position.in_(sa.union(about, positions_of(completing))), sa.or_(reported, completed)
        )
        .order_by(statement.c.position)
    ).all()
    for start in range(0, len(rows), recognize.batch):
        recognize_statements(uow, rows[start : start + recognize.batch])


def _recognize_source(uow: UnitOfWork, policy: Policy) -> None:
    """Look again at what a system reported, when what counts there as completion has changed."""
    for rows in relevant_statements(uow, policy):
        recognize_statements(uow, rows)


def _credit_path(uow: UnitOfWork, path_id: str) -> None:
    goal = tables.goal
    rows = uow.connection.execute(
        sa.select(goal.c.id, goal.c.person_id).where(
            goal.c.target_kind == "path", goal.c.target_id == path_id
        )
    ).all()
    lock_people(uow, sorted({row.person_id for row in rows}))
    credit_goals(uow, [row.id for row in rows])
