"""Activities and their definitions, with the ten interaction types (xAPI 1.0.3 Data 2.4.4.1; 2.0, 4.2.2.3)."""

from msgspec import UNSET, UnsetType

from hub.xapi.statements.actors import MAX_INDEXED, MAY_BE_TOO_LONG, Part, too_long
from hub.xapi.statements.problems import Broken
from hub.xapi.statements.types import ActivityKind, Extensions, InteractionType, Iri, LanguageMap, Text

COMPONENT_LISTS = {
    "choice": {"choices"},
    "sequencing": {"choices"},
    "likert": {"scale"},
    "matching": {"source", "target"},
    "performance": {"steps"},
}
"""Which lists of components an interaction type takes; the others take none."""
_LISTS = ("choices", "scale", "source", "target", "steps")


class Component(Part):
    """One choice, step or the like of an interaction."""

    id: Text
    description: LanguageMap | UnsetType = UNSET


class Definition(Part):
    """What an activity is."""

    name: LanguageMap | UnsetType = UNSET
    description: LanguageMap | UnsetType = UNSET
    type: Iri | UnsetType = UNSET
    more_info: Iri | UnsetType = UNSET
    extensions: Extensions | UnsetType = UNSET
    interaction_type: InteractionType | UnsetType = UNSET
    correct_responses_pattern: list[Text] | UnsetType = UNSET
    choices: list[Component] | UnsetType = UNSET
    scale: list[Component] | UnsetType = UNSET
    source: list[Component] | UnsetType = UNSET
    target: list[Component] | UnsetType = UNSET
    steps: list[Component] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Interaction properties need an interaction type that takes them, and component ids are distinct."""
        if (
            self.correct_responses_pattern is UNSET
            and self.choices is UNSET
            and self.scale is UNSET
            and self.source is UNSET
            and self.target is UNSET
            and self.steps is UNSET
        ):
            return
        lists = {name: found for name in _LISTS if (found := getattr(self, name)) is not UNSET}
        if self.interaction_type is UNSET:
            raise Broken(("interactionType", "is missing: the definition has properties of an interaction"))
        allowed = COMPONENT_LISTS.get(self.interaction_type, set())
        found = [
            (name, f"is not for interactions of type {self.interaction_type}")
            for name in lists
            if name not in allowed
        ]
        for name, components in lists.items():
            ids = [component.id for component in components]
            if len(set(ids)) < len(ids):
                found.append((name, "must not hold the same id twice"))
        if found:
            raise Broken(*found)


class Activity(Part):
    """Something people do."""

    id: Iri
    object_type: ActivityKind | UnsetType = UNSET
    definition: Definition | UnsetType = UNSET

    def __post_init__(self) -> None:
        """What can be looked up."""
        if len(self.id) > MAY_BE_TOO_LONG and too_long(self.id):
            raise Broken(("id", f"must not be longer than {MAX_INDEXED} bytes"))
