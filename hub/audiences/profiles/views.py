"""Profiles in words, for pages: what they say themselves and what they inherit. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.audiences.profiles.aspects import registered_aspects
from hub.audiences.profiles.compile import read_audiences
from hub.audiences.profiles.profile import Profile, Setup, setup_of
from hub.audiences.profiles.read_profiles import read_profiles
from hub.audiences.profiles.tables import workflow_action
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule_views import titles_of_targets, words_of
from hub.errors import Missing
from hub.network import tables as network
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Line:
    """One thing that holds: its ``key``, what it is about, and in words what is said. ``origin`` is the key of the profile that says it.

    ``state`` is a word for a pill, empty for none; ``details`` are more words.
    """

    key: str
    title: str
    words: str
    origin: str
    state: str = ""
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ProfileLine:
    """A profile in a list, with the names of its audiences."""

    profile: Profile
    audiences: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ProfileView:
    """A profile with all that holds for its audiences. ``heirs`` are the profiles that inherit from it, by key and title."""

    profile: Profile
    parent: tuple[str, str] | None
    heirs: tuple[tuple[str, str], ...]
    audiences: tuple[tuple[str, str], ...]
    whole: tuple[Line, ...]
    rules: tuple[Line, ...]
    workflows: tuple[Line, ...]
    reports: tuple[Line, ...]
    plugins: tuple[Line, ...]
    aspects: tuple[Line, ...]


def list_profiles(uow: UnitOfWork) -> list[ProfileLine]:
    """Every profile, by title."""
    names = {key: audience.name for key, audience in read_audiences(uow).items()}
    lines = [ProfileLine(p, _named(p, names)) for p in read_profiles(uow).values()]
    return sorted(lines, key=lambda line: (line.profile.title.casefold(), line.profile.key))


def view_profile(uow: UnitOfWork, key: str) -> ProfileView:
    """One profile. Missing ``no_profile``."""
    profiles = read_profiles(uow)
    if key not in profiles:
        raise Missing("no_profile", f"There is no profile {key}.")
    profile, setup = profiles[key], setup_of(profiles, key)
    names = {each: audience.name for each, audience in read_audiences(uow).items()}
    targets = _targets(uow, setup)
    parent = profiles.get(profile.extends or "")
    return ProfileView(
        profile,
        (parent.key, parent.title) if parent else None,
        tuple((p.key, p.title) for p in profiles.values() if p.extends == key),
        _named(profile, names),
        tuple(_whole(uow, setup)),
        tuple(_rule(uow, setup, k, e, targets) for k, e in sorted(setup.items("rules").items())),
        tuple(_workflow(uow, setup, k, e, targets) for k, e in sorted(setup.items("workflows").items())),
        tuple(_report(setup, k, e) for k, e in sorted(setup.items("reports").items())),
        tuple(_plugin(uow, setup, k, e) for k, e in sorted(setup.items("plugins").items())),
        tuple(_aspect(uow, setup, k, v) for k, v in sorted(setup.items("aspects").items())),
    )


def _named(profile: Profile, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, names.get(key, key)) for key in profile.audiences)


def _targets(uow: UnitOfWork, setup: Setup) -> dict[str, str]:
    asked = {(e["target_kind"], e["target_id"]) for e in setup.items("rules").values()}
    for entry in setup.items("workflows").values():
        goals = (entry[name] for name in ("give", "waive") if name in entry)
        asked |= {(goal["target_kind"], goal["target_id"]) for goal in goals}
        asked |= {(kind, entry["target_id"]) for kind in ("offering", "path") if entry["target_id"]}
    return titles_of_targets(uow, asked)


WAYS = {
    "sign_in": "their employer's sign-in",
    "scim": "SCIM",
    "invitation": "an operator's invitation",
    "file": "the network files",
    "self_registration": "registering themselves",
    "partner_admin": "their partner admin",
}
EVENTS = {
    "joined": "Somebody comes into the audience",
    "completed": "A course is finished",
    "credited": "A goal is reached",
    "credit_revoked": "A credit is taken back",
}
METRICS = {
    "people": "People",
    "assigned": "Goals asked for",
    "completed": "Goals reached",
    "completion_rate": "Share of goals reached",
    "overdue": "Goals overdue",
}


def _whole(uow: UnitOfWork, setup: Setup) -> list[Line]:
    kinds, position = read_kinds(uow), network.position
    ids = setup.get("positions") or []
    titles = sorted(uow.connection.scalars(sa.select(position.c.title).where(uow.among(position.c.id, ids))))
    mandatory = [kinds[k].title if k in kinds else k for k in setup.get("mandatory") or ()]
    said = (
        (
            "provisioning",
            "Ways in",
            "By " + _either([WAYS[mode] for mode in setup.get("provisioning") or ()]),
        ),
        ("mandatory", "Must be known", ", ".join(mandatory) or "Nothing"),
        ("dimensions", "Dimensions", ", ".join(setup.get("dimensions") or ())),
        ("positions", "Positions people come in at", _either(titles)),
        ("theme", "Theme", str(setup.get("theme") or "")),
        ("floor", "Smallest group that is told", f"{setup.get('floor')} people"),
    )
    return [Line(k, title, words, setup.origin[k,]) for k, title, words in said if setup.get(k) is not None]


def _rule(
    uow: UnitOfWork, setup: Setup, key: str, entry: Mapping[str, Any], targets: Mapping[str, str]
) -> Line:
    asked = tuple(words_of(uow, Conditions.from_json(entry["conditions"])))
    words = f"{targets.get(entry['target_id'], '')} ({entry['dimension']}, {entry['kind']})"
    return Line(key, entry["title"], words, setup.origin["rules", key], entry["status"], asked)


def _workflow(
    uow: UnitOfWork, setup: Setup, key: str, entry: Mapping[str, Any], targets: Mapping[str, str]
) -> Line:
    asked = [("When", EVENTS[entry["on"]])]
    if entry["target_id"]:
        asked.append(("About", targets.get(entry["target_id"], "")))
    asked += words_of(uow, Conditions.from_json(entry["conditions"]))
    asked += _does(uow, entry, targets)
    asked.append(("Because", entry["reason"]))
    if plugin := entry.get("from"):
        asked.append(("From", f"plugin {plugin}"))
    done = sa.select(sa.func.count()).select_from(workflow_action).where(workflow_action.c.workflow == key)
    count = uow.connection.scalar(done.where(workflow_action.c.version == entry["version"])) or 0
    words = f"version {entry['version']}, acted {count:,} {'time' if count == 1 else 'times'}"
    origin = setup.origin["workflows", key]
    return Line(key, entry["title"], words, origin, entry["status"], tuple(asked))


def _does(uow: UnitOfWork, entry: Mapping[str, Any], targets: Mapping[str, str]) -> list[tuple[str, str]]:
    for name, words in (("give", "Gives"), ("waive", "Waives")):
        if goal := entry.get(name):
            return [(words, f"{targets.get(goal['target_id'], '')} ({goal['dimension']}, {goal['kind']})")]
    if tell := entry.get("tell"):
        where = f", {tell['dimension']}" if tell["dimension"] else ""
        return [("Tells", f"Whoever looks after the person{where}: {tell['words']}")]
    what, kinds = entry["set"], read_kinds(uow)
    title = kinds[what["attribute"]].title if what["attribute"] in kinds else what["attribute"]
    days = f", for {what['days']} days" if what["days"] else ""
    return [("Sets", f"{title}: {_plain(what['value'])}{days}")]


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _report(setup: Setup, key: str, entry: Mapping[str, Any]) -> Line:
    by = "" if entry["by"] == "audience" else f" by {entry['by']}"
    to = " and ".join(
        {"operators": "operators", "partner_admins": "partner admins"}[r] for r in entry["recipients"]
    )
    words = f"{METRICS[entry['metric']]}{by}, every {entry['period']}, as a {entry['layout']}, to {to}"
    return Line(key, entry["title"], words, setup.origin["reports", key])


def _plugin(uow: UnitOfWork, setup: Setup, name: str, entry: Mapping[str, Any]) -> Line:
    settings = tuple((key, str(value)) for key, value in sorted(entry["settings"].items()))
    version = uow.hooks.version_of(name)
    words = f"version {version}" if version else "not among the plugins of this hub now"
    return Line(name, name, words, setup.origin["plugins", name], "on" if entry["on"] else "off", settings)


def _aspect(uow: UnitOfWork, setup: Setup, key: str, value: object) -> Line:
    known = registered_aspects(uow.hooks).get(key)
    title = known.aspect.title if known else key
    words = _plain(value)
    source = f"from {known.plugin}" if known else "kept for a plugin that is off"
    return Line(key, title, words, setup.origin["aspects", key], details=(("Plugin", source),))


def _either(names: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
