"""first schema"""

import sqlalchemy as sa
from alembic import op

from hub.store.append_only import protect
from hub.store.types import Id, Json, Time

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audience",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("conditions", Json, nullable=False, comment="see audiences.conditions"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_audience")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column(
            "action",
            sa.String(length=64),
            nullable=False,
            comment="such as sign_in, launch, score, statement",
        ),
        sa.Column("outcome", sa.String(length=8), nullable=False, comment="done or refused"),
        sa.Column("reason", sa.String(length=64), nullable=False, comment="a stable code; empty when done"),
        sa.Column("actor_id", Id(), nullable=True, comment="the person who did it"),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("connection_id", Id(), nullable=True),
        sa.Column("subject_id", sa.String(length=200), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_action", "audit", ["action", "position"], unique=False)
    op.create_index(op.f("ix_audit_actor_id"), "audit", ["actor_id"], unique=False)
    op.create_table(
        "brand",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brand")),
    )
    op.create_table(
        "change",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=200), nullable=False, comment="id or key of what changed"),
        sa.Column("person_id", Id(), nullable=True, comment="the person concerned, if one"),
        sa.Column(
            "actor_id",
            Id(),
            nullable=True,
            comment="the person who changed it; null for imports and the hub itself",
        ),
        sa.Column("at", Time(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_change")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_change_subject", "change", ["kind", "subject_id"], unique=False)
    op.create_table(
        "dimension",
        sa.Column(
            "key",
            sa.String(length=40),
            nullable=False,
            comment="such as sales, service, parts; general is built in",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_dimension")),
    )
    op.create_table(
        "event",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=64),
            nullable=False,
            comment="the name of a told hook, such as credit_granted",
        ),
        sa.Column("at", Time(), nullable=False),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_person_id"), "event", ["person_id"], unique=False)
    op.create_table(
        "import_run",
        sa.Column("id", Id(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("finished_at", Time(), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False, comment="of all files together"),
        sa.Column("counts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_table(
        "lti_seen_jti",
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="hash of client id and jti of an assertion"
        ),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_lti_seen_jti")),
    )
    op.create_index(op.f("ix_lti_seen_jti_expires_at"), "lti_seen_jti", ["expires_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="which handler delivers it"),
        sa.Column(
            "receiver",
            sa.String(length=200),
            nullable=False,
            comment="plugin, connection or address in words",
        ),
        sa.Column("key", sa.String(length=300), nullable=False, comment="the effect: nothing goes out twice"),
        sa.Column("person_id", Id(), nullable=True),
        sa.Column("body", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="waiting, delivered or parked"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Time(), nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("done_at", Time(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_person_id"), "outbox", ["person_id"], unique=False)
    op.create_index("ix_outbox_state_next_attempt_at", "outbox", ["state", "next_attempt_at"], unique=False)
    op.create_table(
        "partner",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_table(
        "path",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path")),
        sa.UniqueConstraint("key", name=op.f("uq_path_key")),
    )
    op.create_table(
        "platform_key",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column(
            "private_key", sa.Text(), nullable=False, comment="PEM, sealed; empty once it signs no more"
        ),
        sa.Column("public_jwk", Json, nullable=False),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column(
            "retired_at",
            Time(),
            nullable=True,
            comment="when it leaves the published keys; it signs nothing once this is set",
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_platform_key")),
    )
    op.create_table(
        "plugin_timing",
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("hook", sa.String(length=64), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False, comment="in all"),
        sa.Column("slowest", sa.Float(), nullable=False, comment="seconds"),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("last_error_at", Time(), nullable=True),
        sa.Column("last_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("plugin", "hook", name=op.f("pk_plugin_timing")),
    )
    op.create_table(
        "position",
        sa.Column("id", Id(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("family", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
    )
    op.create_table(
        "reader",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "log",
            sa.String(length=16),
            nullable=False,
            comment="which it follows: statement, change or event",
        ),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=True, comment="who moved it last"),
        sa.Column("moved_at", Time(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", Time(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_reader")),
    )
    op.create_table(
        "reassign_queue",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reassign_queue")),
        comment="People whose goals are to be worked out anew, taken in chunks.",
    )
    op.create_table(
        "request_count",
        sa.Column(
            "key", sa.String(length=100), nullable=False, comment="what is limited, by whom, in which window"
        ),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_request_count")),
    )
    op.create_index(op.f("ix_request_count_expires_at"), "request_count", ["expires_at"], unique=False)
    op.create_table(
        "roster_key",
        sa.Column("kind", sa.String(length=24), nullable=False, comment="partner, location, person, ..."),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "content_hash", sa.String(length=64), nullable=False, comment="of the snapshot last applied"
        ),
        sa.PrimaryKeyConstraint("kind", "external_id", name=op.f("pk_roster_key")),
        comment="What the network files call things, and whether they have changed since the last import.",
    )
    op.create_table(
        "statement",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False, comment="the system whose credential sent it"),
        sa.Column("stored", Time(), nullable=False),
        sa.Column(
            "timestamp", Time(), nullable=False, comment="when the experience happened, as the sender says"
        ),
        sa.Column(
            "actor_form",
            sa.String(length=16),
            nullable=False,
            comment="account, mbox, mbox_sha1sum, openid or group",
        ),
        sa.Column("actor_subject", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column(
            "object_id",
            sa.Text(),
            nullable=False,
            comment="activity id, statement id, or form:subject of an agent",
        ),
        sa.Column(
            "registration",
            Id(),
            nullable=True,
            comment="of the context: an attempt, a session or an enrollment",
        ),
        sa.Column(
            "payload",
            sa.LargeBinary(),
            nullable=False,
            comment="the statement as sent, with what the store sets",
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_statement")),
    )
    op.create_index(
        "ix_statement_connection_id_object_id", "statement", ["connection_id", "object_id"], unique=False
    )
    op.create_index("ix_statement_id", "statement", ["id"], unique=False)
    op.create_index("ix_statement_registration", "statement", ["registration"], unique=False)
    op.create_table(
        "statement_id",
        sa.Column("id", Id(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_id")),
    )
    op.create_table(
        "voiding",
        sa.Column("target_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False, comment="a system voids only what it sent itself"),
        sa.Column("statement_id", Id(), nullable=False, comment="the voiding statement"),
        sa.PrimaryKeyConstraint("target_id", "connection_id", name=op.f("pk_voiding")),
        comment="Which statements are voided, also before they arrive.",
    )
    op.create_table(
        "waiting_statement",
        sa.Column("statement_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("form", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_waiting_statement")),
        comment="Statements whose actor nobody knows yet; recognized when an identity link appears.",
    )
    op.create_index(
        "ix_waiting_statement_subject",
        "waiting_statement",
        ["connection_id", "form", "subject"],
        unique=False,
    )
    op.create_table(
        "audience_plugin",
        sa.Column("audience", sa.String(length=100), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["audience"], ["audience.key"], name=op.f("fk_audience_plugin_audience")),
        sa.PrimaryKeyConstraint("audience", "plugin", "valid_from", name=op.f("pk_audience_plugin")),
        comment="Which plugins of subject scope are switched on for which audience, and since when.",
    )
    op.create_table(
        "connection",
        sa.Column("id", Id(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False, comment="stands in addresses and files"),
        sa.Column("partner_id", Id(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="oidc (an identity provider) or lms"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_connection_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("slug", name=op.f("uq_connection_slug")),
        comment="One outside system, owned by a partner or shared. Its credentials hang from it and can be replaced.",
    )
    op.create_index(op.f("ix_connection_partner_id"), "connection", ["partner_id"], unique=False)
    op.create_table(
        "location",
        sa.Column("id", Id(), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_location_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
    )
    op.create_index(op.f("ix_location_partner_id"), "location", ["partner_id"], unique=False)
    op.create_table(
        "node",
        sa.Column("id", Id(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", Id(), nullable=True),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_node_dimension")),
        sa.ForeignKeyConstraint(["parent_id"], ["node.id"], name=op.f("fk_node_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
    )
    op.create_index(op.f("ix_node_parent_id"), "node", ["parent_id"], unique=False)
    op.create_table(
        "partner_link",
        sa.Column("upstream_id", Id(), nullable=False),
        sa.Column("downstream_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="distributor or supplier"),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["downstream_id"], ["partner.id"], name=op.f("fk_partner_link_downstream_id")
        ),
        sa.ForeignKeyConstraint(["upstream_id"], ["partner.id"], name=op.f("fk_partner_link_upstream_id")),
        sa.PrimaryKeyConstraint(
            "upstream_id", "downstream_id", "kind", "valid_from", name=op.f("pk_partner_link")
        ),
    )
    op.create_index(op.f("ix_partner_link_downstream_id"), "partner_link", ["downstream_id"], unique=False)
    op.create_table(
        "partner_relationship",
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=16),
            nullable=False,
            comment="make, sell, service, distribute, supply or use",
        ),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_partner_relationship_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "kind", "valid_from", name=op.f("pk_partner_relationship")),
    )
    op.create_table(
        "person",
        sa.Column("id", Id(), nullable=False),
        sa.Column("partner_id", Id(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_person_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_partner_id"), "person", ["partner_id"], unique=False)
    op.create_table(
        "rule",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="goal kind"),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("target_id", Id(), nullable=False),
        sa.Column(
            "conditions",
            Json,
            nullable=False,
            comment="hold on the same appointment; see audiences.conditions",
        ),
        sa.Column(
            "due_days", sa.Integer(), nullable=True, comment="due so many days after it began to apply"
        ),
        sa.Column(
            "look_back_days", sa.Integer(), nullable=True, comment="null: any earlier completion counts"
        ),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_rule_dimension")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rule")),
    )
    op.create_table(
        "appointment",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("position_id", Id(), nullable=False),
        sa.Column("audience_class", sa.String(length=8), nullable=False, comment="internal or external"),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_appointment_location_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_appointment_person_id")),
        sa.ForeignKeyConstraint(["position_id"], ["position.id"], name=op.f("fk_appointment_position_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(
        "ix_appointment_location_id_person_id", "appointment", ["location_id", "person_id"], unique=False
    )
    op.create_index(op.f("ix_appointment_person_id"), "appointment", ["person_id"], unique=False)
    op.create_index(op.f("ix_appointment_position_id"), "appointment", ["position_id"], unique=False)
    op.create_table(
        "asked",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column(
            "question_hash",
            sa.String(length=64),
            nullable=False,
            comment="of all the plugin declared to read",
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_asked_person_id")),
        sa.PrimaryKeyConstraint("person_id", "plugin", name=op.f("pk_asked")),
        comment="What a plugin was last asked about a person: it is asked again only when that changes.",
    )
    op.create_table(
        "email_domain",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_email_domain_connection_id")
        ),
        sa.PrimaryKeyConstraint("domain", "connection_id", name=op.f("pk_email_domain")),
        comment="Where people with such an address sign in. It never says who somebody is.",
    )
    op.create_table(
        "goal",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False, comment="offering or path"),
        sa.Column("target_id", Id(), nullable=False),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="brand, compliance, development or review"
        ),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column(
            "reached_at", Time(), nullable=True, comment="completion time of the live credit; null while open"
        ),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_goal_dimension")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_goal_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
        sa.UniqueConstraint(
            "person_id",
            "target_kind",
            "target_id",
            "kind",
            "dimension",
            name=op.f("uq_goal_person_id_target_kind_target_id_kind_dimension"),
        ),
        comment="One thing one person is to reach, for one dimension. Lives while a source is valid.",
    )
    op.create_index("ix_goal_dimension_person", "goal", ["dimension", "person_id"], unique=False)
    op.create_index("ix_goal_target", "goal", ["target_kind", "target_id", "person_id"], unique=False)
    op.create_table(
        "identity_link",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "form", sa.String(length=16), nullable=False, comment="sub, account, mbox, mbox_sha1sum or openid"
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False, comment="roster, launch or sign_in"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_identity_link_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_identity_link_person_id")),
        sa.PrimaryKeyConstraint("connection_id", "form", "subject", name=op.f("pk_identity_link")),
    )
    op.create_index(op.f("ix_identity_link_person_id"), "identity_link", ["person_id"], unique=False)
    op.create_table(
        "location_brand",
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("brand_id", Id(), nullable=False),
        sa.Column(
            "activity", sa.String(length=16), nullable=False, comment="sell, service, parts, make or use"
        ),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_location_brand_brand_id")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_location_brand_location_id")),
        sa.PrimaryKeyConstraint(
            "location_id", "brand_id", "activity", "valid_from", name=op.f("pk_location_brand")
        ),
    )
    op.create_index(op.f("ix_location_brand_brand_id"), "location_brand", ["brand_id"], unique=False)
    op.create_table(
        "location_node",
        sa.Column("location_id", Id(), nullable=False),
        sa.Column("node_id", Id(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_location_node_dimension")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_location_node_location_id")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_location_node_node_id")),
        sa.PrimaryKeyConstraint("location_id", "dimension", "valid_from", name=op.f("pk_location_node")),
    )
    op.create_index(op.f("ix_location_node_node_id"), "location_node", ["node_id"], unique=False)
    op.create_table(
        "lti_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_lti_token_connection_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_lti_token")),
    )
    op.create_index(op.f("ix_lti_token_expires_at"), "lti_token", ["expires_at"], unique=False)
    op.create_table(
        "lti_tool",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("client_id", sa.String(length=100), nullable=False),
        sa.Column("deployment_id", sa.String(length=100), nullable=False),
        sa.Column("login_url", sa.Text(), nullable=False),
        sa.Column(
            "launch_url", sa.Text(), nullable=False, comment="target_link_uri unless the offering has its own"
        ),
        sa.Column("redirect_uris", Json, nullable=False),
        sa.Column("jwks_url", sa.Text(), nullable=False),
        sa.Column("jwks", Json, nullable=True, comment="as last fetched"),
        sa.Column("jwks_at", Time(), nullable=True),
        sa.Column(
            "jwks_tried_at",
            Time(),
            nullable=True,
            comment="the last attempt to fetch it: all processes share one limit",
        ),
        sa.Column("scopes", Json, nullable=False, comment="the AGS scopes this tool is granted"),
        sa.Column(
            "shares_personal_data",
            sa.Boolean(),
            nullable=False,
            comment="whether launches tell name and e-mail",
        ),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_lti_tool_connection_id")),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_lti_tool")),
        sa.UniqueConstraint("client_id", name=op.f("uq_lti_tool_client_id")),
    )
    op.create_table(
        "node_closure",
        sa.Column("ancestor_id", Id(), nullable=False),
        sa.Column("descendant_id", Id(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ancestor_id"], ["node.id"], name=op.f("fk_node_closure_ancestor_id")),
        sa.ForeignKeyConstraint(["descendant_id"], ["node.id"], name=op.f("fk_node_closure_descendant_id")),
        sa.PrimaryKeyConstraint("ancestor_id", "descendant_id", name=op.f("pk_node_closure")),
    )
    op.create_index(op.f("ix_node_closure_descendant_id"), "node_closure", ["descendant_id"], unique=False)
    op.create_table(
        "offering",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False, comment="how rules and files name it"),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column(
            "external_id", sa.String(length=300), nullable=False, comment="the course's id in its own LMS"
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True, comment="how long it takes, if known"),
        sa.Column("activity_id", sa.Text(), nullable=False, comment="the xAPI activity its LMS reports on"),
        sa.Column(
            "completion_policy",
            sa.String(length=64),
            nullable=False,
            comment="which evidence counts as completion",
        ),
        sa.Column("launch", Json, nullable=False, comment="custom launch parameters for its LMS"),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_offering_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offering")),
        sa.UniqueConstraint(
            "connection_id", "activity_id", name=op.f("uq_offering_connection_id_activity_id")
        ),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_offering_connection_id_external_id")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_offering_key")),
    )
    op.create_index(op.f("ix_offering_connection_id"), "offering", ["connection_id"], unique=False)
    op.create_table(
        "oidc_provider",
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("client_secret", sa.Text(), nullable=False, comment="sealed"),
        sa.Column(
            "metadata", Json, nullable=True, comment="the provider's discovery document as last fetched"
        ),
        sa.Column("metadata_at", Time(), nullable=True),
        sa.Column(
            "jwks",
            Json,
            nullable=True,
            comment="the provider's keys as last fetched; served stale when it is down",
        ),
        sa.Column("jwks_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_oidc_provider_connection_id")
        ),
        sa.PrimaryKeyConstraint("connection_id", name=op.f("pk_oidc_provider")),
    )
    op.create_table(
        "person_detail",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_detail_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_detail")),
        comment="Personal data lives here alone; erasure deletes the row.",
    )
    op.create_table(
        "rep_assignment",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("node_id", Id(), nullable=True),
        sa.Column("location_id", Id(), nullable=True),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.CheckConstraint(
            "(node_id IS NULL) <> (location_id IS NULL)", name=op.f("ck_rep_assignment_one_scope")
        ),
        sa.ForeignKeyConstraint(["dimension"], ["dimension.key"], name=op.f("fk_rep_assignment_dimension")),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_rep_assignment_location_id")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_rep_assignment_node_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rep_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rep_assignment")),
    )
    op.create_index(op.f("ix_rep_assignment_location_id"), "rep_assignment", ["location_id"], unique=False)
    op.create_index(op.f("ix_rep_assignment_node_id"), "rep_assignment", ["node_id"], unique=False)
    op.create_index(op.f("ix_rep_assignment_person_id"), "rep_assignment", ["person_id"], unique=False)
    op.create_table(
        "role_grant",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False, comment="operator"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_grant_person_id")),
        sa.PrimaryKeyConstraint("person_id", "role", name=op.f("pk_role_grant")),
    )
    op.create_table(
        "sign_in_flow",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "browser_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the cookie of the browser that began it",
        ),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False, comment="sealed"),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_sign_in_flow_connection_id")
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_flow")),
    )
    op.create_index(op.f("ix_sign_in_flow_expires_at"), "sign_in_flow", ["expires_at"], unique=False)
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("started_at", Time(), nullable=False),
        sa.Column("expires_at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_web_session_connection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_web_session_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_expires_at"), "web_session", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_session_person_id"), "web_session", ["person_id"], unique=False)
    op.create_table(
        "xapi_credential",
        sa.Column("id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="the Basic user name"),
        sa.Column(
            "secret_hash",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256: the secret is random and long",
        ),
        sa.Column("scopes", Json, nullable=False, comment="statements/write, statements/read/mine, ..."),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column("revoked_at", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name=op.f("fk_xapi_credential_connection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_xapi_credential")),
        sa.UniqueConstraint("key", name=op.f("uq_xapi_credential_key")),
    )
    op.create_index(
        op.f("ix_xapi_credential_connection_id"), "xapi_credential", ["connection_id"], unique=False
    )
    op.create_table(
        "appointment_brand",
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("brand_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_appointment_brand_appointment_id")
        ),
        sa.ForeignKeyConstraint(["brand_id"], ["brand.id"], name=op.f("fk_appointment_brand_brand_id")),
        sa.PrimaryKeyConstraint("appointment_id", "brand_id", name=op.f("pk_appointment_brand")),
        comment="A brand is in force only while the location carries it; see effective_brands.",
    )
    op.create_table(
        "completion",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("offering_id", Id(), nullable=False),
        sa.Column("statement_id", Id(), nullable=False, comment="the evidence"),
        sa.Column("completed_at", Time(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True, comment="scaled, -1 to 1"),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column("recognized_by", sa.String(length=64), nullable=False, comment="plugin that recognized it"),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_completion_offering_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_completion_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_completion")),
        sa.UniqueConstraint(
            "statement_id", "offering_id", name=op.f("uq_completion_statement_id_offering_id")
        ),
    )
    op.create_index(
        "ix_completion_person_id_offering_id", "completion", ["person_id", "offering_id"], unique=False
    )
    op.create_table(
        "credit_ledger",
        sa.Column("id", Id(), nullable=False),
        sa.Column("goal_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("statement_id", Id(), nullable=False, comment="the evidence that was decisive"),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="credit or void"),
        sa.Column(
            "amount", sa.Integer(), nullable=False, comment="1 for credit, -1 for void: the sum is the state"
        ),
        sa.Column("completed_at", Time(), nullable=False),
        sa.Column("recorded_at", Time(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, comment="which entry of this goal: 1, 2, ..."),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_credit_ledger_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_ledger")),
        sa.UniqueConstraint("goal_id", "turn", name=op.f("uq_credit_ledger_goal_id_turn")),
    )
    op.create_index(op.f("ix_credit_ledger_person_id"), "credit_ledger", ["person_id"], unique=False)
    op.create_table(
        "goal_source",
        sa.Column("id", Id(), nullable=False),
        sa.Column("goal_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="rule or plugin"),
        sa.Column(
            "source_key", sa.String(length=100), nullable=False, comment="key of the rule, name of the plugin"
        ),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column(
            "reason", Json, nullable=False, comment="the words and the values that held; see training.reasons"
        ),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column(
            "look_back_days",
            sa.Integer(),
            nullable=True,
            comment="completions this long before valid_from still count; null: any",
        ),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_goal_source_appointment_id")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_goal_source_goal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal_source")),
    )
    op.create_index(op.f("ix_goal_source_appointment_id"), "goal_source", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_goal_source_goal_id"), "goal_source", ["goal_id"], unique=False)
    op.create_table(
        "lti_resource_link",
        sa.Column("id", Id(), nullable=False),
        sa.Column("offering_id", Id(), nullable=False),
        sa.Column("connection_id", Id(), nullable=False),
        sa.Column("target_link_uri", sa.Text(), nullable=True, comment="null: the tool's launch URL"),
        sa.Column("custom", Json, nullable=False, comment="launch parameters beyond those of the offering"),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["lti_tool.connection_id"], name=op.f("fk_lti_resource_link_connection_id")
        ),
        sa.ForeignKeyConstraint(
            ["offering_id"], ["offering.id"], name=op.f("fk_lti_resource_link_offering_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_resource_link")),
        sa.UniqueConstraint("offering_id", name=op.f("uq_lti_resource_link_offering_id")),
        comment="Where an offering is launched. Its id is the LTI resource link id and names the AGS context.",
    )
    op.create_table(
        "opinion",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("plugin_version", sa.String(length=32), nullable=False),
        sa.Column("appointment_id", Id(), nullable=False),
        sa.Column("audience", sa.String(length=100), nullable=False),
        sa.Column("target_kind", sa.String(length=16), nullable=False),
        sa.Column("target_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("due_at", Time(), nullable=True),
        sa.Column("valid_from", Time(), nullable=False),
        sa.Column("valid_to", Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointment_id"], ["appointment.id"], name=op.f("fk_opinion_appointment_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_opinion_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opinion")),
    )
    op.create_index("ix_opinion_person_id_plugin", "opinion", ["person_id", "plugin"], unique=False)
    op.create_table(
        "path_step",
        sa.Column("path_id", Id(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("offering_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(["offering_id"], ["offering.id"], name=op.f("fk_path_step_offering_id")),
        sa.ForeignKeyConstraint(["path_id"], ["path.id"], name=op.f("fk_path_step_path_id")),
        sa.PrimaryKeyConstraint("path_id", "place", name=op.f("pk_path_step")),
    )
    op.create_index(op.f("ix_path_step_offering_id"), "path_step", ["offering_id"], unique=False)
    op.create_table(
        "lti_launch",
        sa.Column("id", Id(), nullable=False),
        sa.Column(
            "hint_hash", sa.String(length=64), nullable=False, comment="of the login_hint, usable once"
        ),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("resource_link_id", Id(), nullable=False),
        sa.Column(
            "session_hash",
            sa.String(length=64),
            nullable=False,
            comment="of the web session that asked for it",
        ),
        sa.Column("registration", Id(), nullable=False, comment="handed to the tool for its statements"),
        sa.Column("created_at", Time(), nullable=False),
        sa.Column(
            "expires_at",
            Time(),
            nullable=True,
            comment="of the hint; null once launched, for then the row stays",
        ),
        sa.Column("launched_at", Time(), nullable=True, comment="when the id_token was issued"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_launch_person_id")),
        sa.ForeignKeyConstraint(
            ["resource_link_id"], ["lti_resource_link.id"], name=op.f("fk_lti_launch_resource_link_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_launch")),
        sa.UniqueConstraint("hint_hash", name=op.f("uq_lti_launch_hint_hash")),
    )
    op.create_index(op.f("ix_lti_launch_expires_at"), "lti_launch", ["expires_at"], unique=False)
    op.create_index("ix_lti_launch_person_id", "lti_launch", ["person_id", "resource_link_id"], unique=False)
    op.create_table(
        "lti_line_item",
        sa.Column("id", Id(), nullable=False),
        sa.Column("resource_link_id", Id(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("score_maximum", sa.Float(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column(
            "is_default",
            sa.Boolean(),
            nullable=False,
            comment="made by the hub; the one whose score is credited",
        ),
        sa.ForeignKeyConstraint(
            ["resource_link_id"], ["lti_resource_link.id"], name=op.f("fk_lti_line_item_resource_link_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lti_line_item")),
    )
    op.create_index(
        op.f("ix_lti_line_item_resource_link_id"), "lti_line_item", ["resource_link_id"], unique=False
    )
    op.create_table(
        "lti_result",
        sa.Column("line_item_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("timestamp", Time(), nullable=False, comment="of the newest score, by the sender's clock"),
        sa.Column("statement_id", Id(), nullable=False, comment="the statement of that score"),
        sa.Column("score", Json, nullable=False, comment="that score as sent"),
        sa.ForeignKeyConstraint(
            ["line_item_id"], ["lti_line_item.id"], name=op.f("fk_lti_result_line_item_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lti_result_person_id")),
        sa.PrimaryKeyConstraint("line_item_id", "person_id", name=op.f("pk_lti_result")),
    )
    for table in ("statement", "statement_id", "change", "audit", "credit_ledger"):
        protect(op.get_bind(), table)
    op.execute("INSERT INTO dimension (key, name) VALUES ('general', 'General')")
