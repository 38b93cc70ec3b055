"""Taking what plugins that run elsewhere answer: each person by itself, and only about what was asked last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.opinion import Candidate, Opinion, check_opinion
from hub.audiences.assigning.opinions import apply_opinions, make_candidates, opinion_body, read_opinions
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.remote.remote_plugins import PREFIX
from hub.audiences.rules.rule import read_switched
from hub.errors import BadInput, HubError, Missing, Problem
from hub.journal import Change, record_changes
from hub.network import tables as network
from hub.network.people.person import lock_people
from hub.store import UnitOfWork
from hub.training.courses.offerings import find_target
from hub.training.goals.waivers import NEVER_WAIVED

REMOTE_ANSWERED = "remote_answered"
_KEPT = (
    "appointment_id",
    "audience",
    "target_kind",
    "target_id",
    "kind",
    "dimension",
    "reason",
    "verdict",
    "valid_from",
    "valid_to",
    "due_at",
)


@dataclass(frozen=True)
class RemoteAnswer:
    """What a plugin says about one person; ``question`` is the hash that the question came with."""

    person_id: str
    question: str
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of an answer. ``outdated``: there is a newer question about this person, or none."""

    person_id: str
    outcome: Literal["changed", "unchanged", "outdated", "refused"]
    problems: tuple[Problem, ...] = ()


def take_answers(uow: UnitOfWork, name: str, version: str, answers: Sequence[RemoteAnswer]) -> list[Outcome]:
    """Keep what the remote plugin ``name`` says, in the order of the answers; goals follow within moments.

    One answer that cannot be used hinders no other. The same again changes nothing. BadInput ``bad_answers`` when one person
    is answered about twice.
    """
    ids = [answer.person_id for answer in answers]
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        problems = [Problem("is answered about more than once", id) for id in twice]
        raise BadInput("bad_answers", "These answers contradict each other.", "", problems)
    plugin = PREFIX + name
    lock_people(uow, sorted(_hashes(uow, tables.remote_question, plugin, ids)))
    known = _hashes(uow, tables.remote_question, plugin, ids)  # whoever asked anew has done so by now
    switches = [s for s in read_switched(uow) if s.plugin == plugin and s.during[1] is None]
    facts = read_facts(uow, sorted(known)) if switches else {}
    candidates = make_candidates(uow, facts, switches, {}) if switches else {}
    answered = _hashes(uow, tables.asked, plugin, ids)
    before = read_opinions(uow, sorted(known))
    outcomes: list[Outcome] = []
    bodies: list[dict[str, Any]] = []
    for answer in answers:
        if answer.person_id not in candidates or known.get(answer.person_id) != answer.question:
            outcomes.append(Outcome(answer.person_id, "outdated"))
            continue
        said, wrong = _read(uow, answer, {c.appointment_id: c for c in candidates[answer.person_id]})
        if wrong:
            outcomes.append(Outcome(answer.person_id, "refused", tuple(wrong)))
            continue
        body = {
            "person_id": answer.person_id,
            "plugin": plugin,
            "plugin_version": version,
            "question_hash": answer.question,
            "opinions": said,
        }
        mine = [row for row in before.get(answer.person_id, ()) if row.plugin == plugin]
        if answered.get(answer.person_id) == answer.question and _is_same(mine, version, said):
            outcomes.append(Outcome(answer.person_id, "unchanged"))
        else:
            bodies.append(body)
            outcomes.append(Outcome(answer.person_id, "changed"))
    apply_opinions(uow, bodies)
    record_changes(
        uow, [Change(REMOTE_ANSWERED, b["person_id"], b, person_id=b["person_id"]) for b in bodies]
    )
    return outcomes


def _hashes(uow: UnitOfWork, table: sa.Table, plugin: str, person_ids: Sequence[str]) -> dict[str, str]:
    """By person, the hash of what the plugin was asked last, or answered last."""
    query = sa.select(table.c.person_id, table.c.question_hash).where(table.c.plugin == plugin)
    return dict(uow.connection.execute(query.where(uow.among(table.c.person_id, person_ids))).all())


def _is_same(kept: Sequence[sa.Row[Any]], version: str, said: Sequence[Mapping[str, Any]]) -> bool:
    """Whether what is kept is this already, in whatever order."""
    rows = sorted(repr([_plain(getattr(row, name)) for name in _KEPT]) for row in kept)
    return rows == sorted(repr([each[name] for name in _KEPT]) for each in said) and all(
        row.plugin_version == version for row in kept
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(
    uow: UnitOfWork, answer: RemoteAnswer, asked: Mapping[str, Candidate]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Its opinions as they are kept, and every problem with its place."""
    dimensions = set(uow.connection.scalars(sa.select(network.dimension.c.key)))
    said: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for place, opinion in enumerate(answer.opinions):
        try:
            check_opinion(opinion, asked, dimensions)
            target_id = find_target(uow, opinion.target_kind, opinion.target)
        except (BadInput, Missing) as error:
            problems.append(_problem(error, place))
            continue
        if opinion.verdict == "waive" and opinion.kind == NEVER_WAIVED:
            problems.append(Problem(f"is {NEVER_WAIVED}: nobody waives that", f"opinions.{place}"))
        said.append(opinion_body(opinion, asked[opinion.appointment_id], target_id))
    return said, problems


def _problem(error: HubError, place: int) -> Problem:
    return Problem(error.message, f"opinions.{place}")
