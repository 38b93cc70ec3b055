"""lanes with targets"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.store.types import Json, Time

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BEFORE_TARGET = len("ags:") + 36
"""Characters of a lane up to the placement's id, which was followed by the person's."""


def upgrade() -> None:
    """Name the course or path in the lanes and keys of scores: a link that opens something else begins new ones."""
    outbox = sa.table(
        "outbox", sa.column("kind"), sa.column("lane"), sa.column("key"), sa.column("body", Json)
    )
    target = outbox.c.body["target_id"].as_string()

    def named(column: sa.ColumnClause[str]) -> sa.ColumnElement[str]:
        begin, rest = sa.func.substr(column, 1, BEFORE_TARGET), sa.func.substr(column, BEFORE_TARGET + 1)
        renamed: sa.ColumnElement[str] = begin + ":" + target + rest
        return renamed

    op.execute(
        sa.update(outbox)
        .where(outbox.c.kind == "ags_score", outbox.c.lane.like("ags:%"))
        .values(lane=named(outbox.c.lane), key=named(outbox.c.key))
    )
    since: sa.Column[Any] = sa.Column(
        "since", Time(), nullable=True, comment="the first of these failures; null where nobody noted it"
    )
    op.add_column("outbox_pause", since)
    op.create_index("ix_lti_entry_placement_id", "lti_entry", ["placement_id", "person_id"], unique=False)
