"""Planning a change of profiles and making it exactly as it was planned; going back to an earlier version."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hub.audiences.plans.count_affected import Progress, count_affected
from hub.audiences.plans.diff import Diff
from hub.audiences.profiles.check_profiles import check_profiles
from hub.audiences.profiles.compile import BackTo, compile_profiles, read_audiences
from hub.audiences.profiles.name_profiles import name_profiles
from hub.audiences.profiles.profile import Profile, by_key, setup_of, setups
from hub.audiences.profiles.read_profiles import read_profile, read_profile_versions, read_profiles
from hub.audiences.profiles.run_workflows import WouldHave, would_have
from hub.audiences.profiles.shapes import PlacedProfile, lines_of, read_profile_file, read_tables, refuse
from hub.audiences.profiles.workflows import workflows_of
from hub.audiences.profiles.write_profiles import write_profiles
from hub.audiences.rules.lock import lock_configuration
from hub.audiences.rules.partner_switches import read_off_times
from hub.errors import Conflict, Missing, Problem
from hub.ids import content_hash
from hub.journal.plain import canonical_json
from hub.store import UnitOfWork

if TYPE_CHECKING:
    from hub.runtime import Hub


@dataclass(frozen=True)
class ProfileChange:
    """A profile as it is, None if there is none yet, and as it will be, None if there is to be none; one of them is there."""

    before: Profile | None
    after: Profile | None

    @property
    def said(self) -> Profile:
        """The profile as it will be, or as it was before it goes."""
        found = self.after or self.before
        assert found is not None  # noqa: S101  (one of them is there)
        return found

    @property
    def fields(self) -> tuple[str, ...]:
        """What differs: title, extends, audiences, and names of what it says."""
        if self.before is None or self.after is None:
            return ()
        top = [
            n for n in ("title", "extends", "audiences") if getattr(self.before, n) != getattr(self.after, n)
        ]
        was, says = self.before.said, self.after.said
        return (*top, *sorted(name for name in {*was, *says} if was.get(name) != says.get(name)))


@dataclass(frozen=True)
class ProfilePlan:
    """Profiles that change, what that changes of audiences, rules and switches, and what becomes of goals.

    ``removed`` are keys of rules that go for good, which ``diff`` shows as drafts. ``workflows`` tells, of those that are new,
    changed or switched, what they would have done lately; it is filled in by ``plan_profiles``.
    """

    profiles: tuple[ProfileChange, ...]
    diff: Diff
    removed: tuple[str, ...]
    all_after: Mapping[str, Profile]
    back_to: BackTo | None = None
    workflows: tuple[WouldHave, ...] = ()

    @property
    def content(self) -> list[Any]:
        """What is changed, without what that does."""
        return [[_told(change) for change in self.profiles], _timeless(self.diff.content), self.removed]

    @property
    def hash(self) -> str:
        """16 hex digits: the same for the same change with the same effect."""
        effects = [list(self.diff.affected.values()), self.diff.people, asdict(self.diff.effects)]
        return content_hash(canonical_json([self.content, effects]))[:16]


class ProfilesOutdated(Conflict):
    """What was planned is not what would be done now; ``plan`` is what would be."""

    def __init__(self, plan: ProfilePlan) -> None:
        super().__init__(
            "plan_outdated",
            "What this would change is not what you have seen; nothing was changed.",
            f"Look at what it would do now (plan {plan.hash}), and decide again.",
        )
        self.plan = plan


Work = Callable[[UnitOfWork], ProfilePlan]
"""Works out what is to be changed; asked again whenever it matters."""


def from_file(file: Path) -> Work:
    """The profiles as a file has them; those it does not name stay as they are. BadInput ``bad_profiles``."""
    return from_tables(read_profile_file(file))


def from_tables(placed: Sequence[PlacedProfile]) -> Work:
    """The same from tables that were read. Raises BadInput ``bad_profiles`` when it is worked out."""

    def work(uow: UnitOfWork) -> ProfilePlan:
        known = read_profiles(uow)
        return _plan(uow, known, name_profiles(uow, placed, known))

    return work


def from_text(text: str) -> Work:
    """The same from what somebody wrote. BadInput ``bad_profiles`` at once for what is no TOML."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse([Problem(f"is not TOML: {error}")]) from None
    return from_tables(read_tables(tables, "profile", lines_of(text)))


def switch_item(key: str, name: Literal["plugins", "workflows"], item: str, *, on: bool) -> Work:
    """A plugin or a workflow goes on or off for a profile's audiences, also one it inherits. Missing ``no_profile``, ``no_item``."""

    def work(uow: UnitOfWork) -> ProfilePlan:
        profiles = read_profiles(uow)
        profile = read_profile(uow, key)
        entry = setup_of(profiles, key).items(name).get(item)
        if entry is None:
            raise Missing("no_item", f"The profile {key} says nothing of {item}.")
        becomes: dict[str, Any] = {"on": on}
        if name == "workflows" and (entry["status"] == "live") == on:
            becomes = {}
        elif name == "workflows":
            becomes = {"status": "live" if on else "draft", "since": uow.now.isoformat()}
        items = {**profile.said.get(name, {}), item: {**entry, **becomes}}
        said = {**profile.said, name: items} if {**entry, **becomes} != entry else profile.said
        return _plan(uow, profiles, [replace(profile, said=said)])

    return work


def remove_profile(key: str) -> Work:
    """There is no such profile any more: its rules and workflows go, what else it laid down stays. Missing ``no_profile``.

    BadInput ``bad_profiles`` while others inherit from it. Its versions stay, and ``roll_back_profile`` lets it come back.
    """

    def work(uow: UnitOfWork) -> ProfilePlan:
        read_profile(uow, key)
        return _plan(uow, read_profiles(uow), [], gone=key)

    return work


def roll_back_profile(key: str, number: int) -> Work:
    """What an earlier version of a profile said comes into force again. Missing ``no_profile``, ``no_version``."""

    def work(uow: UnitOfWork) -> ProfilePlan:
        versions = {version.number: version for version in read_profile_versions(uow, key)}
        if number not in versions:
            raise Missing("no_version", f"Profile {key} has versions 1 to {len(versions)}.")
        ended = versions[number].ended
        back_to = BackTo(*ended) if ended else None
        return _plan(uow, read_profiles(uow), [versions[number].profile], back_to)

    return work


def plan_profiles(hub: "Hub", work: Work, progress: Progress = lambda *_: None) -> ProfilePlan:
    """What would be changed, how many people that touches and what becomes of goals; nothing is changed."""
    with hub.reading() as uow:
        plan = _counted(uow, work(uow), progress)
        return replace(plan, workflows=tuple(_tried(uow, plan)))


def make_profiles(
    hub: "Hub", work: Work, plan_hash: str | None = None, actor_id: str | None = None
) -> ProfilePlan:
    """Change it in one unit; what was changed. With a hash only what the plan with that hash said, else ProfilesOutdated.

    Goals follow as soon as a worker gets to them.
    """
    plan = plan_profiles(hub, work) if plan_hash is not None else None
    if plan is not None and plan.hash != plan_hash:
        raise ProfilesOutdated(plan)
    with hub.unit_of_work() as uow:
        lock_configuration(uow)
        done = work(uow)
        if plan is not None and done.content != plan.content:
            raise ProfilesOutdated(_counted(uow, done, lambda *_: None))
        written = {change.said.key: change.after for change in done.profiles}
        write_profiles(uow, written, done.diff.changes, done.removed, done.back_to, actor_id)
        return done


def _plan(
    uow: UnitOfWork,
    before: Mapping[str, Profile],
    wanted: Sequence[Profile],
    back_to: BackTo | None = None,
    gone: str = "",
) -> ProfilePlan:
    after = {key: each for key, each in {**before, **by_key(wanted)}.items() if key != gone}
    audiences = read_audiences(uow)
    if problems := check_profiles(uow, before, after, audiences):
        raise refuse(problems)
    changes = tuple(ProfileChange(before.get(p.key), p) for p in wanted if before.get(p.key) != p)
    if gone:
        changes = (*changes, ProfileChange(before[gone], None))
    compiled = compile_profiles(uow, before, after, audiences, back_to)
    return ProfilePlan(
        changes, Diff(compiled.changes, max(0, len(wanted) - len(changes))), compiled.removed, after, back_to
    )


def _counted(uow: UnitOfWork, plan: ProfilePlan, progress: Progress) -> ProfilePlan:
    return replace(plan, diff=count_affected(uow, plan.diff, progress, setups(plan.all_after)))


def _tried(uow: UnitOfWork, plan: ProfilePlan) -> Iterator[WouldHave]:
    """What workflows that are not as they were would have done."""
    audiences = read_audiences(uow)
    entries = {key: setup.items("workflows") for key, setup in setups(read_profiles(uow)).items()}
    for flow in workflows_of(setups(plan.all_after), audiences, read_off_times(uow), only_live=False):
        known = entries.get(flow.audience, {}).get(flow.key)
        becomes = setups(plan.all_after)[flow.audience].items("workflows")[flow.key]
        if known is None or (known["version"], known["status"]) != (becomes["version"], becomes["status"]):
            yield would_have(uow, flow)


def _told(change: ProfileChange) -> list[Any]:
    return [_timeless(p.body()) if p else None for p in (change.before, change.after)]


def _timeless(value: Any) -> Any:
    """Without the instants at which something begins because the change is made: waiting changes no plan."""
    if isinstance(value, Mapping):
        return {k: _timeless(v) for k, v in value.items() if k not in ("since", "valid_from")}
    return [_timeless(each) for each in value] if isinstance(value, list | tuple) else value
