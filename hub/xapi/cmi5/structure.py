"""Course structures: what a package says about a course, its blocks and its AUs (cmi5, section 13)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.xapi.cmi5.vocabulary import LaunchMethod, MoveOn

LanguageMap = Mapping[str, str]
NodeKind = Literal["course", "block", "au"]


@dataclass(frozen=True)
class Objective:
    """What is to be learned; blocks and AUs refer to it by its id."""

    id: str
    title: LanguageMap
    description: LanguageMap


@dataclass(frozen=True)
class AssignableUnit:
    """An AU as its publisher describes it. ``url`` is absolute, or names a file of the package."""

    id: str
    title: LanguageMap
    description: LanguageMap
    url: str
    move_on: MoveOn = "NotApplicable"
    mastery_score: float | None = None
    launch_method: LaunchMethod = "AnyWindow"
    activity_type: str = ""
    launch_parameters: str | None = None
    entitlement_key: str | None = None
    objectives: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A group of AUs and blocks, in their order."""

    id: str
    title: LanguageMap
    description: LanguageMap
    children: "tuple[Block | AssignableUnit, ...]"
    objectives: tuple[str, ...] = ()


@dataclass(frozen=True)
class CourseStructure:
    """A course: its own title and description, its objectives, and its blocks and AUs in their order."""

    id: str
    title: LanguageMap
    description: LanguageMap
    objectives: tuple[Objective, ...]
    children: tuple[Block | AssignableUnit, ...]

    @property
    def aus(self) -> "list[AssignableUnit]":
        """Every AU, wherever it stands."""
        return [part for part in self.parts() if isinstance(part, AssignableUnit)]

    def parts(self) -> Iterator[Block | AssignableUnit]:
        """Blocks and AUs in the order of the course, a block before what it holds."""
        stack = list(reversed(self.children))
        while stack:
            part = stack.pop()
            yield part
            if isinstance(part, Block):
                stack.extend(reversed(part.children))


def in_language(texts: LanguageMap, *wanted: str) -> str:
    """The text in the first language that is there, by tag or by primary language; else English, else the first one."""
    by_tag = {tag.lower(): text for tag, text in texts.items()}
    for tag in (*wanted, "en"):
        primary = tag.lower().partition("-")[0]
        fitting = [text for known, text in by_tag.items() if known.partition("-")[0] == primary]
        if tag.lower() in by_tag or fitting:
            return by_tag.get(tag.lower(), fitting[0] if fitting else "")
    return next(iter(texts.values()), "")
