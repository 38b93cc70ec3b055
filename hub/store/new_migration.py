"""``make migration NAME=…``: write the migration that takes the newest schema to what the tables say now."""

import importlib
import re
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa
from alembic import command

import hub
from hub.store.engine import open_engine
from hub.store.migrate import MIGRATIONS, alembic_config, migrate


def import_all_tables() -> None:
    """Import the tables of every room, so that ``hub.store.metadata`` is complete."""
    root = Path(hub.__path__[0])
    for path in sorted(root.rglob("tables.py")):
        importlib.import_module(".".join(["hub", *path.relative_to(root).with_suffix("").parts]))


def is_comparable(thing: object, _name: str | None, kind: str, *_: object) -> bool:
    """Whether Alembic can compare it: an index over expressions it cannot, so that those are written by hand."""
    if kind != "index" or not isinstance(thing, sa.Index):
        return True
    return all(isinstance(expression, sa.Column) for expression in thing.expressions)


def write_migration(name: str) -> Path:
    """Compare an empty database after all migrations with the tables, and write the difference as the next one.

    ``name`` says what changes, such as ``add_badges``. The file is a draft: read it, move data where needed.
    """
    import_all_tables()
    versions = MIGRATIONS / "versions"
    last = max((int(path.name[:4]) for path in versions.glob("[0-9][0-9][0-9][0-9]_*.py")), default=0)
    number = f"{last + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/empty.sqlite")
        migrate(engine)
        with engine.connect() as connection:
            command.revision(alembic_config(connection), name, autogenerate=True, rev_id=number)
        engine.dispose()
    written = next(versions.glob(f"{number}_*.py"))
    written.write_text(re.sub(r"^ *# ###.*\n", "", written.read_text(), flags=re.MULTILINE))
    return written


if __name__ == "__main__":
    write_migration(sys.argv[1])
