"""The services of a platform as the hub calls them: tokens, line items, results, members."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.lti.bridge.ags_client import AgsClient, below
from hub.lti.bridge.nrps_client import Member, NrpsClient
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.service import is_own
from hub.lti.bridge.tables import lti_service_token
from hub.lti.bridge.tokens import drop_token, service_token, token_key
from hub.lti.vocabulary import NRPS_SCOPE, SCORE_SCOPE
from tests.lti.bridge.rig import Bridge

SCOPES = (SCORE_SCOPE,)


def tokens(bridge: Bridge) -> list[sa.Row[Any]]:
    with bridge.hub.reading() as uow:
        return list(uow.connection.execute(sa.select(lti_service_token)))


def test_the_assertion_is_as_the_standard_has_it(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    service_token(bridge.hub, bridge.read_platform(), SCOPES)
    (claims,) = bridge.west.assertions
    now = int(bridge.hub.clock.now().timestamp())
    assert (claims["iat"], claims["exp"]) == (now, now + 300)


def test_a_token_is_kept_sealed_and_fetched_once_by_many_at_once(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    platform = bridge.read_platform()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: service_token(bridge.hub, platform, SCOPES), range(8)))
    assert len(found) == 1
    assert bridge.west.calls == ["token"]
    (row,) = tokens(bridge)
    (token,) = found
    assert token not in row.sealed_token
    assert bridge.hub.sealer.open(row.sealed_token) == token


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "another"},
        {"issuer": "https://another.example"},
        {"token_audience": "https://another.example"},
        {"connection_id": "0198a5a5-0000-7000-8000-000000000001"},
    ],
)
def test_r8_any_other_registration_has_its_own_token(bridge: Bridge, change: dict[str, Any]) -> None:
    bridge.platform("west", bridge.west)
    platform = bridge.read_platform()
    assert token_key(platform, SCOPES) != token_key(replace(platform, **change), SCOPES)
    assert token_key(platform, SCOPES) != token_key(platform, (NRPS_SCOPE,))
    assert token_key(platform, (SCORE_SCOPE, NRPS_SCOPE)) == token_key(platform, (NRPS_SCOPE, SCORE_SCOPE))


def test_a_token_is_renewed_a_minute_before_its_end(bridge: Bridge, clock: SettableClock) -> None:
    bridge.platform("west", bridge.west)
    platform = bridge.read_platform()
    first = service_token(bridge.hub, platform, SCOPES)
    clock.advance(minutes=58)
    assert service_token(bridge.hub, platform, SCOPES) == first
    clock.advance(minutes=1)
    assert service_token(bridge.hub, platform, SCOPES) != first
    assert len(tokens(bridge)) == 1


@pytest.mark.parametrize(
    ("told", "seconds"), [(None, 300), ("600", 600), (-1, 300), (1e300, 86_400), ("soon", 300), (True, 1)]
)
def test_how_long_a_token_is_good_is_read_with_care(bridge: Bridge, told: Any, seconds: int) -> None:
    bridge.platform("west", bridge.west)
    bridge.west.fail("token", 200, {"access_token": "abc", "expires_in": told})
    service_token(bridge.hub, bridge.read_platform(), SCOPES)
    (row,) = tokens(bridge)
    assert (row.expires_at - bridge.hub.clock.now()).total_seconds() == seconds


def test_another_token_that_is_there_by_now_is_not_dropped(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    platform = bridge.read_platform()
    service_token(bridge.hub, platform, SCOPES)
    drop_token(bridge.hub, platform, SCOPES, "an older one")
    assert len(tokens(bridge)) == 1


def test_members_of_all_pages_with_the_case_of_links_kept(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.west.page_size = 3
    bridge.west.members = [{"user_id": str(number), "roles": ["Learner"]} for number in range(8)]
    found = list(NrpsClient(bridge.hub, bridge.read_platform()).members(f"{bridge.west.address}/Members"))
    assert [member.user_id for member in found] == [str(number) for number in range(8)]
    assert bridge.west.calls.count("members") == 3


def test_members_tell_what_they_tell(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    told: list[Any] = [
        {
            "user_id": "1",
            "roles": ["Learner", 7],
            "status": "Inactive",
            "name": "Ann",
            "email": "ann@riverside.example",
        },
        {"user_id": "2", "roles": "Learner", "name": 7},
        {"roles": ["Learner"]},
        "nobody",
    ]
    bridge.west.members = told
    found = list(NrpsClient(bridge.hub, bridge.read_platform()).members(f"{bridge.west.address}/Members"))
    assert found == [
        Member("1", ("Learner",), "Inactive", "Ann", "ann@riverside.example"),
        Member("2", (), "Active", None, None),
    ]


@pytest.mark.parametrize(
    ("answer", "headers", "code"),
    [
        ([], {}, "bad_members"),
        ({"members": {}}, {}, "bad_members"),
        ({"members": []}, {"Link": '<https://evil.example/2>; rel="next"'}, "foreign_next_link"),
        ({"members": []}, {"Link": '</Members>; rel="next"'}, "endless_pages"),
        ({"members": []}, {"Link": '</Members?From=0>; rel="self next"'}, "endless_pages"),
    ],
)
def test_lists_that_lead_elsewhere_or_nowhere_end(
    bridge: Bridge, answer: Any, headers: dict[str, str], code: str
) -> None:
    bridge.platform("west", bridge.west)
    bridge.west.fail("members", 200, answer, **headers)
    client = NrpsClient(bridge.hub, bridge.read_platform())
    with pytest.raises(ServiceFailed) as caught:
        list(client.members(f"{bridge.west.address}/Members"))
    assert caught.value.code == code
    assert bridge.west.calls.count("members") <= 2


def test_results_of_a_line_item(bridge: Bridge) -> None:
    bridge.ready()
    bridge.complete()
    bridge.work()
    client = AgsClient(bridge.hub, bridge.read_platform())
    assert list(client.results(bridge.west.item_url())) == [{"userId": "ann-there", "resultScore": 70}]
    assert list(client.results(bridge.west.item_url(), "somebody")) == []


@pytest.mark.parametrize("maximum", [0, -1, "100", None, True])
def test_a_maximum_that_is_none_is_not_used(bridge: Bridge, maximum: Any) -> None:
    bridge.ready()
    bridge.west.items["1"]["scoreMaximum"] = maximum
    bridge.complete()
    bridge.work()
    assert bridge.west.points == [(7, 10)]


def test_a_line_item_made_at_another_system_is_refused(bridge: Bridge) -> None:
    bridge.platform("west", bridge.west)
    bridge.know("ann", "west")
    bridge.place("west", line_item_url=None)
    bridge.west.fail("items", 200, {"id": "https://evil.example/items/1", "scoreMaximum": 100})
    bridge.complete()
    bridge.work()
    assert (bridge.grade().state, bridge.grade().code) == ("parked", "foreign_line_item")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/item", "https://a.example/item/scores"),
        ("https://a.example/item/?x=1&y=2", "https://a.example/item/scores?x=1&y=2"),
        ("https://a.example/item?u=/a/b", "https://a.example/item/scores?u=/a/b"),
        ("https://a.example/item#top", "https://a.example/item/scores"),
    ],
)
def test_where_scores_go(url: str, expected: str) -> None:
    assert below(url, "scores") == expected


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://hub.example/lti/x", True),
        ("https://HUB.example:443/lti/x", True),
        ("http://hub.example/lti/x", False),
        ("https://hub.example.evil/lti/x", False),
        ("https://[::1", False),
    ],
)
def test_br5_which_addresses_are_the_hubs_own(url: str, own: bool) -> None:
    assert is_own("https://hub.example", url) is own
