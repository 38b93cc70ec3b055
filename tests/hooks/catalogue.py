"""A small hook catalogue of tests' own: one hook of each shape and of each meaning of an exception."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from hub.hooks import hook


@hook("register", "hub", "stop")
def register_settings() -> type[BaseModel]:
    raise NotImplementedError


@hook("fetch", "source", "stop")
def read_colors(source: str) -> Iterable[str]:
    raise NotImplementedError


@hook("ask", "hub", "stop")
def find_color(thing: str, light: str) -> str | None:
    raise NotImplementedError


@hook("ask", "hub", "skip")
def guess_color(thing: str) -> str | None:
    raise NotImplementedError


@hook("tell", "hub", "retry")
def color_found(thing: str) -> None:
    raise NotImplementedError


@hook("show", "subject", "box")
def color_panels(thing: str) -> Sequence[str]:
    raise NotImplementedError
