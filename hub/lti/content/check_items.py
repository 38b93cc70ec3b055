"""Whether what a tool offers can become a course here: each item by itself, with a reason for each that cannot.

Deep Linking 2.0, section 3 (content item types).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hub.ids import content_hash
from hub.lti.content.urls import is_loopback, web_address
from hub.lti.scores import LARGEST_NUMBER, SMALLEST_MAXIMUM, is_maximum
from hub.lti.tool_settings import RESERVED_PARAMETERS

ACCEPTED_TYPE = "ltiResourceLink"
"""The one type that can be credited: the hub holds no files, pages or pictures of its own."""
_KNOWN_TYPES = frozenset({"link", "file", "html", "image", ACCEPTED_TYPE})
MAX_ITEMS = 500
MAX_TITLE = 255
MAX_TEXT = 2_000
_MAX_NAME = 100
_MAX_PARAMETERS = 50
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class LineItemWish:
    """The line item a tool wants for an item (Deep Linking 2.0, section 3.2.1)."""

    label: str
    score_maximum: float
    tag: str = ""
    resource_id: str = ""


@dataclass(frozen=True)
class Item:
    """One content item as the hub understood it.

    ``url`` is empty for the tool's launch URL. ``reason`` is the code of what is wrong with it, ``problem`` says it in
    words; both are empty for an item that can be imported.
    """

    title: str
    text: str = ""
    url: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: LineItemWish | None = None
    reason: str = ""
    problem: str = ""

    @property
    def external_id(self) -> str:
        """What the course is known by: the same target with the same parameters is the same course."""
        target = "\x1f".join([self.url, *(f"{name}\x1e{self.custom[name]}" for name in sorted(self.custom))])
        return content_hash(target.encode())


class _Wrong(Exception):
    """What is wrong with an item: its code and words."""

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


def check_items(offered: Sequence[Any], hosts: frozenset[str], *, accept_multiple: bool) -> list[Item]:
    """The first MAX_ITEMS items, each with its reason if it is refused.

    ``hosts`` are the host names of the tool: a course elsewhere would not be this tool's. Without ``accept_multiple``
    only the first item can be taken.
    """
    items: list[Item] = []
    seen: set[str] = set()
    for number, one in enumerate(offered[:MAX_ITEMS]):
        item = _check(one, hosts)
        if not item.reason and number and not accept_multiple:
            item = _refused(one, "too_many", "Only one item was asked for.")
        elif not item.reason and item.external_id in seen:
            item = _refused(one, "same_twice", "The same course stands above already.")
        seen.add(item.external_id)
        items.append(item)
    return items


def as_json(item: Item) -> dict[str, Any]:
    """An item as it is kept."""
    return asdict(item)


def from_json(kept: Mapping[str, Any]) -> Item:
    """The item again."""
    wish = kept["line_item"]
    return Item(**{**kept, "line_item": LineItemWish(**wish) if wish else None})


def plain(text: object, longest: int = MAX_TITLE) -> str:
    """A text from outside as one line that can be stored and shown; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    return _CONTROL.sub(" ", text[: longest * 4]).strip()[:longest]


def _check(offered: Any, hosts: frozenset[str]) -> Item:
    try:
        kind = offered.get("type") if isinstance(offered, dict) else None
        if not isinstance(kind, str) or kind not in _KNOWN_TYPES:
            raise _Wrong("item_type", "The hub does not know this kind of content.")
        if kind != ACCEPTED_TYPE:
            raise _Wrong("type_not_accepted", "Only LTI resource links can be courses here.")
        url = _read_url(offered.get("url"), hosts)
        custom = _read_custom(offered.get("custom"))
        title = plain(offered.get("title")) or _title_of(url)
        wish = _read_line_item(offered.get("lineItem"), title)
    except _Wrong as wrong:
        return _refused(offered, wrong.reason, str(wrong))
    return Item(title, plain(offered.get("text"), MAX_TEXT), url, custom, wish)


def _refused(offered: Any, reason: str, problem: str) -> Item:
    title = plain(offered.get("title")) if isinstance(offered, dict) else ""
    return Item(title or "Untitled", reason=reason, problem=problem)


def _read_url(url: Any, hosts: frozenset[str]) -> str:
    """Section 3.2: where it is missing, the tool's own URL is launched."""
    if url is None or url == "":
        return ""
    address = web_address(url)
    if address is None:
        raise _Wrong("unsafe_url", "Its address is none that a course can have.")
    if address.scheme == "http" and not is_loopback(address):
        raise _Wrong("unsafe_url", "Its address does not use https.")
    if address.hostname not in hosts:
        raise _Wrong("foreign_url", f"It lies at {plain(address.hostname)}, which is not this tool's.")
    return str(url)


def _read_custom(custom: Any) -> dict[str, str]:
    """Custom parameters as texts; some tools send numbers."""
    if custom is None:
        return {}
    if not isinstance(custom, dict) or len(custom) > _MAX_PARAMETERS:
        raise _Wrong("bad_custom", "Its custom parameters cannot be used.")
    read: dict[str, str] = {}
    for name, value in custom.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if isinstance(value, dict | list) or len(text) > MAX_TEXT or not 0 < len(name) <= _MAX_NAME:
            raise _Wrong("bad_custom", "Its custom parameters cannot be used.")
        if "\0" in name + text:
            raise _Wrong("bad_custom", "Its custom parameters cannot be used.")
        if name in RESERVED_PARAMETERS:
            raise _Wrong("bad_custom", f"The hub itself sets the parameter {name}.")
        read[name] = "" if value is None else text
    return read


def _read_line_item(wish: Any, title: str) -> LineItemWish | None:
    if wish is None:
        return None
    maximum = wish.get("scoreMaximum") if isinstance(wish, dict) else None
    if isinstance(maximum, bool) or not isinstance(maximum, int | float) or not is_maximum(maximum):
        raise _Wrong(
            "bad_line_item", f"The maximum of its score must be from {SMALLEST_MAXIMUM} to {LARGEST_NUMBER}."
        )
    return LineItemWish(
        label=plain(wish.get("label")) or title,
        score_maximum=float(maximum),
        tag=plain(wish.get("tag")),
        resource_id=plain(wish.get("resourceId")),
    )


def _title_of(url: str) -> str:
    """A title may be missing (section 3.2): the end of the address is better than nothing."""
    return plain(urlsplit(url).path.rstrip("/").rpartition("/")[2]) or "Untitled"
