"""What the network files said of people nobody knows yet."""

import sqlalchemy as sa

from hub.store.types import Json, Time, id_column, metadata, reference

waiting_row = sa.Table(
    "waiting_row",
    metadata,
    id_column(),
    sa.Column("file", sa.String(40), nullable=False, index=True),
    sa.Column("person", sa.String(200), nullable=False, comment="what the file calls whom it is about"),
    reference("partner_id", "partner", nullable=True, index=True),
    sa.Column("cells", Json, nullable=False, comment="of the row, by column; ids only, no names"),
    sa.Column("since", Time(), nullable=False),
    sa.Column("expires_at", Time(), nullable=False, index=True),
    comment="Rows that wait until somebody is known; partner_id is that of the location they name.",
)
