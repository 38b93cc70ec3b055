"""OAuth 2 at the record store: who gets an access token, what it opens, when it ends, and what is refused how."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from authlib.integrations.requests_client import OAuth2Session

from hub.clock import SettableClock
from hub.ids import content_hash
from hub.network.systems.connections import set_connection_disabled
from hub.runtime import Hub
from hub.testing.serve import serve
from hub.xapi.callers.credentials import (
    ALL,
    ALL_READ,
    READ,
    READ_MINE,
    STATE,
    WRITE,
    create_credential,
    revoke_credential,
    rotate_credential,
)
from hub.xapi.callers.tokens import LIFETIME
from hub.xapi.callers.wrong_secrets import WRONG_SECRETS
from hub.xapi.tables import xapi_token
from tests.xapi.rig import Answer, Store, basic, open_store, statement
from tests.xapi.test_statements import audited, rows

TOKEN = "/xapi/oauth/token"


def ask(store: Store, form: Any = None, **headers: str | None) -> Answer:
    """A token request of the store's credential by Basic, unless the headers say otherwise."""
    data = {"grant_type": "client_credentials"} if form is None else form
    sent = {"Authorization": store.authorization, "X-Experience-API-Version": None, **headers}
    return store.send(
        "POST", TOKEN, data=data, content_type="application/x-www-form-urlencoded", headers=sent
    )


def with_token(store: Store, token: str) -> Store:
    """The same store, used with an access token."""
    return Store(
        store.client, store.connection_id, "", "", store.version, {"Authorization": f"Bearer {token}"}
    )


def test_key_and_secret_become_a_token_that_opens_the_same(hub: Hub, store: Store) -> None:
    answer = ask(store)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "access_token": answer.json["access_token"],
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "statements/write statements/read/mine",
    }
    token = answer.json["access_token"]
    assert len(token) == 43
    by_token = with_token(store, token)
    ids = by_token.post(statement()).json
    assert by_token.ids() == store.ids() == ids
    assert by_token.send("GET", "/xapi/about").status_code == 200
    with hub.reading() as uow:
        [row] = uow.connection.execute(sa.select(xapi_token))
    assert row.token_hash == content_hash(token.encode())
    assert token not in repr(tuple(row))


def test_the_scheme_is_known_in_any_case(store: Store) -> None:
    token = ask(store).json["access_token"]
    for scheme in ("bearer", "BEARER", "Bearer "):
        assert store.send("GET", headers={"Authorization": f"{scheme} {token}"}).status_code == 200


def test_the_secret_may_be_in_the_form(store: Store) -> None:
    form = {"grant_type": "client_credentials", "client_id": store.key, "client_secret": store.secret}
    assert ask(store, form, Authorization=None).status_code == 200


def test_a_client_id_beside_basic_must_be_the_key(hub: Hub, store: Store) -> None:
    form = {"grant_type": "client_credentials", "client_id": store.key}
    assert ask(store, form).status_code == 200
    assert ask(store, form | {"client_id": "other"}).json["error"] == "invalid_request"
    assert audited(hub) == [("xapi_token", "other_client_id")]


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("statements/read/mine", "statements/read/mine"),
        (
            "statements/read/mine statements/write statements/read/mine",
            "statements/write statements/read/mine",
        ),
        ("statements/write all nonsense", "statements/write"),
    ],
    ids=["fewer", "all-in-another-order", "with-ungranted-and-unknown"],
)
def test_scopes_are_narrowed_to_what_the_credential_has(store: Store, asked: str, granted: str) -> None:
    answer = ask(store, {"grant_type": "client_credentials", "scope": asked})
    assert answer.json["scope"] == granted
    by_token = with_token(store, answer.json["access_token"])
    may_write = "statements/write" in granted
    assert by_token.post(statement()).status_code == (200 if may_write else 403)


def test_wide_scopes_can_be_narrowed_to_what_they_stand_for(hub: Hub, store: Store) -> None:
    for has, asked, granted in (
        (ALL, "state statements/read/mine", "statements/read/mine state"),
        (ALL_READ, "statements/read/mine", READ_MINE),
        (READ, READ_MINE, READ_MINE),
    ):
        wide = open_store(hub, store.connection_id, (has,))
        answer = ask(wide, {"grant_type": "client_credentials", "scope": asked})
        assert answer.json["scope"] == granted
        assert with_token(wide, answer.json["access_token"]).get().status_code == 200
        assert with_token(wide, answer.json["access_token"]).post(statement()).status_code == 403
    wide = open_store(hub, store.connection_id, (ALL_READ,))
    assert ask(wide, {"grant_type": "client_credentials", "scope": STATE}).json["code"] == "scope_not_granted"


def test_a_token_that_is_too_narrow_is_told_what_it_lacks(hub: Hub, store: Store) -> None:
    answer = ask(store, {"grant_type": "client_credentials", "scope": READ_MINE})
    refused = with_token(store, answer.json["access_token"]).post(statement())
    assert (refused.status_code, refused.json["code"]) == (403, "missing_scope")
    assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="xAPI", error="insufficient_scope"')
    assert audited(hub) == [("statement", "missing_scope")]
    assert rows(hub) == []


REFUSED: dict[str, tuple[Any, str, str]] = {
    "nothing": ({}, "invalid_request", "no_grant_type"),
    "empty-grant": ({"grant_type": ""}, "invalid_request", "no_grant_type"),
    "other-grant": ({"grant_type": "password"}, "unsupported_grant_type", "bad_grant_type"),
    "refresh": ({"grant_type": "refresh_token"}, "unsupported_grant_type", "bad_grant_type"),
    "twice": ("grant_type=client_credentials&scope=a&scope=b", "invalid_request", "repeated_parameter"),
    "unknown-scope": (
        {"grant_type": "client_credentials", "scope": "everything"},
        "invalid_scope",
        "scope_unknown",
    ),
    "other-case": (
        {"grant_type": "client_credentials", "scope": "ALL"},
        "invalid_scope",
        "scope_unknown",
    ),
    "ungranted-scope": (
        {"grant_type": "client_credentials", "scope": "all profile"},
        "invalid_scope",
        "scope_not_granted",
    ),
    "both-ways": (
        {"grant_type": "client_credentials", "client_secret": "x"},
        "invalid_request",
        "two_authentications",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_refused_in_oauths_form(hub: Hub, store: Store, name: str) -> None:
    form, error, reason = REFUSED[name]
    answer = ask(store, form)
    assert (answer.status_code, answer.json["error"], answer.json["code"]) == (400, error, reason)
    assert answer.json["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert audited(hub) == [("xapi_token", reason)]
    assert tokens(hub) == 0


CLIENTS: dict[str, tuple[str | None, dict[str, str], str]] = {
    "nobody": (None, {}, "no_credentials"),
    "bearer": ("Bearer abc", {}, "no_credentials"),
    "not-base64": ("Basic !!", {}, "wrong_credentials"),
    "unknown-key": (basic("0" * 24, "x"), {}, "wrong_credentials"),
    "nul-in-key": (basic("a\0b", "x"), {}, "wrong_credentials"),
    "id-only": (None, {"client_id": "abc"}, "no_credentials"),
    "unknown-id": (None, {"client_id": "a\0b", "client_secret": "x"}, "wrong_credentials"),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_an_unknown_client_is_refused(hub: Hub, store: Store, name: str) -> None:
    header, form, reason = CLIENTS[name]
    answer = ask(store, {"grant_type": "client_credentials", **form}, Authorization=header)
    assert (answer.status_code, answer.json["error"], answer.json["code"]) == (401, "invalid_client", reason)
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert audited(hub) == [("xapi_token", reason)]


def test_only_forms_are_read_and_no_secret_in_the_address(hub: Hub, store: Store) -> None:
    sent = {"Authorization": store.authorization}
    as_json = store.send("POST", TOKEN, json={"grant_type": "client_credentials"}, headers=sent)
    address = f"{TOKEN}?grant_type=client_credentials&client_id={store.key}&client_secret={store.secret}"
    in_address = store.send("POST", address, content_type="application/x-www-form-urlencoded")
    huge = ask(store, {"grant_type": "client_credentials", "scope": "x" * 40_000})
    assert [a.json["error"] for a in (as_json, in_address, huge)] == ["invalid_request"] * 3
    assert [reason for _, reason in audited(hub)] == ["bad_content_type", "secret_in_query", "too_large"]
    assert store.send("GET", TOKEN).status_code == 405


def test_a_token_in_the_address_of_a_resource_is_refused(hub: Hub, store: Store) -> None:
    token = ask(store).json["access_token"]
    for headers in ({"Authorization": None}, {}):
        answer = store.send("GET", f"/xapi/statements?access_token={token}", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (400, "token_in_query")
        assert token not in answer.text
    assert audited(hub) == [("statement", "token_in_query")] * 2


def test_tokens_end_after_an_hour(hub: Hub, store: Store, clock: SettableClock) -> None:
    by_token = with_token(store, ask(store).json["access_token"])
    clock.advance(seconds=LIFETIME.total_seconds() - 1)
    assert by_token.get().status_code == 200
    clock.advance(seconds=1)
    answer = by_token.get()
    assert (answer.status_code, answer.json["code"]) == (401, "token_expired")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="xAPI", error="invalid_token"'
    assert audited(hub) == [("statement", "token_expired")]


def test_tokens_that_ended_do_not_pile_up(hub: Hub, store: Store, clock: SettableClock) -> None:
    for _ in range(3):
        ask(store)
    clock.advance(seconds=LIFETIME.total_seconds())
    ask(store)
    assert tokens(hub) == 1


def test_a_token_does_not_outlive_its_credential(hub: Hub, store: Store, clock: SettableClock) -> None:
    with hub.unit_of_work() as uow:
        ends = clock.now() + timedelta(minutes=10)
        store.key, store.secret = create_credential(uow, store.connection_id, [READ_MINE], "", ends)
    answer = ask(store)
    assert answer.json["expires_in"] == 600
    clock.advance(minutes=10)
    assert with_token(store, answer.json["access_token"]).get().json["code"] == "credential_expired"
    assert ask(store).json["code"] == "credential_expired"


def test_unknown_tokens_are_refused(hub: Hub, store: Store) -> None:
    ask(store)
    for token in ("x", "x" * 43, "!" * 43, "ы", store.secret):
        answer = with_token(store, token.encode("utf-8").decode("latin-1")).get()
        assert (answer.status_code, answer.json["code"]) == (401, "unknown_token")
    assert audited(hub) == [("statement", "unknown_token")] * 5


@pytest.mark.parametrize("how", ["revoked", "rotated", "disabled"])
def test_tokens_end_with_their_credential_at_once(hub: Hub, store: Store, how: str) -> None:
    by_token = with_token(store, ask(store).json["access_token"])
    assert by_token.get().status_code == 200
    with hub.unit_of_work() as uow:
        if how == "revoked":
            revoke_credential(uow, store.key)
        elif how == "rotated":
            rotate_credential(uow, store.key)
        else:
            set_connection_disabled(uow, store.connection_id, disabled=True)
    assert by_token.get().status_code == 401
    assert ask(store).json["error"] == "invalid_client"
    assert tokens(hub) == (1 if how == "disabled" else 0)


def test_one_credentials_tokens_survive_the_others_end(hub: Hub, store: Store) -> None:
    other = open_store(hub, store.connection_id, (STATE,))
    by_token = with_token(store, ask(store).json["access_token"])
    with hub.unit_of_work() as uow:
        revoke_credential(uow, other.key)
    assert by_token.get().status_code == 200


def test_many_wrong_secrets_are_told_to_wait(hub: Hub, store: Store) -> None:
    wrong = basic(store.key, "wrong")
    for _ in range(WRONG_SECRETS.times):
        assert ask(store, Authorization=wrong).status_code == 401
    answer = ask(store, Authorization=wrong)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert ask(store).status_code == 200
    assert audited(hub)[WRONG_SECRETS.times :] == [("xapi_token", "too_many_requests")]


def test_clients_can_find_the_token_endpoint(hub: Hub, store: Store) -> None:
    told = store.send("GET", "/xapi/about", headers={"Authorization": None}).json["extensions"]
    told_path = told["https://www.rfc-editor.org/rfc/rfc8414"].removeprefix(hub.settings.public_url)
    for path in (
        "/.well-known/oauth-authorization-server/xapi",
        "/xapi/.well-known/oauth-authorization-server",
        told_path,
    ):
        answer = store.send("GET", path, headers={"Authorization": None})
        assert answer.status_code == 200
        assert answer.json["issuer"] == hub.settings.url("/xapi")
        assert answer.json["token_endpoint"] == hub.settings.url(TOKEN)
        assert WRITE in answer.json["scopes_supported"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_an_oauth_client_that_knows_nothing_of_the_hub_gets_in(store: Store, method: str) -> None:
    with serve(store.client.application) as url:
        session = OAuth2Session(
            store.key, store.secret, scope="statements/read/mine", token_endpoint_auth_method=method
        )
        session.trust_env = False
        metadata = session.get(
            f"{url}/.well-known/oauth-authorization-server/xapi", withhold_token=True
        ).json()
        token_endpoint = url + urlsplit(metadata["token_endpoint"]).path
        token = session.fetch_token(token_endpoint, grant_type="client_credentials")
        assert token["scope"] == "statements/read/mine"
        answer = session.get(f"{url}/xapi/statements", headers={"X-Experience-API-Version": "1.0.3"})
        assert answer.json() == {"statements": [], "more": ""}
        session.close()


def tokens(hub: Hub) -> int:
    """How many access tokens are stored."""
    with hub.reading() as uow:
        return len(uow.connection.execute(sa.select(xapi_token)).all())
