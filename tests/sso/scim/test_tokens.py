"""Whose request it is: bearer tokens that are in force, and nothing else (LN7)."""

from datetime import timedelta
from threading import Thread

import pytest

from hub.clock import SettableClock
from hub.errors import BadInput, Missing
from hub.network.systems.connections import create_connection, set_connection_disabled
from hub.runtime import Hub
from hub.sso.scim.happened import last_requests
from hub.sso.scim.tokens import list_tokens, make_token, renew_token, revoke_token
from tests.sso.scim.rig import Client, begin_client, everything, refusals


@pytest.fixture
def client(hub: Hub) -> Client:
    return begin_client(hub)


def _is_refused(client: Client, reason: str, path: str = "/Users", **headers: str) -> None:
    before = everything(client.hub)
    answer = client.ask("POST", path, {"userName": "x"}, **headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/scim+json"
    assert answer.json is not None
    assert (answer.json["status"], set(answer.json)) == ("401", {"schemas", "status", "detail"})
    assert everything(client.hub) == before
    assert refusals(client.hub) == [reason]


def test_ln7_no_token(client: Client) -> None:
    _is_refused(client, "no_token", Authorization="")


def test_ln7_basic(client: Client) -> None:
    _is_refused(client, "no_token", Authorization=f"Basic {client.token}")


def test_ln7_unknown_token(client: Client) -> None:
    _is_refused(client, "unknown_token", Authorization=f"Bearer {client.token[:-1]}_")


def test_ln7_expired_token(client: Client, clock: SettableClock) -> None:
    with client.hub.unit_of_work() as uow:
        new = make_token(uow, client.caller.connection_id, "short", uow.now + timedelta(hours=1))
    client.token = new.token
    assert client.ask("GET", "/Users").status_code == 200
    clock.advance(hours=1)
    _is_refused(client, "token_expired")


def test_ln7_revoked_token(client: Client) -> None:
    with client.hub.unit_of_work() as uow:
        revoke_token(uow, client.caller.connection_id, client.caller.token_id)
    _is_refused(client, "token_revoked")


def test_ln7_connection_switched_off(client: Client) -> None:
    with client.hub.unit_of_work() as uow:
        set_connection_disabled(uow, client.caller.connection_id, disabled=True)
    _is_refused(client, "connection_disabled")


@pytest.mark.parametrize("name", ["access_token", "token", "Bearer"])
def test_ln7_token_in_query_string(client: Client, name: str) -> None:
    _is_refused(client, "token_in_query", f"/Users?{name}={client.token}")


def test_wrong_tokens_are_limited_and_audited_once(client: Client) -> None:
    answers = [client.ask("GET", "/Users", Authorization="Bearer x") for _ in range(25)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 5
    assert answers[-1].headers["Retry-After"] == "60"
    assert refusals(client.hub) == ["unknown_token"] * 20 + ["too_many_requests"]
    assert client.ask("GET", "/Users").status_code == 200


def test_a_renewed_token_works_beside_the_old_one_for_a_day(client: Client, clock: SettableClock) -> None:
    with client.hub.unit_of_work() as uow:
        new = renew_token(uow, client.caller.connection_id, client.caller.token_id)
    assert client.ask("GET", "/Users").status_code == 200
    clock.advance(hours=24)
    assert client.ask("GET", "/Users").status_code == 401
    client.token = new.token
    assert client.ask("GET", "/Users").status_code == 200


def test_tokens_are_kept_as_hashes_and_listed_without(client: Client) -> None:
    client.ask("GET", "/Users")
    with client.hub.reading() as uow:
        (line,) = list_tokens(uow, client.caller.connection_id)
    assert (line.label, line.state, line.last_used_at) == ("for tests", "active", client.hub.clock.now())
    assert client.token not in str(everything(client.hub))


def test_a_token_of_another_connection_is_not_revoked(client: Client) -> None:
    other = begin_client(client.hub, "lakeside")
    with pytest.raises(Missing), client.hub.unit_of_work() as uow:
        revoke_token(uow, client.caller.connection_id, other.caller.token_id)


def test_a_shared_connection_gets_no_token(client: Client) -> None:
    with client.hub.unit_of_work() as uow:
        shared = create_connection(uow, "shared", "scim", "Shared")
        with pytest.raises(BadInput):
            make_token(uow, shared)


def test_what_happened_is_told_without_ids_and_names(client: Client) -> None:
    client.post_user("ann")
    client.ask("GET", "/Users/0190ffff-0000-7000-8000-000000000000")
    client.ask("GET", '/Users?filter=nonsense eq "ann@riverside.example"')
    with client.hub.reading() as uow:
        found = last_requests(uow, client.caller.connection_id, 10)
    told = [(one.method, one.path, one.status, one.code) for one in reversed(found)]
    assert told == [
        ("POST", "/Users", 201, ""),
        ("GET", "/Users/...", 404, "not_found"),
        ("GET", "/Users", 400, "invalid_filter"),
    ]
    assert "ann" not in str(found)


def test_two_processes_that_make_one_user_name_make_one_person(client: Client) -> None:
    statuses: list[int] = []

    def post() -> None:
        from tests.sso.scim.rig import user

        statuses.append(client.ask("POST", "/Users", user("ann")).status_code)

    threads = [Thread(target=post) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409]
    assert client.get("/Users")["totalResults"] == 1
    from hub.network.tables import person

    with client.hub.reading() as uow:
        import sqlalchemy as sa

        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(person)) == 1
