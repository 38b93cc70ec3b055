"""Who may use the record store: wrong, missing, rotated and revoked credentials, and scopes."""

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.ids import content_hash, new_id
from hub.journal import tables
from hub.network.connections import set_connection_disabled
from hub.runtime import Hub
from hub.xapi.credentials import (
    ALL,
    ALL_READ,
    READ,
    READ_MINE,
    WRITE,
    create_credential,
    list_credentials,
    revoke_credential,
    rotate_credential,
)
from hub.xapi.tables import xapi_credential
from tests.xapi.rig import Store, basic, open_store, statement
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


NO_CREDENTIALS = (None, "", "Basic", "Bearer abc")
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
    for header in (*NO_CREDENTIALS, *WRONG_CREDENTIALS):
        expected += ["no_credentials" if header in NO_CREDENTIALS else "wrong_credentials"] * 4
        for method in ("GET", "HEAD", "POST", "PUT"):
            answer = store.send(method, json=statement(), headers={"Authorization": header})
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
    assert store.get().status_code == 401
    for again in (revoke_credential, rotate_credential):
        with pytest.raises(Missing), hub.unit_of_work() as uow:
            again(uow, store.key)
    with hub.reading() as uow:
        assert list_credentials(uow, store.connection_id) == []


def test_a_disabled_connection_is_refused(hub: Hub, store: Store) -> None:
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, store.connection_id, disabled=True)
    assert store.get().status_code == 401


def test_scopes_must_be_known(hub: Hub, store: Store) -> None:
    for scopes in ((), ("statements/read/everything",), (WRITE, "")):
        with pytest.raises(BadInput, match="Scopes"), hub.unit_of_work() as uow:
            create_credential(uow, store.connection_id, scopes)


def test_a_credential_needs_a_connection(hub: Hub) -> None:
    with pytest.raises(Missing), hub.unit_of_work() as uow:
        create_credential(uow, new_id(), [WRITE])
