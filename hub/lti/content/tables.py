"""Deep linking: what a tool was asked to pick and answered, and what somebody picks here for another LMS."""

import sqlalchemy as sa

from hub.store.types import Id, Json, Time, id_column, metadata, reference

lti_content_request = sa.Table(
    "lti_content_request",
    metadata,
    id_column(),
    reference("connection_id", "connection"),
    reference("person_id", "person", index=True),
    sa.Column("session_hash", sa.String(64), nullable=False, comment="of the web session that asked for it"),
    sa.Column(
        "data_hash",
        sa.String(64),
        unique=True,
        comment="of the data the tool gives back; null until it is told",
    ),
    sa.Column("deployment_id", sa.String(100), nullable=False),
    sa.Column("accept_multiple", sa.Boolean, nullable=False),
    sa.Column("created_at", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("answered_at", Time()),
    sa.Column("items", Json, comment="what the tool offers; see content.check_items.Item"),
    sa.Column("problems", Json, comment="what is wrong with the answer as a whole, in words"),
    sa.Column("imported_at", Time()),
    comment="A deep linking request to a tool, by an operator in one web session.",
)

lti_pick = sa.Table(
    "lti_pick",
    metadata,
    id_column(),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True, comment="of the picker's address"),
    reference("connection_id", "connection"),
    sa.Column("deployment_id", sa.String(255), nullable=False),
    sa.Column(
        "person_id", Id(), sa.ForeignKey("person.id"), index=True, comment="null: nobody the hub knows"
    ),
    sa.Column("return_url", sa.Text, nullable=False),
    sa.Column("accept_multiple", sa.Boolean, nullable=False),
    sa.Column("accept_line_item", sa.Boolean, comment="null: the platform does not say"),
    sa.Column("targets", Json, nullable=False, comment="how the platform can present what is picked"),
    sa.Column("sealed_data", sa.Text, comment="data of the platform, to be given back"),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    sa.Column("used_at", Time()),
    comment="A deep linking request of another platform, while somebody picks.",
)
