"""What all other tests rely on: databases of their own, and no way to another machine."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.signing import keys as signing_keys
from hub.store import open_engine
from tests.databases import Kind
from tests.outside_world import BlockedTraffic
from tests.shortcuts import Keys


def test_a_database_is_of_the_kind_the_test_runs_for(database_url: str, database_kind: Kind) -> None:
    engine = open_engine(database_url)
    with engine.connect() as connection:
        what = "sqlite_version()" if database_kind == "sqlite" else "version()"
        answer = connection.scalar(sa.text(f"SELECT {what}"))
        names = sa.inspect(connection).get_table_names()
    engine.dispose()
    assert isinstance(answer, str)
    assert answer.startswith("PostgreSQL" if database_kind == "postgres" else "3.")
    assert "alembic_version" in names


def test_databases_share_nothing(new_database: Callable[..., str]) -> None:
    engines = [open_engine(new_database()), open_engine(new_database(migrated=False))]
    with engines[0].begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (id integer)"))
    tables = [sa.inspect(engine).get_table_names() for engine in engines]
    for engine in engines:
        engine.dispose()
    assert "mine" in tables[0]
    assert tables[1] == []


def test_engines_of_one_kind_share_the_sql_they_wrote_and_nothing_else(
    new_database: Callable[..., str],
) -> None:
    engines = []
    for url in (new_database(), new_database(), new_database()):
        engines.append(open_engine(url))
        with engines[-1].begin() as connection:
            connection.execute(sa.text("CREATE TABLE mine (id integer)"))
    assert engines[1].dialect is engines[2].dialect
    assert engines[1]._compiled_cache is engines[2]._compiled_cache
    assert engines[1].pool is not engines[2].pool
    for engine in engines:
        engine.dispose()


def test_a_test_gets_no_key_twice_and_the_next_gets_the_same_ones() -> None:
    keys, made = Keys(), []
    hub_makes: Any = signing_keys
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            keys.begin_test(patch)
            made.append([hub_makes.RSAKey.generate_key(2048, private=True) for _ in range(3)])
    assert made[0] == made[1]
    assert len({key.thumbprint() for key in made[0]}) == 3


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_connections_to_other_machines_are_errors(method: str) -> None:
    with socket.socket() as sock, pytest.raises(BlockedTraffic):
        getattr(sock, method)(("192.0.2.1", 443))


def test_datagrams_to_other_machines_are_errors() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sock, pytest.raises(BlockedTraffic):
        sock.sendto(b"?", ("192.0.2.1", 53))


def test_names_of_other_machines_are_not_looked_up() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("hub.example.com", 443), timeout=1)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
