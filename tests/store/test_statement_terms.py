"""The migration that brought terms: what was stored before is found as if it were stored after."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.journal import NewStatement, append_statements
from hub.journal.find_keys import read_keys
from hub.journal.tables import statement_reference, statement_term
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config
from hub.store.types import Id, Time

SOUTH, NORTH = new_id(), new_id()
AT = datetime(2026, 5, 4, tzinfo=UTC)
OLD = sa.table(
    "statement",
    sa.column("position", sa.BigInteger),
    *(sa.column(name, Id()) for name in ("id", "connection_id", "registration")),
    *(sa.column(name, Time()) for name in ("stored", "timestamp")),
    *(sa.column(name, sa.Text) for name in ("actor_form", "actor_subject", "verb", "object_id")),
    sa.column("payload", sa.LargeBinary),
)
OLD_IDS = sa.table(
    "statement_id",
    *(sa.column(name, Id()) for name in ("id", "connection_id")),
    sa.column("content_hash", sa.Text),
    sa.column("position", sa.BigInteger),
)


def statements() -> list[NewStatement]:
    """More than one batch, with chains of references in both directions."""
    found: list[NewStatement] = []
    ids = [new_id() for _ in range(1200)]
    for number, id in enumerate(ids):
        told: dict[str, Any] = {
            "actor": {"mbox": f"mailto:p{number % 7}@x"},
            "verb": {"id": f"x:v{number % 3}"},
            "object": {"id": f"x:a{number % 5}"},
            "context": {"contextActivities": {"parent": [{"id": "x:course"}]}},
        }
        if number % 10 == 9:
            told["object"] = {"objectType": "StatementRef", "id": ids[number * 7 % len(ids)]}
        found.append(
            NewStatement(
                id=id,
                timestamp=AT,
                actor_form="mbox",
                actor_subject=told["actor"]["mbox"],
                verb=told["verb"]["id"],
                object_id=told["object"]["id"],
                payload=json.dumps(told).encode(),
                content_hash=str(number),
                keys=read_keys(json.dumps(told).encode()),
            )
        )
    return found


def write_old(engine: sa.Engine, sent: Sequence[tuple[str, NewStatement]]) -> None:
    """Rows as the first schema had them."""
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0001")
        rows = [
            {
                "position": position,
                "id": s.id,
                "connection_id": connection_id,
                "registration": None,
                "stored": AT,
                "timestamp": s.timestamp,
                "actor_form": s.actor_form,
                "actor_subject": s.actor_subject,
                "verb": s.verb,
                "object_id": s.object_id,
                "payload": s.payload,
            }
            for position, (connection_id, s) in enumerate(sent, 1)
        ]
        connection.execute(sa.insert(OLD), rows)
        ids = [
            {key: row[key] for key in ("id", "connection_id", "position")} | {"content_hash": "0"}
            for row in rows
        ]
        connection.execute(sa.insert(OLD_IDS), ids)


def index(engine: sa.Engine) -> tuple[set[Any], set[Any]]:
    """All terms and references."""
    with engine.connect() as connection:
        terms = connection.execute(sa.select(statement_term)).all()
        references = connection.execute(sa.select(statement_reference)).all()
    return set(map(tuple, terms)), set(map(tuple, references))


def test_what_was_stored_before_is_found_as_if_it_were_stored_after(new_database: Callable[..., str]) -> None:
    sent = [((SOUTH, NORTH)[number % 4 == 0], s) for number, s in enumerate(statements())]
    old = open_engine(new_database(migrated=False))
    write_old(old, sent)
    migrate(old)
    hub = open_hub(Settings(database_url=new_database(), secret_key="x" * 40))
    with hub.unit_of_work() as uow:
        for connection_id, statement in sent:
            append_statements(uow, connection_id, [statement])
    assert index(old) == index(hub.engine)
    hub.close()
    again = open_hub(
        Settings(database_url=old.url.render_as_string(hide_password=False), secret_key="x" * 40)
    )
    with again.unit_of_work() as uow:
        if not uow.is_sqlite:  # rows were written with positions of their own
            uow.connection.exec_driver_sql("SELECT setval('statement_position_seq', 1200)")
        append_statements(uow, SOUTH, [statements()[0]])
        last = uow.connection.scalar(sa.text("SELECT max(position) FROM statement"))
    assert last == len(sent) + 1
    again.close()
    old.dispose()
