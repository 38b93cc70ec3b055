"""Trying a credential: the real exchange with the hub's own record store, over HTTP, at the address partners use.

What is sent has no effect. A statement of a test actor, whom nobody is, is voided at once; it is the same statement all
month long, so a connection's record grows by two rows a month at most, however often it is tried. Documents are deleted
again. Refusals stand in the audit trail like any other, under the codes that the steps show.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.exchange import Exchange, Step, masked, shown
from hub.http import Answer
from hub.ids import derived_id, random_id
from hub.journal import VOIDED
from hub.runtime import Hub
from hub.xapi.callers.credential_views import CredentialLine
from hub.xapi.callers.scopes import (
    MAY_PROFILE,
    MAY_READ,
    MAY_READ_PROFILE,
    MAY_READ_STATE,
    MAY_STATE,
    MAY_WRITE,
    in_order,
)
from hub.xapi.callers.try_client import Client, read_object
from hub.xapi.statements.instants import format_instant

_Ability = Callable[[str], Iterator[Step]]
_BODY = b'{"a":"test document"}'


def try_credential(hub: Hub, credential: CredentialLine, secret: str) -> Exchange:
    """Use the credential with this secret as a partner's system would, for everything that its scopes allow.

    Every step tells what happened in words; secrets and tokens are masked. Nothing after a refused sign-in is tried.
    """
    trial = _Trial(hub, credential, Client(hub.settings.public_url, credential.key, secret.strip()))
    return Exchange(list(trial.steps()))


@dataclass
class _Trial:
    hub: Hub
    credential: CredentialLine
    client: Client
    is_over: bool = False
    _actor: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        account = {"homePage": self.hub.settings.public_url, "name": "connection-test"}
        self._actor = {"account": account}

    @property
    def _activity(self) -> str:
        return self.hub.settings.url("/xapi/connection-test")

    def steps(self) -> Iterator[Step]:
        """All of them, in order."""
        yield self._about()
        basic = self.client.basic
        abilities: list[tuple[str, Collection[str], _Ability]] = [
            ("Send a statement", MAY_WRITE, self._write),
            ("Read statements", MAY_READ, self._read),
            ("Keep a state document", MAY_STATE, self._state),
            ("Keep an activity profile", MAY_PROFILE, self._profile),
        ]
        if not self._may(MAY_STATE) and self._may(MAY_READ_STATE):
            abilities[2] = ("Read state documents", MAY_READ_STATE, self._list_state)
        if not self._may(MAY_PROFILE) and self._may(MAY_READ_PROFILE):
            abilities[3] = ("Read activity profiles", MAY_READ_PROFILE, self._list_profiles)
        for title, scopes, ability in abilities:
            yield from self._try(title, scopes, ability, basic)
        yield from self._token()

    def _try(self, title: str, scopes: Collection[str], ability: _Ability, by: str) -> Iterator[Step]:
        if self.is_over:
            yield Step(title, "skipped", "A step before failed.")
        elif not self._may(scopes):
            needed = " or ".join(in_order(scopes))
            yield Step(title, "skipped", f"This credential is not meant for that: it has no scope {needed}.")
        else:
            yield from ability(by)

    def _may(self, scopes: Collection[str]) -> bool:
        return not set(scopes).isdisjoint(self.credential.scopes)

    def _about(self) -> Step:
        def check(answer: Answer) -> Mapping[str, str]:
            versions = read_object(answer).get("version")
            if not isinstance(versions, list):
                raise ValueError("The answer does not say which versions of xAPI are spoken.")
            return {"Versions": shown(", ".join(map(str, versions)))}

        step, _ = self.client.step(
            "Reach the record store", "GET", "about", "The record store answers at public_url.", check=check
        )
        self.is_over = step.outcome == "failed"
        return step

    def _send(self, title: str, method: str, resource: str, done: str, **options: Any) -> Step:
        """One request as the credential. Whoever is not let in need not try anything more."""
        step, _ = self.client.step(title, method, resource, done, **options)
        if step.outcome == "failed" and step.status in {401, 429, None}:
            self.is_over = True
        return step

    def _write(self, by: str) -> Iterator[Step]:
        statement, voiding = self._statements()
        for title, sent, done in (
            (
                "Send a statement",
                statement,
                "The test statement was taken, or was there since an earlier test.",
            ),
            ("Void it again", voiding, "The test statement is voided: no list and no course counts it."),
        ):
            step = self._send(
                title,
                "POST",
                "statements",
                done,
                authorization=by,
                body=json.dumps(sent).encode(),
                check=_has_taken,
            )
            yield step
            if step.outcome == "failed":
                return
        if self._may(MAY_READ):
            yield self._send(
                "Read it back",
                "GET",
                "statements",
                "The statement came back as it was sent.",
                parameters={"voidedStatementId": statement["id"]},
                authorization=by,
                check=lambda answer: _is_statement(answer, statement["id"]),
            )

    def _statements(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The test statement of this month and connection, and the one that voids it: sent again, they change nothing."""
        month = self.hub.clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        parts = (self.credential.connection_id, month.isoformat())
        # A Group stands for nobody, so nothing waits for a person to be found.
        common = {"actor": {"objectType": "Group", **self._actor}, "timestamp": format_instant(month)}
        statement = {
            "id": derived_id("connection_test", *parts),
            "verb": {"id": "http://adlnet.gov/expapi/verbs/experienced", "display": {"en": "tried"}},
            "object": {"id": self._activity, "definition": {"name": {"en": "Test of this connection"}}},
            **common,
        }
        voiding = {
            "id": derived_id("connection_test_voided", *parts),
            "verb": {"id": VOIDED, "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": statement["id"]},
            **common,
        }
        return statement, voiding

    def _read(self, by: str) -> Iterator[Step]:
        def check(answer: Answer) -> Mapping[str, str]:
            found = read_object(answer).get("statements")
            if not isinstance(found, list):
                raise ValueError("The answer holds no list of statements.")
            through = answer.headers.get("X-Experience-API-Consistent-Through", "")
            return {"Statements": "at least one" if found else "none yet", "Consistent through": through}

        yield self._send(
            "Read statements",
            "GET",
            "statements",
            "The list of statements can be read; what is in it is not shown here.",
            parameters={"limit": "1"},
            authorization=by,
            check=check,
        )

    def _state(self, by: str) -> Iterator[Step]:
        names = {"activityId": self._activity, "agent": json.dumps(self._actor), "stateId": random_id()}
        yield from self._document("a state document", "activities/state", names, by)

    def _profile(self, by: str) -> Iterator[Step]:
        names = {"activityId": self._activity, "profileId": random_id()}
        yield from self._document("an activity profile", "activities/profile", names, by)

    def _document(self, what: str, resource: str, names: Mapping[str, str], by: str) -> Iterator[Step]:
        """PUT, GET and DELETE of one document under a name that no other one has."""
        request: dict[str, Any] = {"parameters": names, "authorization": by}
        headers = {"If-None-Match": "*", "Content-Type": "application/json"}
        first = self._send(
            f"Keep {what}", "PUT", resource, "The document was kept.", headers=headers, body=_BODY, **request
        )
        yield first
        if first.outcome == "failed":
            return
        yield self._send(
            f"Read {what}", "GET", resource, "It came back byte for byte.", check=_is_document, **request
        )
        # Nobody else knows its name, so whatever stands there is ours.
        yield self._send(f"Delete {what}", "DELETE", resource, "It is gone again.", **request)

    def _list_state(self, by: str) -> Iterator[Step]:
        names = {"activityId": self._activity, "agent": json.dumps(self._actor)}
        yield self._list("Read state documents", "activities/state", names, by)

    def _list_profiles(self, by: str) -> Iterator[Step]:
        yield self._list("Read activity profiles", "activities/profile", {"activityId": self._activity}, by)

    def _list(self, title: str, resource: str, names: Mapping[str, str], by: str) -> Step:
        done = "Their names can be listed."
        return self._send(title, "GET", resource, done, parameters=names, authorization=by)

    def _token(self) -> Iterator[Step]:
        """An access token for key and secret, and the first thing that it opens."""
        title = "Get an access token (OAuth 2)"
        if self.is_over:
            yield Step(title, "skipped", "A step before failed.")
            return

        def check(answer: Answer) -> Mapping[str, str]:
            said = read_object(answer)
            if not isinstance(said.get("access_token"), str):
                raise ValueError("The answer holds no access token.")
            return {
                "Access token": masked(said["access_token"]),
                "Scopes": shown(said.get("scope", "")),
                "Good for": f"{said.get('expires_in')} seconds",
            }

        step, answer = self.client.step(
            title,
            "POST",
            "oauth/token",
            "Key and secret were exchanged for an access token.",
            authorization=self.client.basic,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=b"grant_type=client_credentials",
            check=check,
        )
        yield step
        if answer is None:
            return
        opens: tuple[tuple[Collection[str], _Ability], ...] = (
            (MAY_WRITE, self._write),
            (MAY_READ, self._read),
            (MAY_READ_STATE, self._list_state),
            (MAY_READ_PROFILE, self._list_profiles),
        )
        by = f"Bearer {read_object(answer)['access_token']}"
        for scopes, ability in opens:
            if self._may(scopes):
                yield _named(next(ability(by)), "Use the access token")
                return


def _named(step: Step, title: str) -> Step:
    words = "The access token opens what key and secret open." if step.outcome == "done" else step.message
    return Step(title, step.outcome, words, step.request, step.status, step.code, step.advice, step.received)


def _has_taken(answer: Answer) -> Mapping[str, str]:
    try:
        [id] = json.loads(answer.body)
    except (ValueError, TypeError, RecursionError):
        raise ValueError("The answer is not the id of the statement that was sent.") from None
    return {"Statement": shown(id)}


def _is_statement(answer: Answer, id: str) -> Mapping[str, str]:
    said = read_object(answer)
    if said.get("id") != id:
        raise ValueError("Another statement came back than was asked for.")
    return {"Statement": id, "Stored": shown(said.get("stored", ""))}


def _is_document(answer: Answer) -> Mapping[str, str]:
    if answer.body != _BODY:
        raise ValueError("The document came back otherwise than it was sent.")
    return {"ETag": shown(answer.headers.get("ETag", "none"))}
