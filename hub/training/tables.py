"""What there is to learn, who has which goal, and the ledger of credit."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference, validity

offering = sa.Table(
    "offering",
    metadata,
    id_column(),
    sa.Column("key", sa.String(100), nullable=False, unique=True, comment="how rules and files name it"),
    reference("connection_id", "connection", index=True),
    sa.Column("external_id", sa.String(300), nullable=False, comment="the course's id in its own LMS"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("minutes", sa.Integer, comment="how long it takes, if known"),
    sa.Column("activity_id", sa.Text, nullable=False, comment="the xAPI activity its LMS reports on"),
    sa.Column(
        "completion_policy", sa.String(64), nullable=False, comment="which evidence counts as completion"
    ),
    sa.Column("launch", Json, nullable=False, comment="custom launch parameters for its LMS"),
    sa.Column("retired", sa.Boolean, nullable=False),
    sa.UniqueConstraint("connection_id", "external_id"),
    sa.UniqueConstraint("connection_id", "activity_id"),
)

path = sa.Table(
    "path",
    metadata,
    id_column(),
    sa.Column("key", sa.String(100), nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
)

path_step = sa.Table(
    "path_step",
    metadata,
    reference("path_id", "path"),
    sa.Column("place", sa.Integer, nullable=False),
    reference("offering_id", "offering", index=True),
    sa.PrimaryKeyConstraint("path_id", "place"),
)

goal = sa.Table(
    "goal",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("target_kind", sa.String(16), nullable=False, comment="offering or path"),
    sa.Column("target_id", Id(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="brand, compliance, development or review"),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    sa.Column("reached_at", Time(), comment="completion time of the live credit; null while open"),
    sa.UniqueConstraint("person_id", "target_kind", "target_id", "kind", "dimension"),
    sa.Index("ix_goal_target", "target_kind", "target_id", "person_id"),
    sa.Index("ix_goal_dimension_person", "dimension", "person_id"),
    comment="One thing one person is to reach, for one dimension. Lives while a source is valid.",
)

goal_source = sa.Table(
    "goal_source",
    metadata,
    id_column(),
    reference("goal_id", "goal", index=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="rule, plugin, manager or self"),
    sa.Column(
        "source_key",
        sa.String(100),
        nullable=False,
        comment="key of the rule, name of the plugin, id of the decision",
    ),
    sa.Column("version", sa.String(32), nullable=False),
    reference("appointment_id", "appointment", nullable=True, index=True),
    sa.Column(
        "reason", Json, nullable=False, comment="the words and the values that held; see training.reasons"
    ),
    sa.Column("due_at", Time()),
    sa.Column(
        "look_back_days", sa.Integer, comment="completions this long before valid_from still count; null: any"
    ),
    sa.Column(
        "binding",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="while it is valid, its goal is not waived",
    ),
    *validity(),
)

waived_source = sa.Table(
    "waived_source",
    metadata,
    id_column(),
    reference("goal_id", "goal", index=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("source_key", sa.String(100), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    reference("appointment_id", "appointment", nullable=True),
    sa.Column("reason", Json, nullable=False),
    sa.Column("due_at", Time()),
    sa.Column("look_back_days", sa.Integer),
    sa.Column("binding", sa.Boolean, nullable=False),
    sa.Column("waiver_kind", sa.String(16), nullable=False, comment="who waives it: decision or plugin"),
    sa.Column("waiver_key", sa.String(100), nullable=False, comment="id of the decision, name of the plugin"),
    sa.Column("waiver_reason", sa.Text, nullable=False, server_default="", comment="the plugin's own words"),
    *validity(),
    comment="What would ask for a goal if nobody had waived it.",
)

goal_decision = sa.Table(
    "goal_decision",
    metadata,
    id_column(),
    sa.Column(
        "person_id",
        Id(),
        sa.ForeignKey("person.id"),
        nullable=False,
        index=True,
        comment="whose goal it is",
    ),
    sa.Column("verdict", sa.String(8), nullable=False, comment="give, choose or waive"),
    sa.Column("target_kind", sa.String(16), nullable=False),
    sa.Column("target_id", Id(), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="goal kind"),
    sa.Column("dimension", sa.String(40), sa.ForeignKey("dimension.key"), nullable=False),
    sa.Column("appointments", Json, nullable=False, comment="ids of those through which a goal was given"),
    sa.Column("binding", sa.Boolean, nullable=False, comment="a goal that was given and is not waived"),
    sa.Column("due_at", Time()),
    sa.Column("look_back_days", sa.Integer),
    sa.Column("actor_id", Id(), comment="the person who decided"),
    *validity(),
    comment="What people decided about goals: given, chosen, waived.",
)

decision_words = sa.Table(
    "decision_words",
    metadata,
    sa.Column("decision_id", Id(), sa.ForeignKey("goal_decision.id"), primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    comment="Why somebody decided so, in their own words: personal, so in no journal.",
)

external_record = sa.Table(
    "external_record",
    metadata,
    id_column(),
    reference("person_id", "person", index=True),
    reference("partner_id", "partner"),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("completed_on", sa.Date, nullable=False),
    sa.Column("expires_on", sa.Date),
    sa.Column("by_partner", sa.Boolean, nullable=False, comment="the employer declared it, not the person"),
    sa.Column("state", sa.String(8), nullable=False, comment="declared, accepted or refused"),
    sa.Column("declared_by", Id(), nullable=False),
    sa.Column("declared_at", Time(), nullable=False),
    sa.Column("judged_by", Id()),
    sa.Column("judged_at", Time()),
    comment="What somebody learned elsewhere. It counts for nothing here.",
)

completion = sa.Table(
    "completion",
    metadata,
    id_column(),
    reference("person_id", "person"),
    reference("offering_id", "offering"),
    sa.Column("statement_id", Id(), nullable=False, comment="the evidence"),
    sa.Column("completed_at", Time(), nullable=False),
    sa.Column("score", sa.Float, comment="scaled, -1 to 1"),
    sa.Column("policy", sa.String(64), nullable=False),
    sa.Column("policy_version", sa.String(32), nullable=False),
    sa.Column("recognized_by", sa.String(64), nullable=False, comment="plugin that recognized it"),
    sa.UniqueConstraint("statement_id", "offering_id"),
    sa.Index("ix_completion_person_id_offering_id", "person_id", "offering_id"),
)

credit_ledger = sa.Table(
    "credit_ledger",
    metadata,
    id_column(),
    reference("goal_id", "goal"),
    sa.Column("person_id", Id(), nullable=False, index=True),
    sa.Column("statement_id", Id(), nullable=False, comment="the evidence that was decisive"),
    sa.Column("policy", sa.String(64), nullable=False),
    sa.Column("policy_version", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False, comment="credit or void"),
    sa.Column(
        "amount", sa.Integer, nullable=False, comment="1 for credit, -1 for void: the sum is the state"
    ),
    sa.Column("completed_at", Time(), nullable=False),
    sa.Column("recorded_at", Time(), nullable=False),
    sa.Column("turn", sa.Integer, nullable=False, comment="which entry of this goal: 1, 2, ..."),
    sa.UniqueConstraint("goal_id", "turn"),
)

waiting_statement = sa.Table(
    "waiting_statement",
    metadata,
    sa.Column("statement_id", Id(), primary_key=True),
    sa.Column("connection_id", Id(), nullable=False),
    sa.Column("form", sa.String(16), nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("since", Time(), nullable=False),
    sa.Index("ix_waiting_statement_subject", "connection_id", "form", "subject"),
    comment="Statements whose actor nobody knows yet; recognized when an identity link appears.",
)

completion_policy = sa.Table(
    "completion_policy",
    metadata,
    sa.Column("connection_id", Id(), sa.ForeignKey("connection.id"), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False, comment="stands in completions and credits"),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("terms", Json, nullable=False, comment="see training.policy.Terms"),
    sa.Column("overrides", Json, nullable=False, comment="terms by offering id, where a course has its own"),
    comment="Which evidence counts as completion of the courses of one source system.",
)

course_access = sa.Table(
    "course_access",
    metadata,
    reference("person_id", "person"),
    reference("offering_id", "offering"),
    reference("connection_id", "connection"),
    sa.Column("since", Time(), nullable=False),
    sa.PrimaryKeyConstraint("person_id", "offering_id", "connection_id"),
    comment="Courses that a person may open without a goal, because a system placed them.",
)

catalogue_source = sa.Table(
    "catalogue_source",
    metadata,
    reference("connection_id", "connection"),
    sa.Column("kind", sa.String(16), nullable=False, comment="catalogue or roster"),
    sa.Column("plugin", sa.String(64), nullable=False, comment="which plugin reads it"),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("sealed_secret", sa.Text, nullable=False, comment="empty where none is needed"),
    sa.Column("last_run_at", Time()),
    sa.Column("last_counts", Json, comment="of the last run that ended well"),
    sa.Column("last_error", sa.Text, nullable=False, comment="of the last run; empty if it ended well"),
    sa.PrimaryKeyConstraint("connection_id", "kind"),
    comment="Where the courses of an LMS, or the accounts of its people, are read from.",
)

APPEND_ONLY = ("credit_ledger",)
"""Tables in which the database itself refuses UPDATE and DELETE."""
