"""Rules for how long statements are kept, what was deleted by them, and the receipts of erasures."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

retention_rule = sa.Table(
    "retention_rule",
    metadata,
    id_column(),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("keep_days", sa.Integer, nullable=False, comment="statements stored longer ago are deleted"),
    sa.Column("verb", sa.Text, comment="an IRI; null: every verb"),
    reference("connection_id", "connection", nullable=True),
    reference("partner_id", "partner", nullable=True),
    sa.Column("changed_at", Time(), nullable=False),
)

retention_run = sa.Table(
    "retention_run",
    metadata,
    id_column(),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("began_at", Time(), nullable=False),
    sa.Column("finished_at", Time(), comment="null while it goes on, or was interrupted"),
    sa.Column("actor_id", Id(), comment="null: the hub's own daily run"),
    sa.Column("position", sa.BigInteger, nullable=False, comment="how far it has come"),
    sa.Column("plan", Json, nullable=False, comment="what is to be deleted; see lifecycle.plan_retention"),
    sa.Column("deleted", Json, nullable=False, comment="counts so far"),
)

erasure = sa.Table(
    "erasure",
    metadata,
    id_column(),
    sa.Column(
        "subject_hash", sa.String(64), nullable=False, index=True, comment="keyed: it names nobody by itself"
    ),
    sa.Column("person_id", Id(), comment="the tombstone that stays; null for an actor the hub did not know"),
    sa.Column("actor_id", Id(), comment="who had it done; null at the command line"),
    sa.Column("began_at", Time(), nullable=False),
    sa.Column("finished_at", Time(), comment="null while it goes on, or was interrupted"),
    sa.Column("counts", Json, nullable=False, comment="rows by kind"),
    sa.Column("sent_to", Json, nullable=False, comment="statements by receiving store"),
    sa.Column("files", Json, nullable=False, comment="keys of blobs that are still to be deleted"),
    sa.Column("receipt_hash", sa.String(64), nullable=False, comment="of the receipt; empty until finished"),
    sa.Column("traces_removed_at", Time(), comment="null: the database's files may still hold deleted bytes"),
)

plugin_erasure = sa.Table(
    "plugin_erasure",
    metadata,
    reference("erasure_id", "erasure"),
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("people", Json, nullable=False, comment="ids of the person, and of who became part of it"),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", Time(), nullable=False),
    sa.Column("last_error", sa.Text, comment="why the last attempt failed"),
    sa.Column(
        "done_at", Time(), comment="null while the plugin may still hold something: the erasure is open"
    ),
    sa.PrimaryKeyConstraint("erasure_id", "plugin"),
    comment="What plugins have to erase themselves, each tried again until it is done.",
)

plugin_eraser = sa.Table(
    "plugin_eraser",
    metadata,
    sa.Column("plugin", sa.String(64), nullable=False),
    sa.Column("since", Time(), nullable=False),
    sa.PrimaryKeyConstraint("plugin"),
    comment="Plugins that were on and erase people themselves, until their data is removed.",
)
