from pathlib import Path

import sqlalchemy as sa

from hub.api import CreditGranted, Storage, hookimpl

seen = sa.table("plugin_example_seen", sa.column("statement_id"))


class Plugin:
    hub_api = "1.1"
    storage: Storage

    @hookimpl
    def register_migrations(self) -> Path:
        return Path(__file__).parent / "migrations"

    @hookimpl
    def credit_granted(self, event: CreditGranted) -> None:
        with self.storage.writing() as unit:
            unit.connection.execute(sa.insert(seen).values(statement_id=event.statement_id))
