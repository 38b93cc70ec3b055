"""Asking plugins as ``hub try`` does, for each shape of hook; all of it in reading units, so that nothing can be kept."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.suppose_on import suppose_on
from hub.audiences.assigning.try_opinions import Target, TriedOpinions, try_opinions
from hub.audiences.panels import PanelFailure, read_panels
from hub.errors import BadInput, HubError
from hub.hooks import Failure, tracing
from hub.network.people.find_somebody import find_somebody
from hub.network.systems.connections import find_connection
from hub.network.views import names_of_people
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.training.completing.completion import Evidence
from hub.training.courses.catalogue import CatalogueSource
from hub.training.courses.targets import keys_of_targets
from hub.training.credit.try_completion import (
    evidence_of,
    find_statement,
    read_course,
    read_recognized,
    try_completion,
)
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements


@dataclass(frozen=True)
class Asked:
    """One plugin, and what it said: in words, and as it would stand in JSON."""

    plugin: str
    version: str
    note: str = ""
    said: tuple[str, ...] = ()
    value: Any = None
    error: str = ""
    milliseconds: float = 0.0


@dataclass(frozen=True)
class Tried:
    """What it was about, what each plugin said, and what comes of all of it together."""

    hook: str
    about: str
    asked: Sequence[Asked]
    together: tuple[str, ...] = field(default=())


def try_assignments(uow: UnitOfWork, person: str, plugin: str, audience: str) -> Tried:
    """What plugins want for a person, and what would change."""
    person_id = find_somebody(uow, person)
    tried, goals = try_opinions(uow, person_id, suppose=plugin, audience=audience)
    every = (*goals.stays, *goals.gained, *goals.lost, *goals.waived)
    keys = keys_of_targets(uow, {(kind, id) for kind, id, _ in every})

    def named(targets: Sequence[Target]) -> str:
        return ", ".join(f"{keys.get((kind, id), id)} ({dimension})" for kind, id, dimension in targets)

    together = [
        f"{words}: {named(targets)}"
        for words, targets in (
            ("Stays asked for", goals.stays),
            ("Would newly be asked for", goals.gained),
            ("Would no longer be asked for", goals.lost),
            ("Waived", goals.waived),
        )
        if targets
    ]
    if not goals.gained and not goals.lost:
        together.append("Nothing would change.")
    return Tried(
        "decide_assignments", who(uow, person_id), [_opinions_said(each) for each in tried], tuple(together)
    )


def _opinions_said(tried: TriedOpinions) -> Asked:
    note = (
        f"asked for {', '.join(tried.audiences)}" if tried.audiences else "not on for this person: not asked"
    )
    if tried.is_supposed and tried.audiences:
        note = f"not on here: asked as if it were on for {', '.join(tried.audiences)}"
    said = [
        f"{o.verdict} {o.target_kind} {o.target}, because {o.reason}; from {o.since:%Y-%m-%d}"
        + (f" until {o.until:%Y-%m-%d}" if o.until else "")
        + (f", due {o.due_at:%Y-%m-%d}" if o.due_at else "")
        for o in tried.opinions
    ]
    said += [f"cannot be used: {problem}" for problem in tried.problems]
    if tried.audiences and not said and not tried.error:
        said = ["nothing"]
    value = _plain(tried.opinions)
    return Asked(tried.plugin, tried.version, note, tuple(said), value, tried.error, tried.milliseconds)


def try_recognition(uow: UnitOfWork, statement: str, course: str) -> Tried:
    """Whether a statement (its id, or a file with its JSON) completes a course, as each plugin sees it."""
    offering = read_course(uow, course)
    together: list[str] = []
    if Path(statement).is_file():
        evidence = _from_file(Path(statement))
    else:
        row = find_statement(uow, statement)
        evidence, known = evidence_of(row), read_recognized(uow, row, offering)
        together.append(
            f"It is a statement about {who(uow, known.person_id)}."
            if known.person_id
            else "Nobody is known yet by the name of its actor."
        )
        if known.is_voided:
            together.append("It is voided, and counts for nothing.")
        together.append(
            f"So far {known.recognized_by} recognized it."
            if known.recognized_by
            else "So far it completes nothing."
        )
        if known.open_goals:
            together.append(f"Open goals on this course: {', '.join(known.open_goals)}.")
    asked = []
    for each in try_completion(uow, evidence, offering):
        done = each.completion
        words = (
            f"completes it, by {done.policy} v{done.policy_version}"
            + (f", score {done.score}" if done.score is not None else "")
            if done
            else "nothing"
        )
        note = "this answer counts" if each.counts else ""
        said = () if each.error else (words,)
        asked.append(
            Asked(each.plugin, each.version, note, said, _plain(done), each.error, each.milliseconds)
        )
        if each.counts:
            outcome = "would complete" if done else "would leave the reader waiting at this statement:"
            together.insert(0, f"Together: {each.plugin} {outcome} {offering.title if done else each.error}.")
    if not any(each.note for each in asked):
        together.insert(0, "Together: it does not complete the course.")
    return Tried("recognize_completion", f"{evidence.verb} {evidence.activity_id}", asked, tuple(together))


def _from_file(file: Path) -> Evidence:
    (incoming,) = read_statements(file.read_bytes(), ApiVersion.V1, single=True)
    told = json.loads(incoming.raw)
    if incoming.timestamp is None:
        raise BadInput(
            "no_timestamp", "The statement has no timestamp.", "Add one, such as 2026-05-04T09:00:00Z."
        )
    context = told.get("context") or {}
    about = told["object"].get("id", "")
    return Evidence(
        incoming.id or "",
        told["verb"]["id"],
        about,
        incoming.timestamp,
        told.get("result") or {},
        context.get("extensions") or {},
    )


def try_panels(uow: UnitOfWork, person: str, plugin: str, audience: str) -> Tried:
    """What plugins would show a person on "My training"."""
    person_id = find_somebody(uow, person)
    supposed = suppose_on(uow, plugin, read_facts(uow, [person_id]), audience) if plugin else []
    with tracing() as calls:
        shown = read_panels(uow, person_id, supposed)
    asked = [
        Asked(
            call.plugin,
            call.version,
            "not on here: asked as if it were" if any(s.plugin == call.plugin for s in supposed) else "",
            () if call.failed else (call.answer,),
            call.answer,
            call.answer if call.failed else "",
            call.milliseconds,
        )
        for call in calls
        if call.hook == "plan_panels"
    ]
    boxes = tuple(
        f"A box that says that {panel.plugin} failed."
        if isinstance(panel, PanelFailure)
        else f"{panel.title}: {panel.text}"
        for panel in shown
    )
    return Tried("plan_panels", who(uow, person_id), asked, boxes or ("No box would be shown.",))


def try_fetching(hub: Hub, hook: str, plugin: str, slug: str, address: str, secret: str, rows: int) -> Tried:
    """The first rows that a plugin reads of a learning system, over the network; outside any unit, as always."""
    with hub.reading() as uow:
        connection = find_connection(uow, slug)
    source = CatalogueSource(connection.slug, address, secret)
    version = hub.hooks.version_of(plugin) or ""
    found: list[Any] = []
    error = ""
    with tracing() as calls:
        try:
            found = list(islice(hub.hooks.fetch(hook, plugin, source=source, http=hub.http), rows))
        except HubError as failed:
            error = failed.message.replace(secret, "…") if secret else failed.message
    spent = sum(call.milliseconds for call in calls)
    asked = Asked(
        plugin, version, "", tuple(_line(row) for row in found), [_plain(row) for row in found], error, spent
    )
    return Tried(hook, f"{address} of {slug}", [asked], (f"{len(found)} rows; nothing is changed.",))


def try_registering(uow: UnitOfWork, hook: str) -> Tried:
    """What plugins register at start."""
    asked = []
    for plugin in uow.hooks.implementers(hook):
        with tracing() as calls:
            answer = uow.hooks.ask_plugin(hook, plugin)
        failed = isinstance(answer, Failure)
        said = () if failed else tuple(call.answer for call in calls)
        spent = sum(call.milliseconds for call in calls)
        asked.append(
            Asked(
                plugin,
                answer.version if answer else "",
                "",
                said,
                list(said),
                answer.error if isinstance(answer, Failure) else "",
                spent,
            )
        )
    return Tried(hook, "the start of the hub", asked)


def who(uow: UnitOfWork, person_id: str) -> str:
    """Somebody's name, or the id of whom nobody knows one."""
    return names_of_people(uow, [person_id]).get(person_id, person_id)


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _line(row: Any) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in vars(row).items() if value not in (None, "", {}))
