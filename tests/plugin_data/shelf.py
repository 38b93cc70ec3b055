"""A plugin with tables of its own, whose migrations a test writes."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import sqlalchemy as sa

from hub import hookspecs
from hub.api import Storage, hookimpl
from hub.hooks import Hooks, Plugin
from hub.runtime import Hub

books = sa.table("plugin_shelf_book", sa.column("id"), sa.column("person_id"))
TABLE = """
op.create_table(
    "plugin_shelf_book",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("person_id", sa.String(36), nullable=False),
)
"""


class Shelf:
    """Keeps books."""

    hub_api = "1.1"
    storage: Storage

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @hookimpl
    def register_migrations(self) -> Path:
        return self.folder


Revision = Callable[..., Path]


def write_revision(folder: Path, upgrade: str, number: str = "0001", downgrade: str = "pass") -> Path:
    """One more file of a folder of revisions; the folder."""
    folder.mkdir(exist_ok=True)
    before = f'"{int(number) - 1:04}"' if number != "0001" else "None"
    body = (
        f'"""Made by a test."""\nimport sqlalchemy as sa\nfrom alembic import op\n'
        f'revision = "{number}"\ndown_revision = {before}\n'
        f"def upgrade() -> None:\n{indent(dedent(upgrade), '    ')}\n"
        f"def downgrade() -> None:\n{indent(dedent(downgrade), '    ')}\n"
    )
    (folder / f"{number}_made.py").write_text(body)
    return folder


def hooks_with(**plugins: object) -> Hooks:
    """The catalogue with these plugins on."""
    return Hooks(hookspecs, [Plugin(name, "1", instance) for name, instance in plugins.items()])


def tables_there(hub: Hub) -> set[str]:
    """Names of the plugin's tables."""
    return {name for name in sa.inspect(hub.engine).get_table_names() if name.startswith("plugin_shelf")}
