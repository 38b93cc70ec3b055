"""A client of the hub's own record store that tells each request it makes as a step, in words."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

from hub.errors import OutsideFailed
from hub.exchange import Step, shown
from hub.http import DEFAULT_PORTS, Answer, OutgoingHttp
from hub.xapi.http.versions import HEADER, ApiVersion

ADVICE: Mapping[str, str] = {
    "wrong_credentials": "Paste the secret that was shown when the credential was made. If nobody has it any more, make a new one.",
    "credential_revoked": "A revoked credential cannot come back. Make a new one.",
    "credential_expired": "Make a new credential with a later end, or without one.",
    "connection_disabled": "Switch the connection on, if it should send again.",
    "too_many_requests": "Wait a minute. Look among the recent refusals who keeps sending a wrong secret.",
    "missing_scope": "Make a credential with the scope that is missing.",
    "unknown_token": "The credential was changed while it was tried. Try again.",
    "no_such_resource": "The address that was asked does not lead to this hub's record store. Check public_url and the proxy before it.",
    "timeout": "The hub calls itself at public_url. Check that it can be reached from its own machine, and that it has a free thread (web_threads).",
    "unreachable": "The hub calls itself at public_url. Check its name, its proxy and its certificate from the hub's own machine.",
    "refused_address": "public_url is an address that the hub does not call. Check how it is spelled in the settings.",
    "not_a_store": "Something between answers in the hub's place. Check public_url, and what the proxy before the hub does with /xapi.",
}
"""What to change, by reason."""

_LOGGED = "The hub's log says more; nothing was stored."


@dataclass(frozen=True)
class Client:
    """Sends requests at ``public_url``; it may reach that address also inside the hub's network, and no other one."""

    public_url: str
    key: str
    secret: str

    @property
    def basic(self) -> str:
        """The Authorization header of key and secret."""
        return "Basic " + base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()

    def step(
        self,
        title: str,
        method: str,
        resource: str,
        done: str,
        *,
        parameters: Mapping[str, str] | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        check: Callable[[Answer], Mapping[str, str]] | None = None,
    ) -> tuple[Step, Answer | None]:
        """Send a request and tell what became of it. ``done`` is said when it succeeded and ``check`` accepts the answer.

        ``check`` gives values to show, and raises ValueError, in words, when the answer is not what it should be.
        """
        url = f"{self.public_url}/xapi/{resource}" + (f"?{urlencode(parameters)}" if parameters else "")
        request = f"{method} {shown(unquote_plus(url))}"
        sent = {HEADER: ApiVersion.V2.value, **(headers or {})}
        if authorization is not None:
            sent["Authorization"] = authorization
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            answer = self._http().request(method, url, headers=sent, body=body)
        except OutsideFailed as failure:
            advice = ADVICE.get(failure.code, failure.help)
            return Step(title, "failed", failure.message, request, code=failure.code, advice=advice), None
        if answer.status >= 300:
            return self._refused(title, request, answer), None
        try:
            received = check(answer) if check else {}
        except ValueError as problem:
            advice = ADVICE["not_a_store"]
            return Step(title, "failed", str(problem), request, answer.status, "not_a_store", advice), None
        return Step(title, "done", done, request, answer.status, received=received), answer

    def _refused(self, title: str, request: str, answer: Answer) -> Step:
        said = read_object(answer)
        code = str(said.get("code") or "")
        message = str(said.get("message") or said.get("error_description") or "")
        received = {"Content type": shown(answer.headers.get("Content-Type", "none"))}
        if not message:
            words = f"The answer {answer.status} is not one of the record store."
            return Step(
                title,
                "failed",
                words,
                request,
                answer.status,
                "not_a_store",
                ADVICE["not_a_store"],
                received | {"Beginning": shown(answer.body[:200].decode("utf-8", "replace"), self.secret)},
            )
        problems = [f"{p.get('place')}: {p.get('message')}" for p in said.get("problems", ())]
        received = {"Problems": shown("; ".join(problems), self.secret)} if problems else {}
        if error := said.get("error"):
            received["OAuth error"] = shown(error)
        advice = ADVICE.get(code) or str(said.get("help") or (_LOGGED if answer.status >= 500 else ""))
        return Step(
            title, "failed", shown(message, self.secret), request, answer.status, code, advice, received
        )

    def _http(self) -> OutgoingHttp:
        parts = urlsplit(self.public_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return OutgoingHttp([f"{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"])


def read_object(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; empty when it is something else."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
