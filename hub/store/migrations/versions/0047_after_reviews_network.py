"""people who cannot be worked out are put aside; what files called merged people goes with them"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Time

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_ABOUT_PEOPLE = ("representative", "manager", "attributes_person", "identity")


def upgrade() -> None:
    op.add_column(
        "reassign_queue",
        sa.Column(
            "error", sa.Text(), nullable=True, comment="why this one was put aside; null for who waits"
        ),
    )
    op.add_column("reassign_queue", sa.Column("failed_at", Time(), nullable=True))
    # Merges left these behind: an import that names such a person again looked for one whom nobody knows.
    key = sa.table("roster_key", sa.column("kind", sa.String), sa.column("external_id", sa.String))
    person = key.alias()
    known = sa.exists().where(person.c.kind == "person", person.c.external_id == key.c.external_id)
    op.execute(sa.delete(key).where(key.c.kind.in_(_ABOUT_PEOPLE), ~known))
