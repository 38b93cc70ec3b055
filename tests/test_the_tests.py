"""What all other tests rely on: databases of their own, and no way to another machine."""

import socket
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from hub.store import open_engine
from tests.databases import Kind
from tests.outside_world import BlockedTraffic


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
