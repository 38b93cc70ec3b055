"""A way out that leads nowhere: it notes what would have been sent, and answers what was laid down for the address."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

from hub.errors import OutsideFailed
from hub.http import Answer, OutgoingHttp, place_of


@dataclass(frozen=True)
class Request:
    """A request that was not sent. ``form`` or ``body`` is what it would have carried."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """What it carried, as JSON."""
        return json.loads(self.body)


class RecordingHttp(OutgoingHttp):
    """Notes every request in ``requests``. Addresses are refused as the real way out refuses them.

    What was laid down with ``answer`` is answered, else 204 to what is posted; nothing to read is an error that says so, or
    with ``answers_all`` an empty JSON object. Places on the ``allow`` list are really called: simulated systems on this machine.
    """

    def __init__(self, allow: Iterable[str] = (), *, answers_all: bool = False) -> None:
        super().__init__(allow)
        self.requests: list[Request] = []
        self._answers: list[tuple[str, Answer]] = []
        self._answers_all = answers_all

    def answer(
        self,
        address: str,
        *,
        json: Any = None,
        text: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Let every address that begins so be answered so from now on; what was laid down last counts."""
        body = text.encode() if json is None else _as_json(json)
        self._answers.insert(0, (address, Answer(status, dict(headers or {}), body)))

    def _send(
        self, method: str, url: str, connection: str, patience: float | None = None, **kwargs: Any
    ) -> Answer:
        if place_of(url) in self._allow:
            return super()._send(method, url, connection, patience, **kwargs)
        self._check_address(url)
        self.requests.append(_request(method, url, kwargs))
        for begins, answer in self._answers:
            if url.startswith(begins):
                return answer
        if self._answers_all:
            return Answer(200, {}, b"{}")
        if method.upper() == "GET":
            place = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
            raise OutsideFailed(
                "no_answer",
                f"No answer was laid down: outgoing.answer({place!r}, json=...).",
                retryable=False,
            )
        return Answer(204, {}, b"")


def _request(method: str, url: str, sent: Mapping[str, Any]) -> Request:
    headers, data = dict(sent.get("headers") or {}), sent.get("data")
    if isinstance(data, Mapping):
        return Request(method.upper(), url, headers, form=dict(data))
    return Request(method.upper(), url, headers, body=_bytes_of(data))


def _bytes_of(data: bytes | IO[bytes] | None) -> bytes:
    return data if isinstance(data, bytes) else data.read() if data is not None else b""


def _as_json(value: Any) -> bytes:
    return json.dumps(value).encode()
