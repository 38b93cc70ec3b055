"""people look after what lies downstream of a partner, and say what they do there; partners are found by what they are"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ONE_SCOPE = (
    "(CASE WHEN node_id IS NULL THEN 0 ELSE 1 END + CASE WHEN location_id IS NULL THEN 0 ELSE 1 END"
    " + CASE WHEN upstream_id IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    op.create_index("ix_partner_relationship_kind_partner_id", "partner_relationship", ["kind", "partner_id"])
    with op.batch_alter_table("rep_assignment", reflect_kwargs={"resolve_fks": False}) as table:
        table.add_column(sa.Column("upstream_id", Id(), nullable=True))
        table.add_column(
            sa.Column(
                "link", sa.String(16), nullable=True, comment="which partner links lead down from upstream_id"
            )
        )
        table.add_column(
            sa.Column(
                "service",
                sa.String(80),
                nullable=False,
                server_default="",
                comment="what is done there, in words",
            )
        )
        table.create_foreign_key(op.f("fk_rep_assignment_upstream_id"), "partner", ["upstream_id"], ["id"])
        table.drop_constraint(op.f("ck_rep_assignment_one_scope"), type_="check")
        table.create_check_constraint(op.f("ck_rep_assignment_one_scope"), ONE_SCOPE)
        table.create_index(op.f("ix_rep_assignment_upstream_id"), ["upstream_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_table_comment(
            "rep_assignment",
            "What a person looks after: a node and all below it, a location, or what lies downstream of a partner.",
        )
