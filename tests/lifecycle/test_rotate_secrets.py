"""A new secret key: afterwards it opens everything, and the one before opens nothing."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from hub.errors import HubError
from hub.ids import new_id
from hub.lifecycle import rotate_secrets as room
from hub.lifecycle.rotate_secrets import count_secrets, rotate_secrets
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.sso.oidc.providers import add_provider
from hub.store import metadata
from hub.store.new_migration import import_all_tables
from hub.store.sealed_columns import sealed_columns
from hub.store.types import Id, Json, Time

OLD, NEW = "only-for-tests-0123456789abcdefghij", "another-key-for-tests-0123456789abc"
NAMED_LIKE_A_SECRET = re.compile(r"secret|private_key|password|token|letter|verifier")
IN_THE_CLEAR = re.compile(r"_hash|token_url$|token_audience$|^domain_claim\.token$")
"""Hashes of what is random, addresses, and what stands in the public DNS."""


def with_keys(hub: Hub, *keys: str) -> Hub:
    newest, *others = map(SecretStr, keys)
    settings = hub.settings.model_copy(update={"secret_key": newest, "secret_key_fallbacks": others})
    return replace(hub, settings=settings, sealer=Sealer(list(keys)))


def fill(hub: Hub) -> None:
    """Put a sealed value into every sealed column that there is, in rows that refer to nothing."""
    filled = set()
    with hub.unit_of_work() as uow:
        if not uow.is_sqlite:
            uow.connection.exec_driver_sql("SET session_replication_role = replica")  # without references
        for column in sealed_columns(metadata):
            values = {each.name: _value(each) for each in column.table.columns if not each.nullable}
            for other in sealed_columns(metadata):
                if other.table is column.table:
                    values[other.name] = hub.sealer.seal(f"secret of {other.table.name}.{other.name}")
            if column.table.name not in filled:
                uow.connection.execute(sa.insert(column.table).values(**values))
            filled.add(column.table.name)
        if not uow.is_sqlite:
            uow.connection.exec_driver_sql("SET session_replication_role = DEFAULT")


def _value(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, Id):
        return new_id()
    if isinstance(column.type, Time):
        return datetime(2026, 1, 1, tzinfo=UTC)
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.Integer | sa.Float):
        return 1
    if isinstance(column.type, sa.LargeBinary):
        return b"1"
    return {} if isinstance(column.type, sa.JSON) or column.type is Json else "x"


def secrets(hub: Hub) -> list[str]:
    """All sealed values."""
    with hub.reading() as uow:
        return [
            value
            for column in sealed_columns(metadata)
            for value in uow.connection.scalars(sa.select(column).where(column.is_not(None), column != ""))
        ]


def test_after_a_rotation_the_old_key_opens_nothing_and_the_new_one_everything(hub: Hub) -> None:
    import_all_tables()
    _without_references(hub)
    fill(hub)
    expected = {Sealer([OLD]).open(value) for value in secrets(hub)}
    assert len(expected) == len(list(sealed_columns(metadata))) > 8
    both = with_keys(hub, NEW, OLD)
    assert sum(c.older for c in count_secrets(both)) == len(expected)
    assert {Sealer([OLD]).open(value) for value in secrets(hub)} == expected
    assert sum(c.older for c in rotate_secrets(both)) == len(expected)
    assert {Sealer([NEW]).open(value) for value in secrets(hub)} == expected
    for value in secrets(hub):
        with pytest.raises(HubError):
            Sealer([OLD]).open(value)
    again = rotate_secrets(both)
    assert (sum(c.older for c in again), sum(c.newest for c in again)) == (0, len(expected))


def _without_references(hub: Hub) -> None:
    """Rows made up for one table refer to nothing."""
    if hub.engine.dialect.name == "sqlite":

        def off(driver: Any, _record: Any, _proxy: Any) -> None:
            driver.execute("PRAGMA foreign_keys = OFF")

        sa.event.listen(hub.engine, "checkout", off)


def test_many_secrets_go_in_chunks_and_one_that_was_interrupted_goes_on(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "CHUNK", 3)
    with hub.unit_of_work() as uow:
        for number in range(8):
            connection_id = create_connection(uow, f"idp-{number}", "oidc", "IdP")
            sealed = hub.sealer.seal(f"secret {number}")
            add_provider(uow, connection_id, f"https://idp{number}.example", "client", sealed)
    both = with_keys(hub, NEW, OLD)
    written = 0
    original = room._write

    def write_one_chunk(*arguments: Any) -> None:
        nonlocal written
        written += bool(arguments[2])
        if written == 2:
            raise RuntimeError("killed")
        original(*arguments)

    monkeypatch.setattr(room, "_write", write_one_chunk)
    with pytest.raises(RuntimeError):
        rotate_secrets(both)
    monkeypatch.setattr(room, "_write", original)
    (mine,) = [c for c in rotate_secrets(both) if c.column == "oidc_provider.client_secret"]
    assert (mine.newest, mine.older, mine.lost) == (3, 5, 0)
    assert {Sealer([NEW]).open(value) for value in secrets(hub)} == {f"secret {n}" for n in range(8)}


def test_what_no_key_opens_is_counted_and_left(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "idp", "oidc", "IdP")
        foreign = Sealer(["a key that nobody has any more, 32 chars"]).seal("secret")
        add_provider(uow, connection_id, "https://idp.example", "client", foreign)
    (mine,) = [c for c in rotate_secrets(with_keys(hub, NEW, OLD)) if c.lost]
    assert (mine.column, mine.lost) == ("oidc_provider.client_secret", 1)
    assert secrets(hub) == [foreign]


def test_every_column_that_holds_a_secret_says_that_it_is_sealed() -> None:
    import_all_tables()
    says_so = {f"{c.table.name}.{c.name}" for c in sealed_columns(metadata)}
    assert {"signing_key.private_key", "oidc_provider.client_secret", "mail.sealed_letter"} <= says_so
    for table in metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            looks_like_one = NAMED_LIKE_A_SECRET.search(column.name) and isinstance(column.type, sa.String)
            if looks_like_one and not IN_THE_CLEAR.search(name):
                assert name in says_so, name
