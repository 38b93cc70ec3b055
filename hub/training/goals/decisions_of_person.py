"""What becomes of the decisions about a person, and of what they learned elsewhere, who is erased, or turns out to be another one."""

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa

from hub.store import UnitOfWork
from hub.training import tables
from hub.training.external_records import count_records, delete_records
from hub.training.goals.decisions import read_decisions, record_decisions


def move_decisions(
    uow: UnitOfWork, from_id: str, to_id: str, only: Collection[str] | None = None
) -> list[str]:
    """Let the decisions about one person be about another; their ids. ``only`` what moved before, for taking that back."""
    here = read_decisions(uow, [from_id]).get(from_id, [])
    going = [decision for decision in here if only is None or decision.id in only]
    record_decisions(uow, [replace(decision, person_id=to_id) for decision in going], from_id)
    return [decision.id for decision in going]


def count_of_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """What ``erase_person`` would delete, in rows by kind."""
    words = tables.decision_words
    count = sa.select(sa.func.count()).where(words.c.decision_id.in_(_ids(person_id)))
    return {
        "reasons of decisions": uow.connection.scalar(count) or 0,
        "records of training elsewhere": count_records(uow, person_id),
    }


def erase_person(uow: UnitOfWork, person_id: str) -> dict[str, int]:
    """Delete the words of decisions about the person and what they learned elsewhere, and end decisions in force. Rows by kind."""
    counts, words = count_of_person(uow, person_id), tables.decision_words
    delete_records(uow, person_id)
    uow.connection.execute(sa.delete(words).where(words.c.decision_id.in_(_ids(person_id))))
    open_ones = [
        decision
        for decision in read_decisions(uow, [person_id]).get(person_id, [])
        if decision.valid_to is None or decision.valid_to > uow.now
    ]
    record_decisions(uow, [replace(d, valid_to=max(uow.now, d.valid_from)) for d in open_ones])
    return counts


def _ids(person_id: str) -> sa.Select[tuple[str]]:
    decision = tables.goal_decision
    return sa.select(decision.c.id).where(decision.c.person_id == person_id)
