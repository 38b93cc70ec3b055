"""A profile says how audiences are set up; what it leaves open it inherits. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PROFILE_CHANGED = "profile_changed"
PROFILE_REMOVED = "profile_removed"
WHOLE = ("provisioning", "mandatory", "dimensions", "positions", "theme", "floor")
"""What is said as a whole: whoever says it himself inherits nothing of it."""
KEYED = ("rules", "reports", "workflows", "plugins", "aspects")
"""What is said item by item: an item of the same key overrides, the others are inherited."""
WORKFLOW = "workflow:"
"""Begins the name under which a workflow is switched and gives its opinions, as a plugin does under its own."""


@dataclass(frozen=True)
class Profile:
    """What one profile says itself: ``said`` has names of WHOLE and KEYED, and ``without``: items it does not inherit, by name of KEYED.

    Plain JSON, with ids of what the network names, so that renaming changes nothing.
    """

    key: str
    title: str
    extends: str | None
    audiences: tuple[str, ...]
    said: Mapping[str, Any]

    def body(self) -> dict[str, Any]:
        """As a change of kind ``profile_changed`` has it."""
        return {
            "key": self.key,
            "title": self.title,
            "extends": self.extends,
            "audiences": list(self.audiences),
            "said": dict(self.said),
        }

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Profile":
        """From ``body``, which is as its row, too."""
        return cls(body["key"], body["title"], body["extends"], tuple(body["audiences"]), body["said"])


@dataclass(frozen=True)
class Setup:
    """What holds for the audiences of a profile, own and inherited. ``origin`` names the profile that says it.

    ``origin`` goes by name, and by name and key for what is said item by item.
    """

    profile: str
    values: Mapping[str, Any]
    origin: Mapping[tuple[str, ...], str]

    def get(self, name: str) -> Any:
        """What is said as a whole under a name of WHOLE; None when nobody says it."""
        return self.values.get(name)

    def items(self, name: str) -> Mapping[str, Any]:
        """What is said under a name of KEYED, by key."""
        found: Mapping[str, Any] = self.values.get(name, {})
        return found

    def switches(self) -> dict[str, bool]:
        """Which plugins and workflows the audiences have on or off; of others nothing is said."""
        on = {name: bool(entry["on"]) for name, entry in self.items("plugins").items()}
        return on | {WORKFLOW + key: self.is_live(key) for key in self.items("workflows")}

    def is_live(self, workflow: str) -> bool:
        """Whether a workflow answers what happens; one of a plugin does not while the plugin is off for these audiences."""
        entry = self.items("workflows")[workflow]
        plugin = self.items("plugins").get(entry.get("from", ""), {"on": True})
        return bool(entry["status"] == "live" and plugin["on"])


def lineage(profiles: Mapping[str, Profile], key: str) -> list[Profile]:
    """The profile and those it inherits from, the nearest first. ValueError when they go in a circle, KeyError when one is missing."""
    found: list[Profile] = []
    at: str | None = key
    while at is not None:
        if any(profile.key == at for profile in found):
            raise ValueError(f"{key} inherits from itself")
        found.append(profiles[at])
        at = found[-1].extends
    return found


def setup_of(profiles: Mapping[str, Profile], key: str) -> Setup:
    """What holds for a profile's audiences. Raises as ``lineage``."""
    values: dict[str, Any] = {}
    origin: dict[tuple[str, ...], str] = {}
    for profile in reversed(lineage(profiles, key)):
        for name in WHOLE:
            if name in profile.said:
                values[name] = profile.said[name]
                origin[name,] = profile.key
        for name in KEYED:
            gone = set(profile.said.get("without", {}).get(name, ()))
            own = profile.said.get(name, {})
            inherited = {k: v for k, v in values.get(name, {}).items() if k not in gone}
            values[name] = inherited | own
            origin |= {(name, item): profile.key for item in own}
    return Setup(key, values, origin)


def setups(profiles: Mapping[str, Profile]) -> dict[str, Setup]:
    """The setup of every audience that has a profile, by audience."""
    return {
        audience: setup_of(profiles, profile.key)
        for profile in profiles.values()
        for audience in profile.audiences
    }


def told_of(setup: Setup | None, plugin: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings a setup has for a plugin, and its aspects; each in the order of names."""
    if setup is None:
        return {}, {}
    settings = setup.items("plugins").get(plugin, {}).get("settings", {})
    return dict(sorted(settings.items())), dict(sorted(setup.items("aspects").items()))


def by_key(profiles: Iterable[Profile]) -> dict[str, Profile]:
    """Profiles by their keys."""
    return {profile.key: profile for profile in profiles}


def rule_keys(setups_by_audience: Mapping[str, Setup]) -> Iterator[tuple[str, str, str]]:
    """Key in the table ``rule``, audience, and key in the profile, of every rule that profiles make."""
    for audience, setup in setups_by_audience.items():
        for key in setup.items("rules"):
            yield f"{audience}.{key}", audience, key
