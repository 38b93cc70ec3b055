"""What the hubs of tests need not do again because it comes out the same: writing SQL, making keys, migrating a scratch."""

import sqlite3
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey
from sqlalchemy.util import LRUCache

from hub.store import revision
from tests.databases import sqlite_template

STATEMENTS = 4_000


def write_sql_once(patch: pytest.MonkeyPatch) -> None:
    """Let engines of one kind share the statements they wrote, as those of one hub do. They write them per dialect."""
    dialects: dict[tuple[str, object], sa.Dialect] = {}
    statements: dict[tuple[str, object], Any] = defaultdict(lambda: LRUCache(STATEMENTS))
    create = sa.create_engine

    def create_engine(url: sa.URL | str, **options: Any) -> sa.Engine:
        engine = create(url, **options)
        key = engine.dialect.name + engine.dialect.driver, options.get("isolation_level")
        known = dialects.setdefault(key, engine.dialect)
        # Asked its server's version: a dialect is ready from its first connection on.
        if known is not engine.dialect and getattr(known, "server_version_info", None):
            engine.dialect.initialize = lambda connection: None  # type: ignore[method-assign]
            engine.dialect = known
            engine._compiled_cache = statements[key]
        elif known is engine.dialect:
            engine._compiled_cache = statements[key]
        return engine

    patch.setattr(sa, "create_engine", create_engine)
    patch.setattr(revision, "ScriptDirectory", cache(ScriptDirectory))  # it reads every migration


class Keys:
    """Private keys for hubs. Within a test each is another one; the next test's hubs get the same ones again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, list[Any]] = defaultdict(list)
        self._given: dict[str, int] = defaultdict(int)

    def begin_test(self, patch: pytest.MonkeyPatch) -> None:
        """Hand keys out from the beginning, to the two modules in which hubs make theirs."""
        self._given.clear()
        signing, saml = sys.modules.get("hub.signing.keys"), sys.modules.get("hub.sso.saml.sp_keys")
        if signing is not None:
            keys = SimpleNamespace(generate_key=self._of(RSAKey.generate_key), import_key=RSAKey.import_key)
            patch.setattr(signing, "RSAKey", keys)
        if saml is not None:
            instead = {"generate_private_key": self._of(rsa.generate_private_key)}
            patch.setattr(saml, "rsa", SimpleNamespace(**(vars(rsa) | instead)))

    def _of(self, make: Callable[..., Any]) -> Callable[..., Any]:
        def next_key(*args: Any, **options: Any) -> Any:
            key = f"{make.__qualname__}{args}{options}"
            with self._lock:
                self._given[key] += 1
                if self._given[key] > len(self._made[key]):
                    self._made[key].append(make(*args, **options))
                return self._made[key][self._given[key] - 1]

        return next_key


def copy_instead_of_migrating(patch: pytest.MonkeyPatch) -> None:
    """Let a rebuild begin on a copy of the migrated template: its scratch is always a new SQLite file."""
    rebuild: Any = sys.modules.get("hub.rebuild.rebuild")
    if rebuild is not None:
        patch.setattr(rebuild, "migrate", _copy_template)


def _copy_template(engine: sa.Engine) -> None:
    template = sqlite3.connect(sqlite_template())
    with engine.connect() as connection:
        scratch: Any = connection.connection.driver_connection
        template.backup(scratch)
    template.close()
