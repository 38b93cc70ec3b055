"""The document as people read it: each resource with what it is asked and what it answers, in the order of its subjects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
"""An OpenAPI document."""


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of a body or an answer. ``kind`` says in words what may stand there."""

    name: str
    kind: str
    required: bool
    words: str


@dataclass(frozen=True)
class Operation:
    """One resource with one method. ``shape`` names what it answers; see ``shapes``."""

    id: str
    method: str
    path: str
    words: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_type: str
    shape: str


@dataclass(frozen=True)
class ToldShape:
    """What a body or an answer is made of."""

    name: str
    words: str
    fields: tuple[Field, ...]


def operations(document: Document) -> dict[str, list[Operation]]:
    """Every resource, by subject."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            found.setdefault(told["tags"][0], []).append(_operation(document, path, method.upper(), told))
    return dict(sorted(found.items()))


def shapes(document: Document, subject: str) -> list[ToldShape]:
    """Every shape that the resources of a subject name, and those that these are made of, by name."""
    schemas, found = document["components"]["schemas"], set[str]()
    left = [
        name
        for methods in document["paths"].values()
        for told in methods.values()
        if told["tags"][0] == subject
        for name in _named({**told, "responses": told["responses"]["200"]})
    ]
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            left += _named(schemas[name])
    return [
        ToldShape(name, schemas[name].get("description", ""), tuple(_fields(schemas[name])))
        for name in sorted(found)
    ]


def _named(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        if name := _name(told):
            yield name
        for each in told.values():
            yield from _named(each)
    if isinstance(told, list):
        for each in told:
            yield from _named(each)


def _operation(document: Document, path: str, method: str, told: Mapping[str, Any]) -> Operation:
    parameters = tuple(
        Field(each["name"], _kind(each["schema"]), each.get("required", False), each.get("description", ""))
        for each in told.get("parameters", ())
    )
    ((body_type, body),) = told.get("requestBody", {}).get("content", {"": {}}).items()
    answer = told["responses"]["200"]["content"]["application/json"]["schema"]
    words = " ".join(filter(None, (told["summary"], told.get("description"))))
    asked = body.get("schema", {})
    if name := _name(asked):
        asked = document["components"]["schemas"][name]
    fields = tuple(_fields(asked))
    scope = told["security"][0]["token"][0]
    return Operation(
        told["operationId"], method, path, words, scope, parameters, fields, body_type, _name(answer)
    )


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    for name, each in schema.get("properties", {}).items():
        yield Field(name, _kind(each), name in schema.get("required", ()), each.get("description", ""))


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _kind(schema: Mapping[str, Any]) -> str:
    """In words: ``uuid``, ``one of a, b``, ``list of Named``, ``text or null``."""
    if name := _name(schema):
        return name
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in schema:
            return " or ".join(dict.fromkeys(map(_kind, schema[joined])))
    if "enum" in schema or "const" in schema:
        values = [str(value) or '""' for value in schema.get("enum", [schema.get("const")])]
        return f"one of {', '.join(values)}" if len(values) > 1 else values[0]
    kind = str(schema.get("format") or schema.get("type") or "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return {"string": "text", "integer": "number", "date-time": "instant", "binary": "file"}.get(kind, kind)
