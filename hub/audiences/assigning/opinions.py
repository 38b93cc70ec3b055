"""Asking plugins about people, and keeping what they said as a fact of the change journal."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.assigning.notes import read_notes
from hub.audiences.assigning.opinion import Candidate, Opinion, check_opinion
from hub.audiences.assigning.unasked import heed_those_back, note_unasked, plugins_away
from hub.audiences.profiles.profile import Setup, told_of
from hub.audiences.profiles.read_profiles import read_setups
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.rule import SwitchedPlugin
from hub.errors import BadInput, Missing
from hub.hooks import Failure
from hub.ids import content_hash, derived_id
from hub.journal import Change, record_changes
from hub.logging import get_logger
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training.courses.offerings import find_target
from hub.training.goals.waivers import NEVER_WAIVED

logger = get_logger(__name__)
HOOK = "decide_assignments"


def ask_plugins(
    uow: UnitOfWork, facts: Mapping[str, Sequence[AppointmentFacts]], switched: Sequence[SwitchedPlugin]
) -> None:
    """Ask every plugin that is on about those of these people who changed in what it reads; whole persons at a time.

    Of those that cannot be asked now it is noted, so that they are asked later.
    """
    heed_those_back(uow, switched)
    away = plugins_away(uow, switched)
    bodies = hear_plugins(uow, facts, switched, read_setups(uow))
    apply_opinions(uow, bodies)
    record_changes(
        uow, [Change("opinions_given", b["person_id"], b, person_id=b["person_id"]) for b in bodies]
    )
    away |= plugins_away(uow, switched)  # another thread may have learned of one meanwhile
    on = [(plugin, [s for s in switched if s.plugin == plugin and s.during[1] is None]) for plugin in away]
    note_unasked(uow, [plugin for plugin, mine in on if make_candidates(uow, facts, mine, {})])


def hear_plugins(
    uow: UnitOfWork,
    facts: Mapping[str, Sequence[AppointmentFacts]],
    switched: Sequence[SwitchedPlugin],
    setups: Mapping[str, Setup],
) -> list[dict[str, Any]]:
    """What they answer, as changes of kind ``opinions_given`` have it; nothing is kept. ``setups`` are those of audiences."""
    bodies: list[dict[str, Any]] = []
    for plugin in uow.hooks.implementers(HOOK):
        mine = [s for s in switched if s.plugin == plugin and s.during[1] is None]
        candidates = make_candidates(uow, facts, mine, setups) if mine else {}
        changed = _changed(uow, plugin, candidates)
        if not changed:
            continue
        asked = [c for person_id in changed for c in candidates[person_id]]
        known = {c.appointment_id: c for c in asked}
        answer = uow.hooks.ask_plugin(HOOK, plugin, candidates=asked)
        if answer is None or isinstance(answer, Failure):
            continue  # the last answer stays; the failure is logged and counted
        if not isinstance(answer.value, Sequence | None):
            uow.hooks.note_error(plugin, HOOK, f"answered {type(answer.value).__name__}, not opinions")
            continue
        bodies += _checked(uow, plugin, answer.version, known, answer.value or (), changed)
    return bodies


def read_opinions(uow: UnitOfWork, person_ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """What plugins last said about these people."""
    found: dict[str, list[sa.Row[Any]]] = {}
    table = tables.opinion
    query = sa.select(table).where(uow.among(table.c.person_id, person_ids)).order_by(table.c.id)
    for row in uow.connection.execute(query):
        found.setdefault(row.person_id, []).append(row)
    return found


def apply_opinions(uow: UnitOfWork, bodies: Sequence[Mapping[str, Any]]) -> None:
    """Write answers as changes of kind ``opinions_given`` have them (also used by a rebuild)."""
    for body in bodies:
        for table in (tables.opinion, tables.asked):
            uow.connection.execute(
                sa.delete(table).where(
                    table.c.person_id == body["person_id"], table.c.plugin == body["plugin"]
                )
            )
    uow.execute_many(
        sa.insert(tables.asked),
        [
            {"person_id": b["person_id"], "plugin": b["plugin"], "question_hash": b["question_hash"]}
            for b in bodies
        ],
    )
    uow.execute_many(sa.insert(tables.opinion), opinions_in(bodies))


def opinions_in(bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of ``opinion`` as such changes have them."""
    return [
        {
            "verdict": "assign",  # in bodies from before there was another one
            **opinion,
            "id": derived_id("opinion", body["person_id"], body["plugin"], str(place)),
            "person_id": body["person_id"],
            "plugin": body["plugin"],
            "plugin_version": body["plugin_version"],
            **{name: _time(opinion[name]) for name in ("valid_from", "valid_to", "due_at")},
        }
        for body in bodies
        for place, opinion in enumerate(body["opinions"])
    ]


def make_candidates(
    uow: UnitOfWork,
    facts: Mapping[str, Sequence[AppointmentFacts]],
    switched: Sequence[SwitchedPlugin],
    setups: Mapping[str, Setup],
) -> dict[str, list[Candidate]]:
    """The appointments of these people in the audiences that one plugin is ``switched`` on for, as it is asked about them."""
    names = _external_ids(uow, facts)
    plugin = switched[0].plugin
    notes = (
        read_notes(uow, plugin, [a.id for mine in facts.values() for a in mine])
        if "notes" in _reads(uow, plugin)
        else {}
    )
    found: dict[str, list[Candidate]] = {}
    for person_id, appointments in facts.items():
        for a in appointments:
            here = (s for s in switched if s.is_on_at(a.partner_id))
            audience = next((s.audience.key for s in here if match(s.audience.conditions, a)), None)
            if audience is not None:
                brands = tuple(sorted({names[b.brand_id] for b in a.brands}))
                found.setdefault(person_id, []).append(
                    Candidate(
                        person_id,
                        a.id,
                        audience,
                        a.audience_class,
                        names[a.position_id],
                        brands,
                        a.location_id,
                        *a.during,
                        *told_of(setups.get(audience), plugin),
                        notes.get(a.id, {}),
                    )
                )
    return found


def _external_ids(uow: UnitOfWork, facts: Mapping[str, Sequence[AppointmentFacts]]) -> dict[str, str]:
    ids = {a.position_id for appointments in facts.values() for a in appointments}
    ids |= {b.brand_id for appointments in facts.values() for a in appointments for b in a.brands}
    key = network.roster_key
    rows = uow.connection.execute(
        sa.select(key.c.id, key.c.external_id).where(key.c.kind.in_(["position", "brand"]), key.c.id.in_(ids))
    )
    return dict.fromkeys(ids, "") | {row.id: row.external_id for row in rows}


def _reads(uow: UnitOfWork, plugin: str) -> tuple[str, ...]:
    """Attributes of candidates on which a plugin's answers depend: all, unless it said which."""
    declared = getattr(uow.hooks.implementation(HOOK, plugin), "hub_reads", None)
    return tuple(Candidate.__dataclass_fields__) if declared is None else tuple(declared)


def _changed(uow: UnitOfWork, plugin: str, candidates: Mapping[str, Sequence[Candidate]]) -> dict[str, str]:
    """Question hashes of the people about whom the plugin has to be asked again.

    Its version and settings are part of the question: with others, the answer may be another one.
    """
    reads = _reads(uow, plugin)
    always = ("appointment_id", "audience", "settings")
    asker = [uow.hooks.version_of(plugin), uow.settings.plugin.get(plugin, {})]
    questions = {
        person_id: content_hash(
            json.dumps(
                [*asker, *([str(getattr(c, name)) for name in (*always, *reads)] for c in mine)],
                default=str,
            ).encode()
        )
        for person_id, mine in candidates.items()
    }
    table = tables.asked
    known = {
        row.person_id: row.question_hash
        for row in uow.connection.execute(
            sa.select(table).where(table.c.plugin == plugin, table.c.person_id.in_(list(questions)))
        )
    }
    return {person_id: q for person_id, q in questions.items() if known.get(person_id) != q}


def _checked(
    uow: UnitOfWork,
    plugin: str,
    version: str,
    asked: Mapping[str, Candidate],
    opinions: Sequence[Any],
    changed: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The good ones of its answers, person by person."""
    said: dict[str, list[dict[str, Any]]] = {person_id: [] for person_id in changed}
    never: set[str] = set()
    dimensions = set(uow.connection.scalars(sa.select(network.dimension.c.key)))
    for opinion in opinions:
        try:
            check_opinion(opinion, asked, dimensions)
            candidate = asked[opinion.appointment_id]
            target_id = find_target(uow, opinion.target_kind, opinion.target)
        except (BadInput, Missing) as error:
            uow.hooks.note_error(plugin, HOOK, error.message)
            about = vars(opinion)["appointment_id"] if isinstance(opinion, Opinion) else None
            concerned = asked.get(about) if isinstance(about, str) else None
            if concerned is not None:
                said.pop(concerned.person_id, None)  # the last answer about this person stays
            continue
        if opinion.verdict == "waive" and opinion.kind == NEVER_WAIVED:
            never.add(opinion.target)  # it is kept with the answer, and waives nothing
        if candidate.person_id in said:
            said[candidate.person_id].append(opinion_body(opinion, candidate, target_id))
    for target in sorted(never):
        uow.hooks.note_error(
            plugin, HOOK, f"would waive {target}, which is {NEVER_WAIVED}: nobody waives that"
        )
    return [
        {
            "person_id": person_id,
            "plugin": plugin,
            "plugin_version": version,
            "question_hash": question,
            "opinions": said[person_id],
        }
        for person_id, question in changed.items()
        if person_id in said
    ]


def opinion_body(opinion: Opinion, candidate: Candidate, target_id: str) -> dict[str, Any]:
    """A good opinion as changes of kind ``opinions_given`` have it."""
    return {
        "appointment_id": opinion.appointment_id,
        "audience": candidate.audience,
        "target_kind": opinion.target_kind,
        "target_id": target_id,
        "kind": opinion.kind,
        "dimension": opinion.dimension,
        "reason": opinion.reason,
        "verdict": opinion.verdict,
        "valid_from": opinion.since.isoformat(),
        "valid_to": opinion.until.isoformat() if opinion.until else None,
        "due_at": opinion.due_at.isoformat() if opinion.due_at else None,
    }


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
