"""Alembic's entry: always on the connection that ``hub.store.migrate`` opened."""

from typing import Any, Literal

from alembic import context

from hub.store.new_migration import is_comparable
from hub.store.types import Json, metadata


def _render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write the hub's own column types by their names."""
    if kind == "type" and item is Json:
        return "Json"
    return (
        f"{type(item).__name__}()" if kind == "type" and type(item).__module__ == "hub.store.types" else False
    )


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    include_object=is_comparable,
    render_item=_render_item,
)
with context.begin_transaction():
    context.run_migrations()
