"""From a recognized completion to scores for the gradebooks of other systems: what is to be sent, and where.

What counts here is passed back: a completion of a course, and how far it brings somebody on a path. Every gradebook that has the
course or the path gets it, but for the system that reported the evidence, whose own grade it is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from hub.journal import EVENTS, Reader
from hub.journal.events import kind_of
from hub.journal.outbox import DELIVERED, WAITING, Effect, enqueue_all
from hub.journal.tables import outbox
from hub.lti.bridge.achievements import Achievement, Recognized, completions, progress
from hub.lti.bridge.path_progress import paths_with
from hub.lti.bridge.service import is_own
from hub.lti.bridge.strangers import KNOWN, UNKNOWN, Standing, standings
from hub.lti.tool.placements import Placement, placements_of
from hub.store import UnitOfWork
from hub.training.events import CompletionRecognized

AGS_SCORE = "ags_score"
"""The kind of these deliveries."""
NO_IDENTITY = "no_identity"
LEFT_PARTNER = "left_partner"
TARGET_CHANGED = "target_changed"
NO_SCOPE = "no_scope"
NO_LINE_ITEM = "no_line_item"
_RECOGNIZED = kind_of(CompletionRecognized)


def enqueue_scores(uow: UnitOfWork, events: Sequence[sa.Row[Any]]) -> None:
    """Make a delivery for every gradebook that is to hear of a completion; the handler of the reader ``pass_back``."""
    recognized = [
        Recognized(
            event.person_id,
            event.body["offering_id"],
            event.body["statement_id"],
            event.at,
            f"{event.at.isoformat(timespec='microseconds')}|{event.position:020}",
        )
        for event in events
        if event.kind == _RECOGNIZED
    ]
    tell_gradebooks(uow, recognized)


pass_back = Reader("pass_back", EVENTS, enqueue_scores, kinds=frozenset({_RECOGNIZED}))


def tell_gradebooks(
    uow: UnitOfWork,
    recognized: Sequence[Recognized],
    connections: Collection[str] | None = None,
    placement_ids: Collection[str] | None = None,
) -> None:
    """Make deliveries of completions, in their order, for all gradebooks, or those of some connections or placements.

    The same score again is nothing new: a gradebook hears of it once. Whoever the platform has never named is noted where
    the platform is that person's own partner's, and sent as soon as it does.
    """
    if not recognized:
        return
    offering_ids = {each.offering_id for each in recognized}
    steps = paths_with(uow, offering_ids)
    placements = [
        placement
        for placement in (
            *placements_of(uow, "offering", offering_ids),
            *(placements_of(uow, "path", steps) if steps else ()),
        )
        if (connections is None or placement.connection_id in connections)
        and (placement_ids is None or placement.id in placement_ids)
    ]
    if not placements:
        return
    achieved = [*completions(uow, recognized), *progress(uow, recognized, steps, placements)]
    wanted = list(_pairs(uow, placements, achieved))
    known = standings(uow, [(placement, each.person_id) for placement, each in wanted])
    _enqueue_new(uow, [_effect(*pair, known[pair[0].id, pair[1].person_id]) for pair in wanted])


def lane_of(placement_id: str, target_id: str, person_id: str) -> str:
    """The lane of one learner in one gradebook's column, as long as the column is for this course or path."""
    return f"ags:{placement_id}:{target_id}:{person_id}"


def _pairs(
    uow: UnitOfWork, placements: Sequence[Placement], achieved: Sequence[Achievement]
) -> Iterator[tuple[Placement, Achievement]]:
    """Each gradebook with what it is to be told: never its own news, and never the hub itself."""
    by_target: dict[tuple[str, str | None], list[Placement]] = {}
    for placement in placements:
        there = placement.line_item_url or placement.line_items_url
        if not (there and is_own(uow.settings.public_url, there)):
            by_target.setdefault((placement.target_kind, placement.target_id), []).append(placement)
    for each in achieved:
        for placement in by_target.get((each.target_kind, each.target_id), ()):
            if placement.connection_id != each.connection_id:
                yield placement, each


def _effect(placement: Placement, each: Achievement, standing: Standing) -> Effect | None:
    if standing not in {KNOWN, UNKNOWN}:
        return None
    lane = lane_of(placement.id, each.target_id, each.person_id)
    parked = standing == UNKNOWN
    return Effect(
        kind=AGS_SCORE,
        receiver=placement.connection_id,
        key=f"{lane}:{each.statement_id}:{each.given}/{each.maximum}",
        body={
            "placement_id": placement.id,
            "person_id": each.person_id,
            "target_kind": each.target_kind,
            "target_id": each.target_id,
            "statement_id": each.statement_id,
            "given": each.given,
            "maximum": each.maximum,
            "progress": each.progress,
            "timestamp": each.at.isoformat(timespec="microseconds"),
        },
        person_id=each.person_id,
        lane=lane,
        sequence=each.order,
        parked=NO_IDENTITY if parked else "",
        reason="This system has never named the learner: its score waits for the first launch from there."
        if parked
        else "",
    )


def _enqueue_new(uow: UnitOfWork, effects: Collection[Effect | None]) -> None:
    """Leave out what would tell a gradebook the same score as the newest it has been told, or is about to be."""
    ordered = sorted(filter(None, effects), key=lambda effect: effect.sequence or "")
    newest = _newest(uow, {effect.lane for effect in ordered if effect.lane})
    new: list[Effect] = []
    for effect in ordered:
        told = newest.get(effect.lane or "")
        says = _says(effect.body)
        if told is None or told[1] != says or told[0] > (effect.sequence or "") or effect.parked:
            new.append(effect)
            newest[effect.lane or ""] = (effect.sequence or "", says)
    enqueue_all(uow, new)


def _newest(uow: UnitOfWork, lanes: Collection[str]) -> dict[str, tuple[str, object]]:
    rows = uow.connection.execute(
        sa.select(outbox.c.lane, outbox.c.sequence, outbox.c.body)
        .where(uow.among(outbox.c.lane, lanes), outbox.c.state.in_([WAITING, DELIVERED]))
        .order_by(outbox.c.sequence)
    )
    return {row.lane: (row.sequence, _says(row.body)) for row in rows}


def _says(body: Mapping[str, Any]) -> object:
    """What a gradebook learns: 7 of 10 and 70 of 100 are the same to it."""
    share = None if body["given"] is None else Fraction(body["given"]) / Fraction(body["maximum"])
    return share, body["progress"]
