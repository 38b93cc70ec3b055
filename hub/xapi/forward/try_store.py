"""The test page of a receiving store: the real exchange, step by step, with what failed and what to change."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hub.errors import HubError, OutsideFailed
from hub.exchange import Exchange, Step, shown
from hub.http import Answer
from hub.ids import random_id
from hub.runtime import Hub
from hub.xapi.forward.client import StoreClient, mask
from hub.xapi.forward.stores import OAUTH2, ReceivingStore
from hub.xapi.http.versions import HEADER
from hub.xapi.statements.instants import format_instant

TEST_VERB = "http://adlnet.gov/expapi/verbs/experienced"

_ADVICE = {
    "refused_address": "Use https to a public host, or add host:port to outgoing_allow in the settings of the hub.",
    "timeout": "The other system took too long. Check that it runs, and that no firewall swallows the request.",
    "unreachable": "Check the address: name, port, and that its certificate is valid.",
    "busy": "The hub is already calling this system as often as it may. Try again in a moment.",
    "too_large": "The answer is no answer of a record store. Check the endpoint.",
    "cannot_unseal": "Put the earlier key back into secret_key_fallbacks, or enter the secret again.",
    "no_token": "Check client id, client secret, scope and token address with whoever runs the receiving store.",
}
_BY_STATUS = {
    301: "The store has moved. Enter the address it names in its Location header.",
    302: "The address leads to a page, perhaps a sign-in. Enter the address of the record store.",
    400: "The store did not understand the request. Check the xAPI version and that the endpoint ends before /statements.",
    401: "The store does not know these credentials. Enter the key and secret again, or ask for new ones.",
    403: "The credentials are known but may not do this. Ask for the right to {right}.",
    404: "There is no record store at this address. The endpoint ends before /statements, often in /xapi or /xapi/.",
    429: "The store asks to be called less often. Try again later.",
}


@dataclass
class _Trial:
    """The steps so far; what depends on a step that failed is skipped."""

    store: ReceivingStore
    client: StoreClient
    steps: list[Step] = field(default_factory=list)

    def ask(
        self,
        title: str,
        request: str,
        call: Callable[[], Answer],
        judge: Callable[[Answer], Step | None],
        right: str = "",
    ) -> bool:
        """Do one step; whether it worked. ``judge`` looks at an answer of 200 and may find fault with it."""
        try:
            answer = call()
            step = judge(answer) if answer.status == 200 else self._refused(title, answer, right)
        except HubError as error:
            advice = _ADVICE.get(error.code, "") or error.help
            step = Step(title, "failed", error.message, request, code=error.code, advice=advice)
        else:
            step = step or Step(title, "done", "It answered as it should.")
            step = Step(
                step.title,
                step.outcome,
                step.message,
                request,
                answer.status,
                step.code,
                step.advice,
                step.received or self._received(answer),
            )
        self.steps.append(step)
        return step.outcome == "done"

    def skip(self, title: str, message: str) -> None:
        """A step that was not tried."""
        self.steps.append(Step(title, "skipped", message))

    def _refused(self, title: str, answer: Answer, right: str) -> Step:
        advice = _BY_STATUS.get(answer.status, "")
        if answer.status >= 500:
            advice = "The store itself failed. Whoever runs it finds the reason in its log."
        message = f"It answered {answer.status}."
        return Step(title, "failed", message, code="refused", advice=advice.format(right=right or "do this"))

    def _received(self, answer: Answer) -> dict[str, str]:
        """A few headers and the start of the body, without secrets."""
        wanted = {HEADER.lower(), "content-type", "location", "retry-after", "www-authenticate"}
        received = {
            name: self._shown(value) for name, value in answer.headers.items() if name.lower() in wanted
        }
        return received | {"Body": self._shown(answer.body[:2000].decode("utf-8", "replace"))}

    def _shown(self, value: str) -> str:
        try:
            secret = self.client.secret(self.store)
        except HubError:
            secret = ""
        return shown(mask(value, [secret]), secret)


def try_store(hub: Hub, store: ReceivingStore, *, send: bool = False) -> Exchange:
    """Ask what the store speaks, sign in, and, when ``send`` says so, send one test statement, which stays there."""
    client = StoreClient(hub.http, hub.sealer, hub.clock)
    trial, endpoint = _Trial(store, client), store.config.endpoint
    about = trial.ask(
        "Which versions does it speak?",
        f"GET {endpoint}/about",
        lambda: client.about(store),
        lambda answer: _check_about(answer, store.config.version),
    )
    reached = about or trial.steps[-1].status is not None
    if not reached:
        for title in _titles(store):
            trial.skip(title, "The store could not be reached.")
        return Exchange(trial.steps)
    if store.config.auth == OAUTH2 and not _try_token(trial):
        for title in _titles(store)[1:]:
            trial.skip(title, "There is no access token.")
        return Exchange(trial.steps)
    signed_in = trial.ask(
        "May the hub compare statements?",
        f"GET {endpoint}/statements?limit=1",
        lambda: client.get_statements(store, limit="1"),
        _check_list,
        "read statements (it may go without: then a statement that is already there cannot be compared, and is parked)",
    )
    refused = not signed_in and trial.steps[-1].status == 401
    if refused:
        trial.skip("Does it take a statement?", "The credentials are refused.")
    elif not send:
        trial.skip(
            "Does it take a statement?",
            "Nothing is sent unless you ask for it: a test statement stays there.",
        )
    else:
        statement = _test_statement(hub, store, hub.clock.now())
        trial.ask(
            "Does it take a statement?",
            f"POST {endpoint}/statements",
            lambda: client.post_statements(store, json.dumps([statement]).encode()),
            lambda answer: _check_ids(answer, str(statement["id"])),
            "write statements",
        )
    return Exchange(trial.steps)


def _titles(store: ReceivingStore) -> list[str]:
    token = ["Does it give an access token?"] if store.config.auth == OAUTH2 else []
    return [*token, "May the hub compare statements?", "Does it take a statement?"]


def _try_token(trial: _Trial) -> bool:
    store = trial.store

    def fetch() -> Answer:
        trial.client.fetch_token(store)
        return Answer(200, {}, b"an access token")

    return trial.ask(
        "Does it give an access token?", f"POST {store.config.token_url}", fetch, lambda answer: None
    )


def _check_about(answer: Answer, version: str) -> Step | None:
    title = "Which versions does it speak?"
    try:
        told = answer.json()
    except OutsideFailed:
        told = None
    versions = told.get("version") if isinstance(told, dict) else None
    if not isinstance(versions, list):
        advice = "Check the endpoint: a record store answers with its versions at /about."
        return Step(
            title, "failed", "This is no record store: it names no versions.", code="no_about", advice=advice
        )
    spoken = [str(each) for each in versions]
    if not any(each == version or each.startswith(f"{version[:3]}") for each in spoken):
        advice = f"Choose one of the versions it speaks: {', '.join(spoken)[:100]}."
        return Step(title, "failed", f"It does not speak {version}.", code="other_version", advice=advice)
    return Step(title, "done", f"It speaks {', '.join(spoken)[:100]}; the hub will speak {version}.")


def _check_list(answer: Answer) -> Step | None:
    title = "May the hub compare statements?"
    try:
        told = answer.json()
    except OutsideFailed:
        told = None
    if isinstance(told, dict) and isinstance(told.get("statements"), list):
        # What the store holds is about people: nothing of it is shown.
        return Step(title, "done", "The credentials are good.", received={"Body": "a list of statements"})
    advice = "Check the endpoint: something else than a record store answers there."
    return Step(title, "failed", "The answer is no list of statements.", code="no_list", advice=advice)


def _check_ids(answer: Answer, id: str) -> Step | None:
    title = "Does it take a statement?"
    try:
        told = answer.json()
    except OutsideFailed:
        told = None
    if isinstance(told, list) and [str(each).lower() for each in told] == [id]:
        return Step(title, "done", f"It stored the test statement {id}.")
    advice = "Check the endpoint: a record store answers with the ids of what it stored."
    return Step(title, "failed", "It did not answer with the statement's id.", code="no_ids", advice=advice)


def _test_statement(hub: Hub, store: ReceivingStore, now: datetime) -> dict[str, object]:
    """About nobody: the hub itself tried out the connection."""
    return {
        "id": random_id(),
        "actor": {"account": {"homePage": hub.settings.public_url, "name": "connection-test"}},
        "verb": {"id": TEST_VERB, "display": {"en": "experienced"}},
        "object": {
            "id": hub.settings.url(f"/connection-test/{store.id}"),
            "definition": {"name": {"en": "A test of the connection"}},
        },
        "timestamp": format_instant(now),
    }
