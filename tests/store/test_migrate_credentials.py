"""Credentials that were there before they had labels, ends and access tokens go on working."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import command

from hub.app import open_hub
from hub.config import Settings
from hub.ids import content_hash, new_id
from hub.store import migrate, open_engine
from hub.store.migrate import alembic_config
from hub.xapi.callers.authenticate import check_credential
from hub.xapi.callers.credential_views import find_credential
from tests.xapi.rig import basic

CONNECTION = (
    "INSERT INTO connection (id, slug, kind, name, disabled) VALUES (:id, 'south', 'lms', 'South', false)"
)
CREDENTIAL = (
    "INSERT INTO xapi_credential (id, connection_id, key, secret_hash, scopes, created_at)"
    " VALUES (:id, :connection_id, 'abc', :hash, '[\"statements/write\"]', '2026-01-01T00:00:00.000000+00:00')"
)


def test_an_older_credential_goes_on_working(new_database: Callable[..., str]) -> None:
    url = new_database(migrated=False)
    engine = open_engine(url)
    connection_id = new_id()
    with engine.connect() as connection, connection.begin():
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(sa.text(CONNECTION), {"id": connection_id})
        values = {"id": new_id(), "connection_id": connection_id, "hash": content_hash(b"secret")}
        connection.execute(sa.text(CREDENTIAL), values)
    migrate(engine)
    engine.dispose()
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    with hub.reading() as uow:
        assert check_credential(uow, basic("abc", "secret")).connection_id == connection_id
        line = find_credential(uow, "abc")
    hub.close()
    assert (line.label, line.state, line.expires_at, line.last_used_at) == ("", "active", None, None)
