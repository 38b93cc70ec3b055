"""Tokens: who gets which, and when they are refused."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.access.api_tokens import (
    NETWORK,
    PEOPLE,
    delete_api_tokens_of,
    list_api_tokens,
    make_api_token,
    revoke_api_token,
)
from hub.access.reach import OPERATOR, Reach
from hub.access.tables import api_token
from hub.clock import SettableClock
from hub.errors import BadInput, Conflict, HubError, Missing
from hub.ids import new_id
from hub.journal.tables import audit, change
from hub.network.people.provision import set_disabled
from tests.rest.programs import Network


def _refusals(network: Network) -> list[str]:
    with network.hub.reading() as uow:
        query = sa.select(audit.c.reason).where(audit.c.outcome == "refused").order_by(audit.c.at, audit.c.id)
        return list(uow.connection.scalars(query))


def _refused(network: Network, token: str) -> str:
    response = network.ask(token, "/partners")
    assert (response.status_code, response.mimetype) == (401, "application/problem+json")
    assert response.headers["WWW-Authenticate"].startswith('Bearer realm="hub"')
    assert response.json is not None
    return str(response.json["code"])


def test_a_token_is_kept_as_a_hash_and_stands_in_no_journal(network: Network) -> None:
    token = network.token("harbor")
    with network.hub.reading() as uow:
        rows = [
            *uow.connection.execute(sa.select(api_token)),
            *uow.connection.execute(sa.select(change)),
            *uow.connection.execute(sa.select(audit)),
        ]
    assert token not in str(rows)
    assert network.read(token, "/partners")["total"] == 1


def test_a_token_is_refused_when_it_ended_or_is_none(network: Network, clock: SettableClock) -> None:
    reach = Reach("person", network.ids["ana"])
    with network.hub.unit_of_work() as uow:
        revoked = make_api_token(uow, OPERATOR, [NETWORK])
        ending = make_api_token(uow, OPERATOR, [NETWORK], expires_at=uow.now + timedelta(hours=1))
        of_ana = make_api_token(uow, reach, [NETWORK])
        revoke_api_token(uow, revoked.id)
        set_disabled(uow, network.ids["ana"], disabled=True, reason="test")
    assert network.ask(ending.token, "/partners").status_code == 200
    clock.advance(hours=1)
    assert [_refused(network, each.token) for each in (revoked, ending, of_ana)] == [
        "token_revoked",
        "token_expired",
        "person_disabled",
    ]
    assert _refused(network, "hub_" + "A" * 43) == _refused(network, "x") == "unknown_token"
    assert network.app.test_client().get("/api/v1/partners").json["code"] == "no_token"  # type: ignore[index]
    in_query = network.app.test_client().get(f"/api/v1/partners?access_token={of_ana.token}")
    assert in_query.json["code"] == "token_in_query"  # type: ignore[index]
    assert _refusals(network) == [
        "token_revoked",
        "token_expired",
        "person_disabled",
        "unknown_token",
        "unknown_token",
        "no_token",
        "token_in_query",
    ]


def test_a_token_is_for_its_scopes_alone(network: Network) -> None:
    token = network.token("harbor", [NETWORK])
    assert network.ask(token, "/partners").status_code == 200
    refused = network.ask(token, "/people")
    assert (refused.status_code, refused.json["code"]) == (403, "missing_scope")  # type: ignore[index]
    assert network.ask(token, "/audiences").status_code == 403
    assert _refusals(network) == ["missing_scope", "missing_scope"]


def test_wrong_tokens_and_floods_are_refused_and_audited_once(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub.limits import Limit

    monkeypatch.setattr("hub.rest.caller.WRONG_TOKENS", Limit("rest_wrong_token", 2, 60))
    monkeypatch.setattr("hub.rest.caller.REQUESTS", Limit("rest_request", 2, 60))
    wrong = [network.ask("x", "/partners").status_code for _ in range(5)]
    token = network.token()
    right = [network.ask(token, "/partners") for _ in range(5)]
    assert wrong == [401, 401, 429, 429, 429]
    assert [response.status_code for response in right] == [200, 200, 429, 429, 429]
    assert right[-1].headers["Retry-After"] == "60"
    assert _refusals(network) == ["unknown_token", "unknown_token", "too_many_requests", "too_many_requests"]


def test_use_is_noted_to_a_minute(network: Network, clock: SettableClock) -> None:
    token = network.token()
    noted = []
    for seconds in (0, 30, 61):
        clock.advance(seconds=seconds)
        network.read(token, "/partners")
        with network.hub.reading() as uow:
            noted.append(list_api_tokens(uow)[0].last_used_at)
    assert noted[0] == noted[1]
    assert noted[2] == clock.now()


def _make(network: Network, reach: Reach, scopes: list[str], label: str = "") -> None:
    with network.hub.unit_of_work() as uow:
        make_api_token(uow, reach, scopes, label)


def test_what_cannot_be_a_token_is_told_at_once(network: Network) -> None:
    ana = Reach("person", network.ids["ana"])
    with pytest.raises(BadInput) as caught:
        _make(network, ana, ["audiences/read", "nonsense"], "two\nlines")
    assert [problem.place for problem in caught.value.problems] == ["scopes", "scopes", "label"]
    refused: list[tuple[Reach, type[HubError]]] = [
        (Reach("partner", new_id()), Missing),
        (Reach("partner", "x"), Missing),
        (Reach("person", new_id()), Missing),
    ]
    for reach, error in refused:
        with pytest.raises(error):
            _make(network, reach, [NETWORK])
    with network.hub.unit_of_work() as uow:
        set_disabled(uow, network.ids["ana"], disabled=True, reason="test")
    with pytest.raises(Conflict, match="switched off"):
        _make(network, ana, [PEOPLE])


def test_a_persons_token_goes_with_the_person(network: Network) -> None:
    token = network.token("ana")
    with network.hub.unit_of_work() as uow:
        assert delete_api_tokens_of(uow, network.ids["ana"]) == 1
    assert _refused(network, token) == "unknown_token"


def test_an_operators_own_token_has_no_power_of_an_operator(network: Network) -> None:
    from hub.network.people.person import grant_role

    with network.hub.unit_of_work() as uow:
        grant_role(uow, network.ids["ana"], "operator")
    assert network.names(network.token("ana"), "/people") == ["ana"]
