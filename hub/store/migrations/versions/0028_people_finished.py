"""one address opens several accounts, sign-ins that were taken away, partners of shared connections"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_OF_ACCOUNTS = ("local_password", "passkey", "account_link")


def upgrade() -> None:
    _addresses()
    _removed_sign_ins()
    _partners_of_policies()


def _addresses() -> None:
    """Several accounts may have one address: a human may work for two partners, and not every address was proved."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        op.drop_constraint("uq_local_account_email", "local_account", type_="unique")
    else:
        # SQLite makes the table anew, which it refuses while rows of other tables refer to it.
        for name in _OF_ACCOUNTS:
            op.execute(f"CREATE TEMPORARY TABLE kept_{name} AS SELECT * FROM {name}")  # noqa: S608
            op.execute(f"DELETE FROM {name}")  # noqa: S608
        _local_account_anew()
        for name in _OF_ACCOUNTS:
            op.execute(f"INSERT INTO {name} SELECT * FROM kept_{name}")  # noqa: S608
            op.execute(f"DROP TABLE kept_{name}")
    op.create_index("ix_local_account_email", "local_account", ["email"], unique=False)


def _local_account_anew() -> None:
    op.create_table(
        "local_account_anew",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("verified_at", Time(), nullable=True),
        sa.Column("created_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_local_account_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_local_account_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_account")),
        sa.UniqueConstraint(
            "person_id", "connection_id", name=op.f("uq_local_account_person_id_connection_id")
        ),
    )
    names = "id, connection_id, person_id, email, verified_at, created_at"
    op.execute(f"INSERT INTO local_account_anew ({names}) SELECT {names} FROM local_account")  # noqa: S608
    op.drop_table("local_account")
    op.rename_table("local_account_anew", "local_account")
    op.create_index("ix_local_account_connection_id", "local_account", ["connection_id"], unique=False)


def _removed_sign_ins() -> None:
    op.create_table(
        "removed_sign_in",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_removed_sign_in_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_removed_sign_in_person_id")),
        sa.PrimaryKeyConstraint(
            "connection_id", "form", "subject", "person_id", name=op.f("pk_removed_sign_in")
        ),
        comment="Whose sign-in a subject was until it was taken away: it comes back by proof, never by what it claims.",
    )
    op.create_index(op.f("ix_removed_sign_in_person_id"), "removed_sign_in", ["person_id"], unique=False)


def _partners_of_policies() -> None:
    op.create_table(
        "policy_partner",
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_policy_partner_partner_id")),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_policy_partner_connection_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "connection_id", name=op.f("pk_policy_partner")),
        comment="Which partners a shared connection's claims can name: the values of sign_in_policy.partners, to be found by.",
    )
    op.create_index(
        op.f("ix_policy_partner_connection_id"), "policy_partner", ["connection_id"], unique=False
    )
    partner = sa.table("partner", sa.column("id", Id()))
    policy = sa.table(
        "sign_in_policy",
        sa.column("connection_id", Id()),
        sa.column("partner_claim", sa.Text()),
        sa.column("partners", Json),
    )
    bind = op.get_bind()
    there = set(bind.scalars(sa.select(partner.c.id)))
    pairs = [
        {"partner_id": partner_id, "connection_id": row.connection_id}
        for row in bind.execute(sa.select(policy).where(policy.c.partner_claim != "")).all()
        for partner_id in sorted(there.intersection(row.partners.values()))
    ]
    if pairs:
        table = sa.table("policy_partner", sa.column("partner_id", Id()), sa.column("connection_id", Id()))
        op.bulk_insert(table, pairs)
