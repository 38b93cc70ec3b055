"""Pages of line items and results (AGS 2.0, sections 3.2.4 and 3.3.6)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import BadInput, HubError
from hub.sealing import Sealer

LARGEST_PAGE = 100
_MAX_FILTER = 1_000


@dataclass(frozen=True)
class Page:
    """What is asked for: at most ``limit`` rows after the one with id ``after``, narrowed by ``filters``."""

    path: str
    limit: int
    after: str
    filters: Mapping[str, str]


def read_page(sealer: Sealer, path: str, query: Mapping[str, Sequence[str]], filters: Sequence[str]) -> Page:
    """The page a query asks for. Raises BadInput for a limit that is no positive number and for a page not made here.

    A larger limit than LARGEST_PAGE is cut to it, as the standard allows. Other parameters than the known ones are left
    alone: tools carry query strings along.
    """
    if query.get("page"):
        return _open(sealer, path, query["page"][0])
    given = {name: query[name][0] for name in filters if query.get(name)}
    if any(len(value) > _MAX_FILTER or "\0" in value for value in given.values()):
        raise BadInput("bad_filter", "A filter of this form matches nothing.")
    return Page(path, _limit(query.get("limit", [str(LARGEST_PAGE)])[0]), "", given)


def next_url(sealer: Sealer, url: str, page: Page, after: str) -> str:
    """The address of the following page.

    It is sealed, for results are in the order of person ids, which no tool may see; and in lower case hex, because
    pylti1p3 reads the Link header in lower case.
    """
    content = json.dumps([page.path, page.limit, after, dict(page.filters)])
    return f"{url}?page={sealer.seal(content).encode().hex()}"


def _open(sealer: Sealer, path: str, text: str) -> Page:
    try:
        of_path, limit, after, filters = json.loads(sealer.open(bytes.fromhex(text).decode()))
    except (HubError, ValueError):
        raise BadInput(
            "bad_page", "This page was not made by the hub.", "Start again without page."
        ) from None
    if of_path != path:
        raise BadInput("bad_page", "This page belongs to another address.", "Start again without page.")
    return Page(path, limit, after, filters)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18 and int(text) > 0):
        raise BadInput("bad_limit", "limit must be a whole number above 0.")
    return min(int(text), LARGEST_PAGE)
