"""What is known of an activity after somebody described it once more (xAPI 1.0.3 Data 2.4.4.1; 2.0, 4.2.2.3).

The newest name, description, type and address win, language by language. What makes an interaction (its type, components
and correct responses) stays as it came first, because statements were answered against it; only what its components are
called may change ("SHOULD NOT make significant changes").

A definition grows to MAX_BYTES and no further: what would make it larger is not taken over. The statement that said it
keeps it.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from hub.xapi.statements.activities import COMPONENT_LISTS

Known = dict[str, Any]
"""A definition as JSON."""
MAX_BYTES = 2**20
"""Of the definition of an activity, as JSON in UTF-8."""

_LISTS = sorted({name for lists in COMPONENT_LISTS.values() for name in lists})
_OF_INTERACTIONS = {"interactionType", "correctResponsesPattern", *_LISTS}


def merge_all(known: Known | None, told: Iterable[bytes]) -> Known | None:
    """What is known after definitions, each as JSON, were told one after the other: up to the first that does not fit."""
    size = 0 if known is None else len(_ENCODER.encode(known))  # at most, from now on
    for encoded in told:
        merged = merge_definitions(known, msgspec.json.decode(encoded))
        size += len(encoded)
        if size > MAX_BYTES and (size := len(_ENCODER.encode(merged))) > MAX_BYTES:
            break
        known = merged
    return known


def merge_definitions(known: Known | None, told: Known) -> Known:
    """What is known after ``told`` was said; neither is changed."""
    if known is None:
        return told
    if known.get("interactionType", told.get("interactionType")) != told.get("interactionType"):
        told = {name: value for name, value in told.items() if name not in _OF_INTERACTIONS}
    merged = told | known | {name: told[name] for name in ("type", "moreInfo") if name in told}
    for name in ("name", "description", "extensions"):
        if name in told and name in known:
            merged[name] = known[name] | told[name]
    for name in _LISTS:
        if name in told and name in known:
            merged[name] = _merge_components(known[name], told[name])
    return merged


def _merge_components(known: list[Known], told: list[Known]) -> list[Known]:
    descriptions = {each["id"]: each["description"] for each in told if "description" in each}
    return [
        each | {"description": each.get("description", {}) | descriptions[each["id"]]}
        if each["id"] in descriptions
        else each
        for each in known
    ]


_ENCODER = msgspec.json.Encoder()
