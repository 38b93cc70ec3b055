"""Limits count over all processes, in windows of time, without keeping whom they count."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.limits import Limit, count_request, network_of
from hub.limits.tables import request_count
from hub.runtime import Hub
from hub.store import open_engine

LIMIT = Limit("test", 8, 60)


def test_requests_at_the_same_moment_are_all_counted(hub: Hub) -> None:
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: count_request(hub, LIMIT, "192.0.2.1"), range(8)))
    assert sorted(counts) == list(range(1, 9))


def test_beyond_the_limit_nothing_more_is_written(hub: Hub) -> None:
    counts = [count_request(hub, LIMIT, "192.0.2.1") for _ in range(12)]
    assert counts == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10]
    with hub.reading() as uow:
        [row] = uow.connection.execute(sa.select(request_count))
    assert row._mapping["count"] == LIMIT.times + 1
    assert "192.0.2.1" not in row.key


def test_beyond_the_limit_no_process_writes_or_lets_in(hub: Hub) -> None:
    for _ in range(10):
        count_request(hub, LIMIT, "192.0.2.1")
    engine = open_engine(hub.settings.database_url.get_secret_value())
    other = replace(hub, engine=engine)
    try:
        assert [count_request(other, LIMIT, "192.0.2.1") for _ in range(3)] == [10, 10, 10]
        with other.reading() as uow:
            assert uow.connection.scalar(sa.select(request_count.c["count"])) == LIMIT.times + 1
        assert count_request(other, LIMIT, "192.0.2.2") == 1  # by a connection that was only reading before
    finally:
        engine.dispose()


def test_each_window_each_limit_and_each_of_whom_begins_anew(hub: Hub, clock: SettableClock) -> None:
    assert count_request(hub, LIMIT, "one") == 1
    assert count_request(hub, LIMIT, "other") == 1
    assert count_request(hub, Limit("another", 8, 60), "one") == 1
    clock.advance(seconds=60)
    assert count_request(hub, LIMIT, "one") == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
        ("proxy", "proxy"),
    ],
    ids=["ipv4", "ipv6", "none", "name"],
)
def test_whom_a_network_is_counted_as(address: str, network: str) -> None:
    assert network_of(address) == network
