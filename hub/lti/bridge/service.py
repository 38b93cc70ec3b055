"""Calling a service of a platform: with a token, once more when it was taken back, and from page to page."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from hub.http import Answer
from hub.lti.bridge.outcome import ServiceFailed, judge
from hub.lti.bridge.tokens import drop_token, service_token
from hub.lti.tool.platforms import Platform
from hub.runtime import Hub

MAX_PAGES = 500


@dataclass(frozen=True)
class ServiceClient:
    """The services of one platform, outside any unit of work. ``before_call`` is asked before each call, and may raise."""

    hub: Hub
    platform: Platform
    before_call: Callable[[], None] = lambda: None

    def call(
        self,
        method: str,
        url: str,
        scopes: Sequence[str],
        *,
        accept: str = "",
        content_type: str = "",
        body: bytes | None = None,
        secrets: Sequence[str] = (),
    ) -> Answer:
        """Call an address with a token for these scopes; the answer, always a success.

        A token that is not accepted is fetched anew, once. Raises ServiceFailed ``token_rejected`` when the fresh one is
        not either, ``own_service`` for an address of the hub itself, else as ``judge``; OutsideFailed as ``hub.http``.
        ``secrets`` are left out of what a failure says.
        """
        if is_own(self.hub.settings.public_url, url):
            raise ServiceFailed("own_service", "This address is the hub's own: it does not call itself.")
        media = {"Accept": accept, "Content-Type": content_type}
        headers = {name: value for name, value in media.items() if value}
        for attempt in range(2):
            self.before_call()
            token = service_token(self.hub, self.platform, scopes)
            self.before_call()
            answer = self.hub.http.request(
                method,
                url,
                connection=self.platform.connection_id,
                headers={**headers, "Authorization": f"Bearer {token}"},
                body=body,
            )
            if answer.status != 401:
                judge(answer, self.hub.clock.now(), token, *secrets)
                return answer
            drop_token(self.hub, self.platform, scopes, token)
            if attempt:
                break
        raise ServiceFailed("token_rejected", "The platform does not accept its own access token.", 401)

    def pages(self, url: str, scopes: Sequence[str], accept: str) -> Iterator[Any]:
        """The JSON of every page, following links with ``rel=next`` (RFC 8288) on the same origin, MAX_PAGES at most.

        Raises ServiceFailed ``foreign_next_link`` or ``endless_pages``, and as ``call``.
        """
        seen: set[str] = set()
        following: str | None = url
        while following is not None:
            if following in seen or len(seen) == MAX_PAGES:
                raise ServiceFailed("endless_pages", "The platform's list does not come to an end.")
            seen.add(following)
            answer = self.call("GET", following, scopes, accept=accept)
            yield answer.json()
            following = _next_link(answer, following)


def is_own(public_url: str, url: str) -> bool:
    """Whether an address is one of the hub itself, so that calling it would only come back."""
    return origin(url) == origin(public_url)


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; empty ones where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        return "", "", 0
    return parts.scheme, (parts.hostname or "").lower(), port


def as_json(value: object) -> bytes:
    """A request body."""
    return json.dumps(value, separators=(",", ":")).encode()


def _next_link(answer: Answer, page: str) -> str | None:
    header = next((value for name, value in answer.headers.items() if name.lower() == "link"), "")
    for link in parse_header_links(header) if header else []:
        if "next" in link.get("rel", "").lower().split():
            following = urljoin(page, link["url"])
            if origin(following) != origin(page):
                raise ServiceFailed("foreign_next_link", "The platform's list goes on at another system.")
            return following
    return None
