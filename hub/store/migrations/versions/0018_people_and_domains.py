"""who made an appointment, what claims mean, and how people may come into an audience"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment_source",
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False, comment="such as scim and its connection"),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_source_appointment_id")
        ),
        sa.PrimaryKeyConstraint("appointment_id", name=op.f("pk_appointment_source")),
        comment="Who made an appointment, where it was not the network files: it alone changes or ends it.",
    )
    op.create_table(
        "person_merge",
        sa.Column("id", Id(), nullable=False),
        sa.Column("from_id", Id(), nullable=False),
        sa.Column("to_id", Id(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("actor_id", Id(), nullable=True),
        sa.Column("undone_at", Time(), nullable=True),
        sa.Column("body", Json, nullable=False, comment="what was moved; see network.merge"),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name=op.f("fk_person_merge_actor_id")),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name=op.f("fk_person_merge_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name=op.f("fk_person_merge_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_merge")),
        comment="Two records of one human that became one. Holds subjects: erasure deletes the row.",
    )
    op.create_index("ix_person_merge_from_id", "person_merge", ["from_id"])
    op.create_index("ix_person_merge_to_id", "person_merge", ["to_id"])
    op.create_table(
        "sign_in_policy",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "attributes",
            Json,
            nullable=False,
            comment="claim names by what they stand for; see sso.policy",
        ),
        sa.Column("creates_people", sa.Boolean(), nullable=False),
        sa.Column("refreshes_details", sa.Boolean(), nullable=False),
        sa.Column("default_location_id", Id(), nullable=True),
        sa.Column("default_position_id", Id(), nullable=True),
        sa.Column(
            "partner_claim",
            sa.Text(),
            nullable=False,
            comment="names the employer; empty where one partner owns it",
        ),
        sa.Column("partners", Json, nullable=False, comment="partner ids by the values of that claim"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_sign_in_policy_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["default_location_id"], ["location.id"], name=op.f("fk_sign_in_policy_default_location_id")
        ),
        sa.ForeignKeyConstraint(
            ["default_position_id"], ["position.id"], name=op.f("fk_sign_in_policy_default_position_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_sign_in_policy")),
        comment="What a connection's claims mean, and whether it brings people who are not in the hub yet.",
    )
    op.create_table(
        "sign_in_door",
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("location_id", Id(), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_sign_in_door_location_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_sign_in_door_partner_id")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_sign_in_door")),
        comment="Names in an address under which the people of a partner or of a location find their ways in.",
    )
    op.create_index("ix_sign_in_door_partner_id", "sign_in_door", ["partner_id"])
    op.create_index("ix_connection_kind", "connection", ["kind"])
    op.create_index("ix_person_partner_id_id", "person", ["partner_id", "id"])
    op.drop_index("ix_person_partner_id", "person")
    op.add_column(
        "audience",
        sa.Column(
            "provisioning",
            Json,
            nullable=False,
            server_default="[]",
            comment="modes by which people may come in; none named: all. See audiences.provisioning",
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column(
            "connection",
            "kind",
            comment="oidc, saml, local, scim, lms or cmi5",
            existing_type=sa.String(length=16),
            existing_comment="oidc (an identity provider) or lms",
        )
