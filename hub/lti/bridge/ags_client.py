"""The gradebook of a platform, as the hub sees it as tool (Assignment and Grade Services 2.0)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.service import ServiceClient, as_json, origin
from hub.lti.tool.platforms import Platform
from hub.lti.vocabulary import (
    LINE_ITEM_READ_SCOPE,
    LINE_ITEM_SCOPE,
    LINE_ITEM_TYPE,
    LINE_ITEMS_TYPE,
    RESULT_READ_SCOPE,
    RESULTS_TYPE,
    SCORE_SCOPE,
    SCORE_TYPE,
)
from hub.runtime import Hub

LINE_ITEM_MAXIMUM = 100
"""Of a line item that the hub makes."""


@dataclass(frozen=True)
class LineItemThere:
    """A column of the platform's gradebook. ``maximum`` is None where it says none that can be used."""

    url: str
    maximum: float | None
    label: str = ""


class AgsClient:
    """Line items, scores and results of one platform. Every call may raise as ``ServiceClient.call`` does."""

    def __init__(self, hub: Hub, platform: Platform, before_call: Callable[[], None] = lambda: None) -> None:
        self._service = ServiceClient(hub, platform, before_call)

    def read_line_item(self, url: str, granted: Sequence[str] = (LINE_ITEM_READ_SCOPE,)) -> LineItemThere:
        """A line item; ``granted`` are the scopes of the launch, of which either one of line items is good for it."""
        answer = self._service.call("GET", url, _reading(granted), accept=LINE_ITEM_TYPE)
        return _line_item(answer.json(), url)

    def find_or_create(
        self, line_items_url: str, resource_id: str, resource_link_id: str, label: str
    ) -> LineItemThere:
        """The line item that the hub made for this resource of its own, or a new one (sections 3.2.4 and 3.2.5)."""
        scopes = (LINE_ITEM_SCOPE,)
        there = with_parameters(line_items_url, resource_id=resource_id)
        for page in self._service.pages(there, scopes, LINE_ITEMS_TYPE):
            for told in page if isinstance(page, list) else []:
                if isinstance(told, dict) and told.get("resourceId") == resource_id and told.get("id"):
                    return _same_origin(_line_item(told, ""), line_items_url)
        definition = {
            "label": label,
            "scoreMaximum": LINE_ITEM_MAXIMUM,
            "resourceId": resource_id,
            "resourceLinkId": resource_link_id,
        }
        answer = self._service.call(
            "POST",
            line_items_url,
            scopes,
            accept=LINE_ITEM_TYPE,
            content_type=LINE_ITEM_TYPE,
            body=as_json(definition),
        )
        return _same_origin(_line_item(answer.json(), ""), line_items_url)

    def post_score(self, line_item_url: str, score: bytes, user_id: str = "") -> int:
        """Send a score (section 3.4.9), ready as JSON; the status of the answer. A failure does not repeat ``user_id``."""
        answer = self._service.call(
            "POST",
            below(line_item_url, "scores"),
            (SCORE_SCOPE,),
            content_type=SCORE_TYPE,
            body=score,
            secrets=[user_id] if user_id else [],
        )
        return answer.status

    def results(self, line_item_url: str, user_id: str = "") -> Iterator[Mapping[str, Any]]:
        """Results of a line item, all or one learner's, as the platform gives them (section 3.3)."""
        there = below(line_item_url, "results")
        there = with_parameters(there, user_id=user_id) if user_id else there
        for page in self._service.pages(there, (RESULT_READ_SCOPE,), RESULTS_TYPE):
            yield from (told for told in page if isinstance(told, dict))


def below(line_item_url: str, name: str) -> str:
    """``/scores`` and ``/results`` go before the query of a line item's address (section 3.3.2)."""
    parts = urlsplit(line_item_url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment=""))


def with_parameters(url: str, **parameters: str) -> str:
    """An address with more parameters after those it has."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit(parts._replace(query=query))


def _reading(granted: Sequence[str]) -> tuple[str, ...]:
    return (LINE_ITEM_READ_SCOPE,) if LINE_ITEM_READ_SCOPE in granted else (LINE_ITEM_SCOPE,)


def _line_item(told: object, url: str) -> LineItemThere:
    """A line item as it is told; ``url`` is its address where that is known already, for some tell another one."""
    if not isinstance(told, dict):
        raise ServiceFailed("bad_line_item", "What the platform calls a line item is none.", 200)
    id, maximum, label = told.get("id"), told.get("scoreMaximum"), told.get("label")
    usable = isinstance(maximum, int | float) and not isinstance(maximum, bool) and 0 < maximum < 1e12
    if not url and not (isinstance(id, str) and id):
        raise ServiceFailed("bad_line_item", "The platform's line item has no id.", 200)
    return LineItemThere(
        url or str(id),
        float(maximum) if usable and isinstance(maximum, int | float) else None,
        label if isinstance(label, str) else "",
    )


def _same_origin(item: LineItemThere, line_items_url: str) -> LineItemThere:
    if origin(item.url) != origin(line_items_url):
        raise ServiceFailed("foreign_line_item", "The platform's line item is at another system.", 200)
    return item
