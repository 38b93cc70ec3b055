"""Asking plugins that run elsewhere: what they are asked is a fact of the change journal, and goes out from there."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.opinion import Candidate
from hub.audiences.assigning.opinions import make_candidates
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.remote.remote_plugins import PREFIX, remote_names
from hub.audiences.rules.conditions import AppointmentFacts
from hub.audiences.rules.rule import SwitchedPlugin
from hub.ids import content_hash
from hub.journal import Change, record_changes
from hub.store import UnitOfWork

REMOTE_ASKED = "remote_asked"


def ask_remote_plugins(
    uow: UnitOfWork, facts: Mapping[str, Sequence[AppointmentFacts]], switched: Sequence[SwitchedPlugin]
) -> None:
    """Ask about those of these people of whom something is new; until the answer comes, the last one stays.

    Whoever is switched off for an audience and on again is asked about everybody anew.
    """
    on = {s.plugin for s in switched if s.plugin.startswith(PREFIX) and s.during[1] is None}
    mine = sorted(on & {PREFIX + name for name in remote_names(uow)}) if on else []
    if not mine:
        return
    setups = read_setups(uow)
    bodies: list[dict[str, Any]] = []
    for plugin in mine:
        switches = [s for s in switched if s.plugin == plugin and s.during[1] is None]
        candidates = make_candidates(uow, facts, switches, setups)
        known = _asked(uow, plugin, list(candidates))
        since = {s.audience.key: s.during[0].isoformat() for s in switches}
        for person_id, about in candidates.items():
            told = [_candidate_json(each) for each in about]
            hashed = content_hash(json.dumps([told, since], sort_keys=True).encode())
            if known.get(person_id) != hashed:
                body = {"person_id": person_id, "plugin": plugin, "question_hash": hashed}
                bodies.append({**body, "candidates": told})
    apply_questions(uow, bodies)
    record_changes(uow, [Change(REMOTE_ASKED, b["person_id"], b, person_id=b["person_id"]) for b in bodies])


def apply_questions(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Note what was asked, as changes of kind ``remote_asked`` have it (also used by a rebuild)."""
    table = tables.remote_question
    for body in bodies:
        same = sa.and_(table.c.person_id == body["person_id"], table.c.plugin == body["plugin"])
        uow.connection.execute(sa.delete(table).where(same))
        row = {name: body[name] for name in ("person_id", "plugin", "question_hash")}
        uow.connection.execute(sa.insert(table).values(row))


def _candidate_json(candidate: Candidate) -> dict[str, Any]:
    """A Candidate as JSON has it: instants as RFC 3339, and nothing that was said for or by plugins in the hub."""
    told = dataclasses.asdict(candidate)
    for name in ("starts", "ends"):
        told[name] = told[name].isoformat() if told[name] else None
    for name in ("settings", "aspects", "notes"):
        del told[name]
    return {**told, "brands": list(candidate.brands)}


def _asked(uow: UnitOfWork, plugin: str, person_ids: Sequence[str]) -> dict[str, str]:
    table = tables.remote_question
    query = sa.select(table.c.person_id, table.c.question_hash)
    rows = uow.connection.execute(
        query.where(table.c.plugin == plugin, uow.among(table.c.person_id, person_ids))
    )
    return {row.person_id: row.question_hash for row in rows}
