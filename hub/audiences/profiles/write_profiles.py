"""Writing profiles and what they mean: into the journal and the tables, by the same doors as everything else."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.audiences import tables
from hub.audiences.plans.diff import AudienceChange, ItemChange, RuleChange, SwitchChange
from hub.audiences.profiles.compile import BackTo, said_since, was_on
from hub.audiences.profiles.profile import PROFILE_CHANGED, PROFILE_REMOVED, Profile, Setup, lineage, setups
from hub.audiences.profiles.read_profiles import apply_profile, apply_removed_profile, read_profiles
from hub.audiences.rules.rule import record_switch, remove_rule, set_audience, set_rule
from hub.journal import Change, audit, record_changes
from hub.store import UnitOfWork


def write_profiles(
    uow: UnitOfWork,
    profiles: Mapping[str, Profile | None],
    changes: Sequence[ItemChange],
    removed: Sequence[str],
    back_to: BackTo | None = None,
    actor_id: str | None = None,
) -> None:
    """Write profiles that have changed by their keys, None for one that goes, and the changes that were worked out for them.

    ``removed`` rules go.
    """
    before = read_profiles(uow)
    after = {key: each for key, each in {**before, **profiles}.items() if each is not None}
    again = _asked_again(before, after)
    for place, (key, profile) in enumerate(profiles.items()):
        kind, body = (PROFILE_CHANGED, profile.body()) if profile else (PROFILE_REMOVED, {"key": key})
        (apply_profile if profile else apply_removed_profile)(uow, body)
        noted = body | {"asks_again": again if place == 0 else []}
        record_changes(uow, [Change(kind, key, noted, actor_id=actor_id)])
        audit(uow, kind, key, actor_id=actor_id)
    for change in changes:
        if isinstance(change, AudienceChange):
            set_audience(uow, change.after, actor_id)
        elif isinstance(change, SwitchChange):
            _switch(uow, change, back_to, actor_id)
        elif isinstance(change, RuleChange) and change.key not in removed:
            set_rule(uow, change.after, actor_id, again=change.again)
    for key in removed:
        remove_rule(uow, key, actor_id)
    if back_to is not None:
        _undo_others(uow, after, profiles.keys(), back_to, actor_id)


def _switch(uow: UnitOfWork, change: SwitchChange, back_to: BackTo | None, actor_id: str | None) -> None:
    at = None
    if back_to and was_on(_switches_of(uow, change.audience.key), change.plugin, back_to) == change.on:
        at = back_to.at
    record_switch(uow, change.audience.key, change.plugin, on=change.on, actor_id=actor_id, undo_since=at)


def _undo_others(
    uow: UnitOfWork,
    profiles: Mapping[str, Profile],
    changed: Collection[str],
    back_to: BackTo,
    actor_id: str | None,
) -> None:
    """Let switches that are as they were have been so all the time: nothing of what was said since is left."""
    said = said_since(uow, back_to)
    for profile in profiles.values():
        if not any(each.key in changed for each in lineage(profiles, profile.key)):
            continue
        for audience in profile.audiences:
            rows = _switches_of(uow, audience)
            for name in sorted({row.plugin for row in rows if _is_since(row, back_to)} & said):
                on = any(row.plugin == name and row.valid_to is None for row in rows)
                if on == was_on(rows, name, back_to):
                    record_switch(uow, audience, name, on=on, actor_id=actor_id, undo_since=back_to.at)


def _switches_of(uow: UnitOfWork, audience: str) -> Sequence[sa.Row[Any]]:
    table = tables.audience_plugin
    return uow.connection.execute(sa.select(table).where(table.c.audience == audience)).all()


def _is_since(row: sa.Row[Any], back_to: BackTo) -> bool:
    return bool(row.valid_from >= back_to.at or (row.valid_to is not None and row.valid_to >= back_to.at))


def _asked_again(before: Mapping[str, Profile], after: Mapping[str, Profile]) -> list[str]:
    """Audiences (keys) about whose people plugins are asked with other settings or aspects than before."""
    was, becomes = setups(before), setups(after)
    return sorted(key for key in {*was, *becomes} if _told(was.get(key)) != _told(becomes.get(key)))


def _told(setup: Setup | None) -> tuple[Any, ...]:
    if setup is None:
        return {}, {}
    settings = {
        name: entry["settings"] for name, entry in setup.items("plugins").items() if entry["settings"]
    }
    return settings, dict(setup.items("aspects"))
