"""The way out of a plugin that is tried: wherever it wants to go, it comes to the simulated system, and never to a real one."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from hub.http import Answer, OutgoingHttp


class ToTheOutside(OutgoingHttp):
    """Keeps path and query of each address, and puts the simulated system in place of the rest."""

    def __init__(self, address: str) -> None:
        super().__init__([address.removeprefix("http://")])
        self._outside = address

    def _send(
        self, method: str, url: str, connection: str, patience: float | None = None, **kwargs: Any
    ) -> Answer:
        parts = urlsplit(url)
        path = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        return super()._send(method, f"{self._outside}{path}", connection, patience, **kwargs)
