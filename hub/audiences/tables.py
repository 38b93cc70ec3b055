"""Which people get what: audiences, rules, switched plugins and the opinions plugins gave."""

import sqlalchemy as sa

from hub.audiences.counting import tables as counting_tables  # noqa: F401  (its tables are these rooms', too)
from hub.audiences.profiles import tables as profile_tables  # noqa: F401  (its tables are these rooms', too)
from hub.audiences.told import tables as told_tables  # noqa: F401  (its tables are these rooms', too)
from hub.store.types import Id, Json, Time, id_column, metadata, reference, validity

audience = sa.Table(
    "audience",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("conditions", Json, nullable=False, comment="see audiences.conditions"),
    sa.Column(
        "provisioning",
        Json,
        nullable=False,
        server_default="[]",
        comment="modes by which people may come in; none named: all. See audiences.provisioning",
    ),
)

audience_plugin = sa.Table(
    "audience_plugin",
    metadata,
    sa.Column("audience", sa.String(100), sa.ForeignKey("audience.key"), nullable=False),
    sa.Column("plugin", sa.String(64), nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("audience", "plugin", "valid_from"),
    comment="Which plugins of subject scope are switched on for which audience, and since when.",
)

plugin_off = sa.Table(
    "plugin_off",
    metadata,
    reference("partner_id", "partner"),
    sa.Column("plugin", sa.String(64), nullable=False),
    *validity(),
    sa.PrimaryKeyConstraint("partner_id", "plugin", "valid_from"),
    comment="When plugins are off for partners, inside the audiences for which they are on.",
)

rule = sa.Table(
    "rule",
    metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="goal kind"),
    sa.Column("target_kind", sa.String(16), nullable=False),
    sa.Column("target_id", Id(), nullable=False),
    sa.Column(
        "conditions", Json, nullable=False, comment="hold on the same appointment; see audiences.conditions"
    ),
    sa.Column("due_days", sa.Integer, comment="due so many days after it began to apply"),
    sa.Column(
        "due",
        Json,
        nullable=False,
        server_default="{}",
        comment="when it is due by the calendar; see training.due_policy",
    ),
    sa.Column("look_back_days", sa.Integer, comment="null: any earlier completion counts"),
    sa.Column(
        "binding",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="while it asks for a goal, nobody waives that",
    ),
    sa.Column("status", sa.String(8), nullable=False, server_default="live", comment="draft, shadow or live"),
    *validity(),
)

opinion = sa.Table(
    "opinion",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("plugin_version", sa.String(32), nullable=False),
    reference("appointment_id", "appointment"),
    sa.Column("audience", sa.String(100), nullable=False),
    sa.Column("target_kind", sa.String(16), nullable=False),
    sa.Column("target_id", Id(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("dimension", sa.String(40), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("due_at", Time()),
    sa.Column("verdict", sa.String(8), nullable=False, server_default="assign", comment="assign or waive"),
    *validity(),
    sa.Index("ix_opinion_person_id_plugin", "person_id", "plugin"),
)

asked = sa.Table(
    "asked",
    metadata,
    reference("person_id", "person"),
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("question_hash", sa.String(64), nullable=False, comment="of all the plugin declared to read"),
    sa.PrimaryKeyConstraint("person_id", "plugin"),
    comment="What a plugin was last asked about a person: it is asked again only when that changes.",
)

plugin_note = sa.Table(
    "plugin_note",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("appointment_id", Id(), nullable=False, index=True),
    sa.Column("value", Json, nullable=False, comment="what the plugin decides by; it names nobody"),
    sa.Column("noted_at", Time(), nullable=False),
    sa.Column("noted_by", Id(), comment="whose act it was; null for the plugin's own"),
    sa.PrimaryKeyConstraint("plugin", "appointment_id"),
    comment="What plugins keep in mind about appointments and are told again when they are asked.",
)

audience_joining = sa.Table(
    "audience_joining",
    metadata,
    sa.Column("appointment_id", Id(), primary_key=True),
    sa.Column("audience", sa.String(100), primary_key=True),
    sa.Column(
        "expires_at",
        Time(),
        nullable=False,
        index=True,
        comment="from then on it is too long ago to be announced again",
    ),
    comment="Whose joining of which audience was announced, while plugins want to hear of that.",
)

remote_plugin = sa.Table(
    "remote_plugin",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    reference("token_id", "api_token", index=True),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("ended_at", Time()),
    comment="Plugins that run elsewhere: asked by webhook, and answering with this token.",
)

remote_question = sa.Table(
    "remote_question",
    metadata,
    reference("person_id", "person"),
    sa.Column("plugin", sa.String(64), nullable=False, comment="as switches call it"),
    sa.Column("question_hash", sa.String(64), nullable=False, comment="of all it was told about the person"),
    sa.PrimaryKeyConstraint("person_id", "plugin"),
    comment="What a remote plugin was last asked about a person; ``asked`` has what it last answered.",
)

plugin_unasked = sa.Table(
    "plugin_unasked",
    metadata,
    sa.Column("plugin", sa.String(64), primary_key=True),
    sa.Column("since", Time(), nullable=False),
    comment="Plugins that are switched on and could not be asked about somebody; the next worker that can asks anew.",
)

reassign_queue = sa.Table(
    "reassign_queue",
    metadata,
    sa.Column("person_id", Id(), primary_key=True),
    sa.Column("since", Time(), nullable=False),
    sa.Column("error", sa.Text, comment="why this one was put aside; null for who waits"),
    sa.Column("failed_at", Time()),
    comment="People whose goals are to be worked out anew, taken in chunks.",
)
