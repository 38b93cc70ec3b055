"""Workflows as they were lately: what happened while a version was live is answered by that version, however late the worker comes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from hub.audiences.profiles.compile import read_audiences
from hub.audiences.profiles.profile import PROFILE_CHANGED, PROFILE_REMOVED, Profile, setups
from hub.audiences.profiles.read_profiles import read_profiles
from hub.audiences.profiles.workflows import Workflow, workflows_of
from hub.audiences.rules.partner_switches import read_off_times
from hub.journal.tables import change
from hub.store import UnitOfWork

LOOKED_BACK = timedelta(days=30)
_OF_PROFILES = change.c.kind.in_((PROFILE_CHANGED, PROFILE_REMOVED))


def answering_workflows(uow: UnitOfWork) -> list[Workflow]:
    """Those that are live, and those that were in the last LOOKED_BACK days, each until it was so no more."""
    profiles, audiences = read_profiles(uow), read_audiences(uow)
    off = read_off_times(uow)
    found = workflows_of(setups(profiles), audiences, off)
    known = {_one_of(flow) for flow in found}
    for at, changed in _changes(uow, uow.now - LOOKED_BACK):
        for key, before in changed.items():
            profiles[key] = Profile.of(before) if before else Profile(key, "", None, (), {})
        were = workflows_of(setups(profiles), audiences, off)
        was = [flow for flow in were if _one_of(flow) not in known]
        found += [replace(flow, until=at) for flow in was]
        known |= {_one_of(flow) for flow in was}
    return found


def _one_of(flow: Workflow) -> tuple[Any, ...]:
    return flow.audience, flow.key, flow.version, flow.since


def _changes(uow: UnitOfWork, since: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """What profiles said before each change since an instant, None where there was none; the last change comes first."""
    lately = sa.select(change).where(_OF_PROFILES, change.c.at >= since).order_by(change.c.position.desc())
    for at, rows in groupby(uow.connection.execute(lately).all(), key=lambda row: row.at):
        yield at, {row.subject_id: _before(uow, row) for row in rows}


def _before(uow: UnitOfWork, row: sa.Row[Any]) -> Any:
    earlier = sa.select(change.c.kind, change.c.body).where(
        _OF_PROFILES, change.c.subject_id == row.subject_id, change.c.position < row.position
    )
    found = uow.connection.execute(earlier.order_by(change.c.position.desc()).limit(1)).one_or_none()
    return found.body if found is not None and found.kind == PROFILE_CHANGED else None
