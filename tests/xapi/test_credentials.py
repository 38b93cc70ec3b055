"""Who may use the record store: wrong, missing, rotated and revoked credentials, and scopes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import BadInput, Missing
from hub.ids import content_hash, new_id
from hub.journal import tables
from hub.journal.views import list_audit
from hub.network import tables as network
from hub.network.systems.connections import create_connection, set_connection_disabled
from hub.runtime import Hub
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credential_views import find_credential, list_credentials
from hub.xapi.callers.credentials import (
    ALL,
    ALL_READ,
    READ,
    READ_MINE,
    WRITE,
    Credential,
    create_credential,
    create_session_credential,
    revoke_credential,
    rotate_credential,
)
from hub.xapi.callers.tokens import grant_token
from hub.xapi.callers.wrong_secrets import WRONG_SECRETS
from hub.xapi.tables import xapi_credential
from tests.xapi.rig import Store, basic, make_app, open_store, statement
from tests.xapi.test_statements import audited, rows


def test_the_secret_is_random_and_not_kept(hub: Hub, store: Store) -> None:
    assert len(store.secret) == 43
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(xapi_credential)).one()
        written = [
            *uow.connection.scalars(sa.select(tables.change.c.body)),
            *uow.connection.scalars(sa.select(tables.audit.c.detail)),
        ]
    assert row.secret_hash == content_hash(store.secret.encode())
    assert store.secret not in repr(tuple(row)) + repr(written)
    assert row.secret_hash not in repr(written)


PARTNER, OTHER_PARTNER = "0190a000-0000-7000-8000-000000000001", "0190a000-0000-7000-8000-000000000002"
NO_CREDENTIALS = (None, "", "Basic", "Bearer", "Digest abc")
WRONG_CREDENTIALS = (
    "Basic !!!",
    "Basic YQ==",
    "Basic /////w==",
    basic("a" * 65, "x"),
    basic("a\0b", "x"),
    basic("ключ", "x"),
    basic("", ""),
    basic("unknown", "x"),
)


def test_nobody_gets_in_without_a_credential(hub: Hub, store: Store) -> None:
    expected = []
    for number, header in enumerate((*NO_CREDENTIALS, *WRONG_CREDENTIALS)):
        expected += ["no_credentials" if header in NO_CREDENTIALS else "wrong_credentials"] * 4
        for method in ("GET", "HEAD", "POST", "PUT"):
            answer = store.send(
                method,
                json=statement(),
                headers={"Authorization": header},
                environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
            )
            assert answer.status_code == 401, header
            assert answer.headers["WWW-Authenticate"].startswith("Basic "), header
    assert audited(hub) == [("statement", reason) for reason in expected]
    assert rows(hub) == []


def test_the_secret_must_be_right(hub: Hub, store: Store) -> None:
    for secret in (store.secret[:-1], store.secret + "x", store.secret.upper(), "", f"{store.secret}:"):
        answer = store.send("GET", headers={"Authorization": basic(store.key, secret)})
        assert (answer.status_code, answer.json["code"]) == (401, "wrong_credentials")
    assert store.get().status_code == 200


def test_a_refusal_names_the_connection_but_no_secret_and_no_person(hub: Hub, store: Store) -> None:
    store.post(b"{")
    with hub.reading() as uow:
        row = uow.connection.execute(sa.select(tables.audit).where(tables.audit.c.outcome == "refused")).one()
    assert (row.action, row.reason, row.connection_id, row.subject_id) == (
        "statement",
        "bad_json",
        store.connection_id,
        "",
    )
    assert row.detail == {"status": 400, "method": "POST", "problems": 0}


def test_scopes(hub: Hub, store: Store) -> None:
    for scope, post, get in [
        (WRITE, 200, 403),
        (READ_MINE, 403, 200),
        (READ, 403, 200),
        (ALL_READ, 403, 200),
        (ALL, 200, 200),
    ]:
        mine = open_store(hub, store.connection_id, (scope,))
        assert (mine.post(statement()).status_code, mine.get().status_code) == (post, get), scope
    assert audited(hub) == [("statement", "missing_scope")] * 4
    assert len(rows(hub)) == 2


def test_every_scope_sees_the_own_systems_statements_only(hub: Hub, store: Store, other_store: Store) -> None:
    other_store.post(statement())
    for scope in (READ_MINE, READ, ALL_READ, ALL):
        assert open_store(hub, store.connection_id, (scope,)).ids() == []


def test_two_credentials_of_one_system_see_the_same(hub: Hub, store: Store) -> None:
    ids = store.post(statement()).json
    assert open_store(hub, store.connection_id).ids() == ids


def test_a_rotated_secret_works_at_once_and_the_old_one_no_more(hub: Hub, store: Store) -> None:
    old = store.secret
    store.post(statement())
    with hub.unit_of_work() as uow:
        key, store.secret = rotate_credential(uow, store.key)
    assert key == store.key
    assert len(store.ids()) == 1
    assert store.send("GET", headers={"Authorization": basic(store.key, old)}).status_code == 401


def test_a_revoked_credential_is_refused_at_once_and_for_good(hub: Hub, store: Store) -> None:
    assert store.get().status_code == 200
    with hub.unit_of_work() as uow:
        revoke_credential(uow, store.key)
    assert refused(store) == (401, "credential_revoked")
    for again in (revoke_credential, rotate_credential):
        with pytest.raises(Missing), hub.unit_of_work() as uow:
            again(uow, store.key)
    with hub.reading() as uow:
        assert list_credentials(uow, store.connection_id) == []
        [kept] = list_credentials(uow, store.connection_id, with_revoked=True)
    assert (kept.key, kept.state) == (store.key, "revoked")


def test_a_change_in_one_process_holds_in_the_others_at_once(
    hub: Hub, store: Store, settings: Settings, clock: SettableClock
) -> None:
    other_process = open_hub(settings, clock=clock)
    there = Store(make_app(other_process).test_client(), store.connection_id, store.key, store.secret)
    assert there.get().status_code == 200
    with hub.unit_of_work() as uow:
        _, store.secret = rotate_credential(uow, store.key)
    assert refused(there) == (401, "wrong_credentials")
    there.secret = store.secret
    assert there.get().status_code == 200
    with hub.unit_of_work() as uow:
        revoke_credential(uow, store.key)
    assert refused(there) == (401, "credential_revoked")
    other_process.close()


def test_a_disabled_connection_is_refused(hub: Hub, store: Store) -> None:
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, store.connection_id, disabled=True)
    assert refused(store) == (401, "connection_disabled")


def test_a_credential_is_good_until_it_expires(hub: Hub, store: Store, clock: SettableClock) -> None:
    ends = clock.now() + timedelta(days=1)
    with hub.unit_of_work() as uow:
        store.key, store.secret = create_credential(uow, store.connection_id, [READ_MINE], "Trial", ends)
    assert store.get().status_code == 200
    clock.advance(days=1)
    assert refused(store) == (401, "credential_expired")
    with hub.reading() as uow:
        line = find_credential(uow, store.key)
    assert (line.label, line.state, line.expires_at) == ("Trial", "expired", ends)


def test_only_who_has_the_secret_is_told_why_it_does_not_work(hub: Hub, store: Store) -> None:
    with hub.unit_of_work() as uow:
        revoke_credential(uow, store.key)
    store.secret = "x" * 43
    known = store.get()
    store.key = "0" * 24
    unknown = store.get()
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)
    assert known.json["code"] == "wrong_credentials"


def test_a_refusal_names_the_connection_whose_key_was_sent(hub: Hub, store: Store) -> None:
    store.secret = "x" * 43
    store.get()
    store.key = "0" * 24
    store.get()
    with hub.reading() as uow:
        refused_rows = list_audit(uow, outcome="refused").rows
        of_connection = list_audit(uow, outcome="refused", connection_id=store.connection_id).rows
    assert [(row.reason, row.connection_id) for row in refused_rows] == [
        ("wrong_credentials", None),
        ("wrong_credentials", store.connection_id),
    ]
    assert of_connection == refused_rows[1:]


def test_after_many_wrong_secrets_from_one_network_it_is_told_to_wait(
    hub: Hub, store: Store, clock: SettableClock
) -> None:
    right = store.secret
    store.secret = "wrong"
    assert [store.get().status_code for _ in range(WRONG_SECRETS.times)] == [401] * WRONG_SECRETS.times
    for _ in range(3):
        answer = store.get()
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert store.send("GET", environ_overrides=elsewhere).status_code == 401
    assert [reason for _, reason in audited(hub)] == [
        *["wrong_credentials"] * WRONG_SECRETS.times,
        "too_many_requests",
        "wrong_credentials",
    ]
    store.secret, wrong = right, store.secret
    assert store.get().status_code == 200  # whoever has the right one is not held up by others
    store.secret = wrong
    clock.advance(seconds=WRONG_SECRETS.seconds)
    assert store.get().status_code == 401


def test_a_check_is_one_query_by_key_or_by_token(hub: Hub, store: Store) -> None:
    granted = grant_token(hub, {"grant_type": ["client_credentials"]}, store.authorization)
    for header in (store.authorization, f"Bearer {granted.token}"):
        with hub.reading() as uow, counted(hub) as queries:
            assert check_credential(uow, header).key == store.key
        assert len(queries) == 1


def test_last_use_is_noted_about_once_a_minute(hub: Hub, store: Store, clock: SettableClock) -> None:
    def used() -> datetime | None:
        with hub.reading() as uow:
            return find_credential(uow, store.key).last_used_at

    assert used() is None
    began = clock.now()
    store.get()
    assert used() == began
    clock.advance(seconds=59)
    with counted(hub) as queries:
        store.get()
    assert used() == began
    assert [query for query in queries if not query.lstrip().upper().startswith("SELECT")] == []
    clock.advance(seconds=1)
    store.send("GET", headers={"X-Experience-API-Version": None})  # refused, but known
    assert used() == clock.now()


def test_a_credential_of_a_session_is_in_no_list_and_in_no_record(hub: Hub, store: Store) -> None:
    with hub.unit_of_work() as uow:
        before = len(uow.connection.execute(sa.select(tables.change)).all())
        _, new = create_session_credential(uow, store.connection_id, [WRITE], uow.now + timedelta(hours=1))
        after = len(uow.connection.execute(sa.select(tables.change)).all())
        [line] = list_credentials(uow, store.connection_id)
    assert (line.key, before) == (store.key, after)
    store.key, store.secret = new
    assert refused(store) == (403, "missing_scope")


def test_who_may_read_what_of_whom(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        for id in (PARTNER, OTHER_PARTNER):
            uow.connection.execute(sa.insert(network.partner).values(id=id, name="Partner"))
        mine, also = (create_connection(uow, slug, "lms", slug, PARTNER) for slug in ("mine", "also"))
        create_connection(uow, "theirs", "lms", "Theirs", OTHER_PARTNER)
        shared, _ = (create_connection(uow, slug, "lms", slug) for slug in ("shared", "shared-too"))
        cases: list[tuple[str, str | None, set[str], list[str]]] = [
            (mine, PARTNER, {READ_MINE}, [mine]),
            (mine, PARTNER, {READ}, [mine, also]),
            (mine, PARTNER, {READ_MINE, ALL_READ}, [mine, also]),
            (also, PARTNER, {ALL}, [also, mine]),
            (shared, None, {ALL}, [shared]),
        ]
        for connection_id, partner_id, scopes, expected in cases:
            credential = Credential("id", "key", connection_id, partner_id, frozenset(scopes))
            assert credential.readable_connections(uow) == expected


def test_what_is_wrong_with_a_new_credential_is_told_all_at_once(hub: Hub, store: Store) -> None:
    for scopes in ((), ("statements/read/everything",), (WRITE, "")):
        with pytest.raises(BadInput) as told, hub.unit_of_work() as uow:
            create_credential(uow, store.connection_id, scopes, "a\nb", uow.now)
        assert [problem.place for problem in told.value.problems] == ["scopes", "label", "expires_at"]
        assert READ_MINE in told.value.help


def refused(store: Store) -> tuple[int, str]:
    """Status and code of a GET."""
    answer = store.get()
    return answer.status_code, answer.json["code"]


@contextmanager
def counted(hub: Hub) -> Iterator[list[str]]:
    """The queries and changes that are sent while the block runs, without transactions and settings."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        if arguments[2].lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            seen.append(arguments[2])

    sa.event.listen(hub.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(hub.engine, "before_cursor_execute", note)


def test_a_credential_needs_a_connection(hub: Hub) -> None:
    with pytest.raises(Missing), hub.unit_of_work() as uow:
        create_credential(uow, new_id(), [WRITE])
