"""The record: what happened (append-only), who has read how far, what still has to go out, and the audit trail."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata

_position_type = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _position() -> sa.Column[int]:
    return sa.Column("position", _position_type, sa.Identity(), primary_key=True)


statement = sa.Table(
    "statement",
    metadata,
    _position(),
    sa.Column("id", Id(), nullable=False),
    sa.Column("connection_id", Id(), nullable=False, comment="the system whose credential sent it"),
    sa.Column("stored", Time(), nullable=False),
    sa.Column(
        "timestamp", Time(), nullable=False, comment="when the experience happened, as the sender says"
    ),
    sa.Column(
        "actor_form", sa.String(16), nullable=False, comment="account, mbox, mbox_sha1sum, openid or group"
    ),
    sa.Column("actor_subject", sa.Text, nullable=False),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column(
        "object_id", sa.Text, nullable=False, comment="activity id, statement id, or form:subject of an agent"
    ),
    sa.Column("registration", Id(), comment="of the context: an attempt, a session or an enrollment"),
    sa.Column(
        "payload", sa.LargeBinary, nullable=False, comment="the statement as sent, with what the store sets"
    ),
    sa.Index("ix_statement_connection_id_position", "connection_id", "position"),
    sa.Index("ix_statement_stored", "stored"),
    sqlite_autoincrement=True,
)
"""Found by position: ``statement_id`` leads there from an id, ``statement_term`` from everything else."""

statement_term = sa.Table(
    "statement_term",
    metadata,
    sa.Column("term", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("position", _position_type, primary_key=True, autoincrement=False),
    comment="What a statement, or one that it refers to, can be found by; see hub.journal.terms.",
    sqlite_with_rowid=False,
)

statement_reference = sa.Table(
    "statement_reference",
    metadata,
    sa.Column("connection_id", Id(), primary_key=True),
    sa.Column("target_id", Id(), primary_key=True, comment="a statement, which may not be here yet"),
    sa.Column(
        "position", _position_type, primary_key=True, autoincrement=False, comment="of what refers to it"
    ),
    comment="Statements whose object is another statement.",
    sqlite_with_rowid=False,
)

voiding = sa.Table(
    "voiding",
    metadata,
    sa.Column("target_id", Id(), primary_key=True),
    sa.Column("connection_id", Id(), primary_key=True, comment="a system voids only what it sent itself"),
    sa.Column("statement_id", Id(), nullable=False, comment="the voiding statement"),
    comment="Which statements are voided, also before they arrive.",
)

statement_id = sa.Table(
    "statement_id",
    metadata,
    id_column(),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("connection_id", Id(), nullable=False),
)

change = sa.Table(
    "change",
    metadata,
    _position(),
    sa.Column("id", Id(), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("subject_id", sa.String(200), nullable=False, comment="id or key of what changed"),
    sa.Column("person_id", Id(), comment="the person concerned, if one"),
    sa.Column("actor_id", Id(), comment="the person who changed it; null for imports and the hub itself"),
    sa.Column("at", Time(), nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Index("ix_change_subject", "kind", "subject_id"),
    sqlite_autoincrement=True,
)

event = sa.Table(
    "event",
    metadata,
    _position(),
    sa.Column("id", Id(), nullable=False),
    sa.Column(
        "kind", sa.String(64), nullable=False, comment="the name of a told hook, such as credit_granted"
    ),
    sa.Column("at", Time(), nullable=False),
    sa.Column("person_id", Id(), index=True),
    sa.Column("body", Json, nullable=False),
    sqlite_autoincrement=True,
)

reader = sa.Table(
    "reader",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("log", sa.String(16), nullable=False, comment="which it follows: statement, change or event"),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("worker", sa.String(100), comment="who moved it last"),
    sa.Column("moved_at", Time()),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", Time()),
    sa.Column("last_error", sa.Text),
)

outbox = sa.Table(
    "outbox",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(32), nullable=False, comment="which handler delivers it"),
    sa.Column("receiver", sa.String(200), nullable=False, comment="plugin, connection or address in words"),
    sa.Column(
        "key", sa.String(300), nullable=False, unique=True, comment="the effect: nothing goes out twice"
    ),
    sa.Column("person_id", Id(), index=True),
    sa.Column("body", Json, nullable=False),
    sa.Column(
        "state",
        sa.String(16),
        nullable=False,
        comment="waiting, delivered, parked, superseded by a newer one of its lane, or dismissed",
    ),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", Time(), nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("done_at", Time()),
    sa.Column("last_error", sa.Text),
    sa.Column(
        "lane", sa.String(300), index=True, comment="of its effects only the newest counts; null: all do"
    ),
    sa.Column("sequence", sa.String(80), comment="the order in its lane"),
    sa.Column("give_up_at", Time(), comment="in a lane: when passing failures end in parked"),
    sa.Column("leased_until", Time(), comment="in a lane: somebody is sending it"),
    sa.Column(
        "code",
        sa.String(64),
        nullable=False,
        server_default="",
        comment="why the last attempt failed, for programs",
    ),
    sa.Column("status", sa.Integer, comment="HTTP status of the last attempt, where it got an answer"),
    sa.Index("ix_outbox_state_next_attempt_at", "state", "next_attempt_at"),
    sa.Index("ix_outbox_receiver_id", "receiver", "id"),
)

outbox_pause = sa.Table(
    "outbox_pause",
    metadata,
    sa.Column("receiver", sa.String(200), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
    sa.Column("since", Time(), comment="the first of these failures; null where nobody noted it"),
    sa.Column("retry_at", Time(), nullable=False, comment="when one delivery may try it again"),
    sa.Column("last_error", sa.Text, nullable=False),
    comment="Receivers of lanes that did not do their part: they are left alone for a while.",
)

audit = sa.Table(
    "audit",
    metadata,
    _position(),
    sa.Column("id", Id(), nullable=False),
    sa.Column("at", Time(), nullable=False),
    sa.Column("action", sa.String(64), nullable=False, comment="such as sign_in, launch, score, statement"),
    sa.Column("outcome", sa.String(8), nullable=False, comment="done or refused"),
    sa.Column("reason", sa.String(64), nullable=False, comment="a stable code; empty when done"),
    sa.Column("actor_id", Id(), comment="the person who did it"),
    sa.Column("partner_id", Id()),
    sa.Column("connection_id", Id()),
    sa.Column("subject_id", sa.String(200), nullable=False),
    sa.Column("detail", Json, nullable=False),
    sa.Index("ix_audit_actor_id", "actor_id", "position"),
    sa.Index("ix_audit_subject_id", "subject_id", "position"),
    sa.Index("ix_audit_partner_id", "partner_id", "position"),
    sa.Index("ix_audit_at", "at"),
    sa.Index(
        "ix_audit_refused",
        "position",
        postgresql_where=sa.text("outcome = 'refused'"),
        sqlite_where=sa.text("outcome = 'refused'"),
    ),
    sa.Index("ix_audit_action", "action", "position"),
    sa.Index("ix_audit_connection_id", "connection_id", "position"),
    sqlite_autoincrement=True,
)

audit_seal = sa.Table(
    "audit_seal",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="from 1, without gaps"),
    sa.Column("from_position", sa.BigInteger, nullable=False, comment="the lowest of its rows"),
    sa.Column("to_position", sa.BigInteger, nullable=False, comment="the highest that was sealed until then"),
    sa.Column(
        "row_hashes", sa.LargeBinary, nullable=False, comment="of each row: position (8 bytes) and hash (32)"
    ),
    sa.Column("hash", sa.String(64), nullable=False, comment="over the hash before, number, time and rows"),
    sa.Column("at", Time(), nullable=False),
    comment="The audit trail, chained: whoever changes a row must change every seal after it. See journal.seal.",
)

audit_gap = sa.Table(
    "audit_gap",
    metadata,
    sa.Column("from_position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("to_position", sa.BigInteger, nullable=False),
    sa.Column("seen_at", Time(), nullable=False),
    sa.Column("transaction", sa.BigInteger, nullable=False, comment="none that is younger can fill it"),
    comment="Positions of the audit trail that had no row when those beside them were sealed, and may still get one.",
)

APPEND_ONLY = ("statement", "statement_id", "change", "audit", "audit_seal")
"""Tables in which the database itself refuses UPDATE and DELETE."""

open_door = sa.Table(
    "open_door",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    comment="Doors of append-only tables on SQLite; empty outside a transaction. See store.append_only.",
)

arrival_count = sa.Table(
    "arrival_count",
    metadata,
    sa.Column("hour", Time(), nullable=False, comment="its beginning"),
    sa.Column("connection_id", Id(), nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.PrimaryKeyConstraint("hour", "connection_id"),
    comment="How many statements were stored; kept when retention deletes them.",
)

plugin_timing = sa.Table(
    "plugin_timing",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("hook", sa.String(64), nullable=False),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("errors", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False, comment="in all"),
    sa.Column("slowest", sa.Float, nullable=False, comment="seconds"),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("last_error_at", Time()),
    sa.Column("last_at", Time(), nullable=False),
    sa.Column("last_error_version", sa.String(64), comment="of the plugin"),
    sa.PrimaryKeyConstraint("plugin", "hook"),
)

plugin_aside = sa.Table(
    "plugin_aside",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column(
        "hook", sa.String(64), nullable=False, comment="what it was doing; empty where somebody set it aside"
    ),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", Time(), nullable=False),
    sa.PrimaryKeyConstraint("plugin"),
    comment="Plugins that no process calls until somebody takes them back.",
)

plugin_hour = sa.Table(
    "plugin_hour",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("hook", sa.String(64), nullable=False),
    sa.Column("hour", Time(), nullable=False, comment="its beginning; that of 1970 for all time"),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("errors", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False, comment="in all"),
    sa.Column("slowest", sa.Float, nullable=False, comment="seconds"),
    sa.Column("grown_bytes", sa.BigInteger, nullable=False, comment="by which the process grew, estimated"),
    sa.Column("expires_at", Time(), index=True, comment="null for all time"),
    sa.PrimaryKeyConstraint("plugin", "hook", "hour"),
    comment="Calls of plugins' hooks by hour.",
)

plugin_bucket = sa.Table(
    "plugin_bucket",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("hook", sa.String(64), nullable=False),
    sa.Column("hour", Time(), nullable=False, comment="as in plugin_hour"),
    sa.Column("bucket", sa.SmallInteger, nullable=False, comment="of durations; its bounds are the code's"),
    sa.Column("calls", sa.BigInteger, nullable=False),
    sa.Column("expires_at", Time(), index=True, comment="null for all time"),
    sa.PrimaryKeyConstraint("plugin", "hook", "hour", "bucket"),
    comment="How many of those calls took how long.",
)
