"""lti tool"""

import sqlalchemy as sa
from alembic import op

from hub.store.types import Id, Json, Time

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _platforms()
    _logins()
    _launches()
    _people()


def _platforms() -> None:
    op.create_table(
        "lti_platform",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column(
            "client_id",
            sa.String(length=255),
            nullable=False,
            comment="the hub's, as the platform names it",
        ),
        sa.Column("authorize_url", sa.Text(), nullable=False),
        sa.Column("token_url", sa.Text(), nullable=False),
        sa.Column("jwks_url", sa.Text(), nullable=False),
        sa.Column(
            "token_audience",
            sa.Text(),
            nullable=False,
            comment="of assertions; empty where it is the token URL",
        ),
        sa.Column("jwks", Json, nullable=True, comment="as last fetched"),
        sa.Column("jwks_at", Time(), nullable=True),
        sa.Column(
            "jwks_tried_at",
            Time(),
            nullable=True,
            comment="the last attempt to fetch it: all processes share one limit",
        ),
        sa.Column("product", sa.String(length=100), nullable=False, comment="such as moodle, if it is known"),
        sa.Column("scopes", Json, nullable=False, comment="of services the platform grants to the hub"),
        sa.Column("unknown_people", sa.String(length=8), nullable=False, comment="link or refuse"),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_platform_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_lti_platform")),
        sa.UniqueConstraint("issuer", "client_id", name=op.f("uq_lti_platform_issuer_client_id")),
        comment="Systems that launch the hub. One issuer may have registered it many times, for different partners.",
    )
    op.create_table(
        "lti_platform_deployment",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="pending, approved or refused"),
        sa.Column("seen_at", Time(), nullable=False, comment="when it was first launched from, or entered"),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["lti_platform.connection_id"],
            name=op.f("fk_lti_platform_deployment_connection_id"),
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_lti_platform_deployment_partner_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", "deployment_id", name=op.f("pk_lti_platform_deployment")),
    )


def _logins() -> None:
    op.create_table(
        "lti_login",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("nonce_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the cookie that stays in the browser",
        ),
        sa.Column(
            "storage_hash",
            sa.String(length=64),
            nullable=True,
            comment="of what was put into the platform's storage, if anything",
        ),
        sa.Column("target_link_uri", sa.Text(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["lti_platform.connection_id"], name=op.f("fk_lti_login_connection_id")
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_lti_login")),
        comment="Logins under way: what must be known again when the id_token arrives.",
    )
    op.create_index(op.f("ix_lti_login_expires_at"), "lti_login", ["expires_at"], unique=False)


def _launches() -> None:
    op.create_table(
        "lti_placement",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column(
            "context_id",
            sa.Text(),
            nullable=False,
            comment="the course there; empty where none was told",
        ),
        sa.Column("resource_link_id", sa.String(length=255), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.String(length=8), nullable=False, comment="home, offering or path"),
        sa.Column("target_id", Id(), nullable=True),
        sa.Column("line_item_url", sa.Text(), nullable=True),
        sa.Column("line_items_url", sa.Text(), nullable=True),
        sa.Column("members_url", sa.Text(), nullable=True),
        sa.Column("groups_url", sa.Text(), nullable=True),
        sa.Column("scopes", Json, nullable=False, comment="of AGS, as the launch granted them"),
        sa.Column("line_item_maximum", sa.Float(), nullable=True, comment="as last read from the platform"),
        sa.Column("line_item_read_at", Time(), nullable=True),
        sa.Column("seen_at", Time(), nullable=False, comment="when a launch last told something new"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_placement_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_placement")),
        sa.UniqueConstraint(
            "connection_id",
            "deployment_id",
            "resource_link_id",
            name=op.f("uq_lti_placement_connection_id_deployment_id_resource_link_id"),
        ),
        comment="Where something of the hub stands in a platform's course, with the addresses of its services.",
    )
    op.create_index("ix_lti_placement_target", "lti_placement", ["target_kind", "target_id"], unique=False)
    op.create_table(
        "lti_entry",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("deployment_id", sa.String(length=255), nullable=False),
        sa.Column("placement_id", Id(), nullable=True),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("message_type", sa.String(length=40), nullable=False),
        sa.Column("roles", Json, nullable=False, comment="as received"),
        sa.Column("role", sa.String(length=16), nullable=False, comment="what they were taken for"),
        sa.Column("target_kind", sa.String(length=8), nullable=False),
        sa.Column("target_id", Id(), nullable=True),
        sa.Column("in_frame", sa.Boolean(), nullable=False),
        sa.Column(
            "code_hash",
            sa.String(length=64),
            nullable=True,
            comment="of the code that opens the hub, usable once",
        ),
        sa.Column(
            "expires_at",
            Time(),
            nullable=True,
            comment="of the code; null once opened, for then the row stays",
        ),
        sa.Column("opened_at", Time(), nullable=True),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_entry_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_entry_person_id")),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["lti_placement.id"], name=op.f("fk_lti_entry_placement_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_entry")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_lti_entry_code_hash")),
        comment="Accepted launches.",
    )
    op.create_index(op.f("ix_lti_entry_expires_at"), "lti_entry", ["expires_at"], unique=False)
    op.create_index("ix_lti_entry_person_id", "lti_entry", ["person_id", "id"], unique=False)


def _people() -> None:
    op.create_table(
        "identity_proof",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the browser's cookie; empty until a browser of its own is known",
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("used_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_identity_proof_connection_id")
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_identity_proof")),
        comment="Systems that showed who somebody is for them; whoever signs in with the code may say: this is me.",
    )
    op.create_index(op.f("ix_identity_proof_expires_at"), "identity_proof", ["expires_at"], unique=False)
    op.create_table(
        "course_access",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("offering_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_course_access_connection_id")
        ),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_course_access_offering_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_course_access_person_id")),
        sa.PrimaryKeyConstraint("person_id", "offering_id", "connection_id", name=op.f("pk_course_access")),
        comment="Courses that a person may open without a goal, because a system placed them.",
    )
