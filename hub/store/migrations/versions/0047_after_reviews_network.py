"""What the network keeps about merges and about people who cannot be reassigned."""

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
