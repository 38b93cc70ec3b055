"""Trying a tool: its keys, and the sign-in it asks for, as far as both go without a person.

A launch ends with an id_token about somebody. Everything before that is the real exchange (LTI 1.3, section 5.1.1): the hub
begins a sign-in at the tool, and what the tool asks for in return is judged as the hub judges it when a course is opened.
"""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from hub.errors import HubError, OutsideFailed
from hub.exchange import Exchange, Step, shown
from hub.http import Answer
from hub.lti.authorize import check_request, check_tool
from hub.lti.launch import LoginInitiation
from hub.lti.registration.explain import explain
from hub.lti.registration.fetch_keys import try_keys
from hub.lti.tools import Tool, key_source, read_tool
from hub.runtime import Hub

HINT = "connection-test"
SIGN_IN, LAUNCH, SERVICES = "Begin a sign-in", "Open a course", "Write a score"
MAX_PAGE = 200_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHOWN = ("client_id", "redirect_uri", "response_type", "response_mode", "scope", "prompt")


def try_tool(hub: Hub, connection_id: str) -> Exchange:
    """Try a tool, outside any unit; Missing ``no_tool`` when the connection has none.

    What the tool is refused stands in the audit trail too, under the code that the step shows.
    """
    with hub.reading() as uow:
        tool = read_tool(uow, connection_id)
    return Exchange(list(_steps(hub, tool)))


def _steps(hub: Hub, tool: Tool) -> Iterator[Step]:
    if tool.closed:
        message, advice = f"{tool.name} {tool.closed_words}", explain(tool.closed).change
        yield Step("May it be opened?", "failed", message, code=tool.closed, advice=advice)
    else:
        yield Step("May it be opened?", "done", "It is in use.")
    source = key_source(tool)
    yield try_keys(hub, tool.connection_id, source.jwks_url, source.given)
    yield _sign_in(hub, tool)
    yield Step(
        LAUNCH,
        "skipped",
        "A launch is about a person: open a course as a learner, or look at the preview of a launch.",
    )
    yield Step(SERVICES, "skipped", "The tool itself begins that, after a launch.")


def _sign_in(hub: Hub, tool: Tool) -> Step:
    """Call the tool's login address and look at the authentication request that it answers with."""
    fields = {
        "iss": hub.settings.public_url,
        "target_link_uri": tool.launch_url,
        "login_hint": HINT,
        "lti_message_hint": HINT,
        "client_id": tool.client_id,
        "lti_deployment_id": tool.deployment_id,
    }
    request = f"GET {shown(tool.login_url)}"
    try:
        answer = hub.http.get(LoginInitiation(tool.login_url, fields).address, connection=tool.connection_id)
    except OutsideFailed as failure:
        advice = explain(failure.code).change
        return Step(SIGN_IN, "failed", failure.message, request, code=failure.code, advice=advice)
    if answer.status >= 400:
        return Step(
            SIGN_IN,
            "failed",
            f"The tool refuses to begin a sign-in: it answered {answer.status}.",
            request,
            answer.status,
            "login_refused",
            explain("login_refused").change,
            {"Issuer": hub.settings.public_url, "Client id": tool.client_id},
        )
    asked = _authentication_request(hub, tool, answer)
    if asked is None:
        message = "The tool answered with a page. What it does there shows in a browser only."
        return Step(SIGN_IN, "skipped", message, request, answer.status)
    return _judge(hub, tool, asked, request, answer.status)


def _judge(hub: Hub, tool: Tool, asked: Mapping[str, list[str]], request: str, status: int) -> Step:
    received = {name: shown(", ".join(asked.get(name, ()))) or "missing" for name in _SHOWN}
    try:
        if asked.get("client_id") != [tool.client_id]:
            raise HubError("unknown_client", "The tool names another client_id than its own.")
        check_tool(tool, asked)
        check_request(asked)
        _check_hints(asked)
    except HubError as refusal:
        hub.audit_refusal(
            "launch",
            refusal.code,
            connection_id=tool.connection_id,
            detail={"received": {name: value[:200] for name, value in received.items()}, "test": True},
        )
        advice = explain(refusal.code).change
        return Step(SIGN_IN, "failed", refusal.message, request, status, refusal.code, advice, received)
    message = "The tool asks for an id_token as it should."
    return Step(SIGN_IN, "done", message, request, status, received=received)


def _check_hints(asked: Mapping[str, list[str]]) -> None:
    for name, code in {
        "login_hint": "unknown_login_hint",
        "lti_message_hint": "message_hint_mismatch",
    }.items():
        if asked[name] != [HINT]:
            raise HubError(code, f"The tool changed the {name} that it was given.")


def _authentication_request(hub: Hub, tool: Tool, answer: Answer) -> dict[str, list[str]] | None:
    """What the tool asks of the hub, by a redirect or by a form that posts itself; None when it is neither."""
    ours = hub.settings.url("/lti/authorize")
    if answer.status in _REDIRECTS:
        location = next((v for name, v in answer.headers.items() if name.lower() == "location"), "")
        address = urljoin(tool.login_url, location)
        if not _is_at(address, ours):
            return None
        return parse_qs(urlsplit(address).query, keep_blank_values=True)
    form = _Form(answer.body[:MAX_PAGE].decode("utf-8", "replace"))
    return form.fields if _is_at(urljoin(tool.login_url, form.action), ours) else None


def _is_at(address: str, ours: str) -> bool:
    return address.partition("?")[0] == ours


class _Form(HTMLParser):
    """The first form of a page and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, list[str]] = {}
        self._state = "before"
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the form and the inputs in it."""
        given: dict[str, Any] = {name: value or "" for name, value in attrs}
        if tag == "form" and self._state == "before":
            self._state, self.action = "inside", given.get("action", "")
        elif tag == "input" and self._state == "inside" and given.get("name"):
            self.fields.setdefault(given["name"], []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """Notes the end of the form."""
        if tag == "form" and self._state == "inside":
            self._state = "after"
