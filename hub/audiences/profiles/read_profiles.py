"""Profiles as they are stored, and their versions: every change of one is in the journal with all it said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.audiences.profiles.profile import PROFILE_CHANGED, PROFILE_REMOVED, Profile, Setup, setups
from hub.audiences.profiles.tables import audience_profile
from hub.errors import Missing
from hub.journal.tables import change
from hub.store import UnitOfWork


@dataclass(frozen=True)
class ProfileVersion:
    """What a change laid down. ``number`` counts the changes from 1; ``same_as`` is the first version that said the same.

    ``fields`` are those in which it differs from the version before it; ``ended`` are the instant and the position in the journal
    of the change that came after it, None while it is in force.
    """

    number: int
    same_as: int
    at: datetime
    actor_id: str | None
    fields: tuple[str, ...]
    ended: tuple[datetime, int] | None
    profile: Profile


def read_profiles(uow: UnitOfWork) -> dict[str, Profile]:
    """Every profile by its key, in their order."""
    rows = uow.connection.execute(sa.select(audience_profile).order_by(audience_profile.c.key))
    return {row.key: Profile.of(dict(row._mapping)) for row in rows}


def read_profile(uow: UnitOfWork, key: str) -> Profile:
    """One profile. Missing ``no_profile``."""
    found = read_profiles(uow).get(key)
    if found is None:
        raise Missing("no_profile", f"There is no profile {key}.")
    return found


def read_setups(uow: UnitOfWork) -> dict[str, Setup]:
    """How each audience that has a profile is set up, by audience."""
    return setups(read_profiles(uow))


def read_profile_versions(uow: UnitOfWork, key: str) -> list[ProfileVersion]:
    """Every version of a profile; the first, which is the newest, is in force unless the profile is gone. Missing ``no_profile``."""
    rows = uow.connection.execute(
        sa.select(change)
        .where(change.c.kind.in_((PROFILE_CHANGED, PROFILE_REMOVED)), change.c.subject_id == key)
        .order_by(change.c.position)
    ).all()
    if not rows:
        raise Missing("no_profile", f"There is no profile {key}.")
    found: list[ProfileVersion] = []
    before: Mapping[str, Any] = {}
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        if row.kind == PROFILE_REMOVED:
            before = {}
            continue
        profile, number = Profile.of(row.body), len(found) + 1
        same_as = next((v.number for v in found if v.profile == profile), number)
        fields = _differing(before, profile.body()) if before else ()
        ended = (following.at, following.position) if following else None
        found.append(ProfileVersion(number, same_as, row.at, row.actor_id, fields, ended, profile))
        before = profile.body()
    return found[::-1]


def read_profile_version(uow: UnitOfWork, key: str, number: int) -> ProfileVersion:
    """One version. Missing ``no_profile``, ``no_version``."""
    versions = read_profile_versions(uow, key)
    found = next((version for version in versions if version.number == number), None)
    if found is None:
        raise Missing("no_version", f"Profile {key} has versions 1 to {len(versions)}.")
    return found


def workflow_versions(uow: UnitOfWork, key: str, workflow: str) -> Sequence[Mapping[str, Any]]:
    """What each version of a profile's workflow said, the first one first; the number of a version is its place, from 1."""
    bodies = uow.connection.scalars(
        sa.select(change.c.body)
        .where(change.c.kind == PROFILE_CHANGED, change.c.subject_id == key)
        .order_by(change.c.position)
    )
    found: list[Mapping[str, Any]] = []
    for body in bodies:
        entry = body["said"].get("workflows", {}).get(workflow)
        if entry and (said := content_of(entry)) not in found:
            found.append(said)
    return found


def content_of(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a workflow another one: not its number, nor whether it is on."""
    return {name: value for name, value in workflow.items() if name not in ("version", "status", "since")}


def apply_profile(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a profile as a change of kind ``profile_changed`` has it (also used by a rebuild)."""
    values = Profile.of(body).body()
    table = audience_profile
    if not uow.connection.execute(
        sa.update(table).where(table.c.key == values["key"]).values(**values)
    ).rowcount:
        uow.connection.execute(sa.insert(table).values(**values))


def apply_removed_profile(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Take a profile away as a change of kind ``profile_removed`` says (also used by a rebuild)."""
    uow.connection.execute(sa.delete(audience_profile).where(audience_profile.c.key == body["key"]))


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    top = [name for name in ("title", "extends", "audiences") if before[name] != after[name]]
    was, said = before["said"], after["said"]
    return (*top, *sorted(name for name in {*was, *said} if was.get(name) != said.get(name)))
