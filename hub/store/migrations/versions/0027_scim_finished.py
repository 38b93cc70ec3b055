"""scim finished: who switched somebody off, groups that mean a role, clients found by beginnings"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


BOTH_NAMES = (("given_name", "family_name"), ("family_name", "given_name"))


def upgrade() -> None:
    order = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    for name, other in BOTH_NAMES:
        op.drop_index(f"ix_person_detail_{name}", "person_detail")
        columns = f"lower({name}){order}, lower({other}){order}, person_id"
        op.execute(f"CREATE INDEX ix_person_detail_{name} ON person_detail ({columns})")
    op.create_index("ix_connection_of_kind", "connection", ["kind", "slug"])
    for name in ("name", "slug"):
        op.execute(f"CREATE INDEX ix_connection_kind_{name} ON connection (kind, lower({name}){order}, slug)")
    op.create_table(
        "person_switched_off",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column(
            "reason", sa.String(length=40), nullable=False, comment="who did it, as a code such as scim"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_switched_off_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_switched_off")),
        comment="Whoever is switched off, so that a client that reports in again undoes only what clients did.",
    )
    _who_switched_off()
    op.create_table(
        "scim_group_role",
        sa.Column("group_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["scim_resource.id"], name=op.f("fk_scim_group_role_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_scim_group_role")),
        comment="Groups whose members are partner admins of the client's partner, as operators decide.",
    )
    op.create_table(
        "scim_admin",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_scim_admin_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_scim_admin_person_id")),
        sa.PrimaryKeyConstraint("connection_id", "person_id", name=op.f("pk_scim_admin")),
        comment="To whom a client's groups gave the role of a partner admin: it ends with the membership.",
    )
    op.create_index("ix_scim_admin_person_id", "scim_admin", ["person_id"])


def _who_switched_off() -> None:
    """For whoever is off already, as the audit trail has it; whoever the files switched off, or a merge, is not in it."""
    person = sa.table("person", sa.column("id", Id()), sa.column("disabled", sa.Boolean()))
    merge = sa.table("person_merge", sa.column("from_id", Id()), sa.column("undone_at", Time()))
    audit = sa.table(
        "audit",
        sa.column("position", sa.BigInteger()),
        sa.column("action", sa.String()),
        sa.column("outcome", sa.String()),
        sa.column("subject_id", sa.String()),
        sa.column("detail", Json),
    )
    switched = sa.table("person_switched_off", sa.column("person_id", Id()), sa.column("reason", sa.String()))
    bind = op.get_bind()
    absorbed = sa.select(merge.c.from_id).where(merge.c.undone_at.is_(None))
    off = bind.scalars(sa.select(person.c.id).where(person.c.disabled, person.c.id.not_in(absorbed))).all()
    for person_id in off:
        last = bind.execute(
            sa.select(audit.c.action, audit.c.detail)
            .where(
                audit.c.subject_id == str(person_id),
                audit.c.action.in_(("person_switched_off", "person_switched_on")),
                audit.c.outcome == "done",
            )
            .order_by(audit.c.position.desc())
            .limit(1)
        ).one_or_none()
        if last is not None and last.action == "person_switched_off" and last.detail.get("reason"):
            bind.execute(
                sa.insert(switched).values(person_id=person_id, reason=str(last.detail["reason"])[:40])
            )
