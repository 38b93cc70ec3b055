"""Whether an annotation says no more than another allows."""

import types
import typing
from typing import Any, Union


def fits(said: Any, wanted: Any) -> bool:
    """Whether everything that is of the type ``said`` is of the type ``wanted`` as well."""
    if said == wanted or wanted is Any or wanted is object:
        return True
    if _is_union(said):
        return all(fits(each, wanted) for each in typing.get_args(said))
    if _is_union(wanted):
        return any(fits(said, each) for each in typing.get_args(wanted))
    said_class, wanted_class = typing.get_origin(said) or said, typing.get_origin(wanted) or wanted
    if not isinstance(said_class, type) or not isinstance(wanted_class, type):
        return False
    if not issubclass(said_class, wanted_class):
        return False
    said_of, wanted_of = typing.get_args(said), typing.get_args(wanted)
    if said_class is tuple and len(said_of) == 2 and said_of[1] is Ellipsis:
        said_of = said_of[:1]
    if typing.get_origin(said) and said_class.__name__ in {"Generator", "AsyncGenerator"}:
        said_of = said_of[:1]
    if not wanted_of:
        return True
    return len(said_of) == len(wanted_of) and all(map(fits, said_of, wanted_of))


def name_of(annotation: Any) -> str:
    """An annotation as one would write it."""
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    arguments = typing.get_args(annotation)
    if _is_union(annotation):
        return " | ".join(map(name_of, arguments))
    origin = typing.get_origin(annotation)
    if origin is not None and arguments:
        return f"{getattr(origin, '__name__', origin)}[{', '.join(map(name_of, arguments))}]"
    return "..." if annotation is Ellipsis else str(annotation)


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)
