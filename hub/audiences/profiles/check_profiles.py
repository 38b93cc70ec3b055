"""Whether profiles can hold together: who inherits from whom, whose audience it is, and what plugins say to their settings."""

from collections.abc import Iterator, Mapping

from hub.audiences.profiles.aspects import problem_of_aspect, registered_aspects
from hub.audiences.profiles.join_conditions import CannotHold, join
from hub.audiences.profiles.profile import Profile, Setup, lineage, setup_of
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience
from hub.audiences.views import switchable_plugins
from hub.errors import Problem
from hub.network.attributes import read_kinds
from hub.store import UnitOfWork

MAX_RULE_KEY = 100


def check_profiles(
    uow: UnitOfWork,
    before: Mapping[str, Profile],
    after: Mapping[str, Profile],
    audiences: Mapping[str, Audience],
) -> list[Problem]:
    """Everything that is wrong with the profiles as they would be. What a plugin that is off once allowed stays allowed."""
    problems: list[Problem] = []
    owner: dict[str, str] = {}
    for profile in after.values():
        place = f"profile {profile.key}"
        try:
            lineage(after, profile.key)
        except (ValueError, KeyError):
            problems.append(Problem(_inherits(after, profile), f"{place}: extends"))
            continue
        setup = setup_of(after, profile.key)
        problems += _problems_of_plugins(uow, profile, before.get(profile.key), place)
        problems += _problems_of_schema(uow, setup, place)
        for key in profile.audiences:
            if key not in audiences:
                problems.append(Problem(f"there is no audience {key}", f"{place}: audiences"))
            elif key in owner:
                problems.append(Problem(f"{key} has the profile {owner[key]}", f"{place}: audiences"))
            else:
                owner[key] = profile.key
                problems += _problems_of_rules(setup, audiences[key], place)
    return problems


def _inherits(profiles: Mapping[str, Profile], profile: Profile) -> str:
    if profile.extends not in profiles:
        return f"there is no profile {profile.extends}"
    return "inherits from itself, or from one that does"


def _problems_of_plugins(
    uow: UnitOfWork, profile: Profile, before: Profile | None, place: str
) -> Iterator[Problem]:
    switchable = switchable_plugins(uow)
    kept = before.said if before else {}
    for name, entry in profile.said.get("plugins", {}).items():
        if kept.get("plugins", {}).get(name) == entry:
            continue
        if name not in switchable:
            yield Problem(f"no plugin {name} that can be switched is on in the settings", f"{place}: plugins")
        for problem in uow.hooks.check_settings(
            name, {**uow.settings.plugin.get(name, {}), **entry["settings"]}
        ):
            yield Problem(problem.message, f"{place}: plugins.{name}.settings.{problem.place}")
    known = registered_aspects(uow.hooks)
    for key, value in profile.said.get("aspects", {}).items():
        same = kept.get("aspects", {}).get(key) == value
        if not same and (wrong := problem_of_aspect(known.get(key), value)):
            yield Problem(wrong, f"{place}: aspects.{key}")


def _problems_of_schema(uow: UnitOfWork, setup: Setup, place: str) -> Iterator[Problem]:
    kinds = read_kinds(uow)
    for key in setup.get("mandatory") or ():
        if key not in kinds:
            yield Problem(f"there is no attribute {key}", f"{place}: schema.mandatory")
    dimensions = setup.get("dimensions")
    if dimensions is None:
        return
    for key, rule in setup.items("rules").items():
        if rule["dimension"] not in dimensions:
            yield Problem(
                f"{rule['dimension']} is none of its dimensions: {', '.join(dimensions)}",
                f"{place}: rule {key}",
            )


def _problems_of_rules(setup: Setup, audience: Audience, place: str) -> Iterator[Problem]:
    asked = {
        **{("rule", key): entry["conditions"] for key, entry in setup.items("rules").items()},
        **{("workflow", key): entry["conditions"] for key, entry in setup.items("workflows").items()},
    }
    for (kind, key), conditions in asked.items():
        try:
            join(audience.conditions, Conditions.from_json(conditions))
        except CannotHold as error:
            yield Problem(f"{error} ({audience.key})", f"{place}: {kind} {key}")
        if kind == "rule" and len(f"{audience.key}.{key}") > MAX_RULE_KEY:
            yield Problem(f"its key and that of {audience.key} are too long together", f"{place}: rule {key}")
