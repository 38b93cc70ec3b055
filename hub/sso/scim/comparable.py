"""Resources as filters and sorting see them: flat texts, prepared once when written, so that SQL only compares.

Under a name stands the text of a single value, or the list of entries of an attribute that has several, each an object
of texts. Texts are NFC and, unless the attribute is case-exact, in lower case; instants are UTC with microseconds, so
that text order is time order. Under a name with ``FIRST`` stands the entry that sorting goes by (RFC 7644, 3.4.2.3).
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

from scim2_models import AttributeBinding, ComplexAttribute, Extension, Path, Resource

FIRST = "^"
SCALAR = "value"
"""Under which name an entry stands that is a text itself."""
LEFT_OUT = frozenset({"id", "meta", "external_id", "members", "groups", "password"})
"""Attributes with a column or a table of their own, and the one nobody may search."""
Entry = dict[str, str]


def name_of(binding: AttributeBinding) -> str:
    """Under which name an attribute stands, without its sub-attribute."""
    extension = issubclass(binding.model, Extension)
    return f"{binding.model.__name__}.{binding.field_name}" if extension else binding.field_name


def as_text(binding: AttributeBinding, value: Any) -> str:
    """One value in the form in which it is compared."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()  # they are compared for being equal, never in part
    return str(binding.comparable(str(value)))


def found_by(resource: Resource[Any]) -> dict[str, str | list[Entry]]:
    """The whole resource in that form; what has no value is left out."""
    model = type(resource)
    found: dict[str, str | list[Entry]] = {
        "schemas": [{SCALAR: str(schema).lower()} for schema in resource.schemas]
    }
    for path in Path[model].iter_paths(include_subattributes=False):  # type: ignore[valid-type]
        binding = path.resolve()
        if binding is None or (binding.field_name in LEFT_OUT and not issubclass(binding.model, Extension)):
            continue
        host = getattr(resource, binding.model.__name__) if issubclass(binding.model, Extension) else resource
        value = getattr(host, binding.field_name, None) if host is not None else None
        if value is None:
            continue
        name = name_of(binding)
        if isinstance(value, list):
            found |= _several(name, binding, value)
        elif isinstance(value, ComplexAttribute):
            found |= {f"{name}.{sub}": text for sub, text in _entry(value).items()}
        else:
            found[name] = as_text(binding, value)
    return found


def _several(name: str, binding: AttributeBinding, values: list[Any]) -> dict[str, str | list[Entry]]:
    entries = [
        _entry(value) if isinstance(value, ComplexAttribute) else {SCALAR: as_text(binding, value)}
        for value in values
    ]
    if not entries:
        return {}
    leading = next((i for i, value in enumerate(values) if getattr(value, "primary", None)), 0)
    first = {f"{name}.{sub}{FIRST}": text for sub, text in entries[leading].items()}
    return {name: entries, **first}


def _entry(value: ComplexAttribute) -> Entry:
    """The sub-attributes that have one value."""
    model = type(value)
    entry = {}
    for name in model.model_fields:
        sub = getattr(value, name)
        binding = Path[model](model._scim_name(name)).resolve() if sub is not None else None  # type: ignore[valid-type]
        if binding is not None and not isinstance(sub, list):
            entry[name] = as_text(binding, sub)
    return entry
