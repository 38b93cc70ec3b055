"""people and connections are found by how their names, addresses and domains begin"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

FOUND_BY = (
    ("person_detail", "given_name", "person_id"),
    ("person_detail", "family_name", "person_id"),
    ("person_detail", "email", "person_id"),
    ("connection", "slug", "slug"),
    ("connection", "name", "slug"),
    ("partner", "name", "id"),
    ("email_domain", "domain", "connection_id"),
)
"""Table, column and what follows it in the index."""


def upgrade() -> None:
    order = ' COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else ""
    for table, name, last in FOUND_BY:
        op.execute(f"CREATE INDEX ix_{table}_{name} ON {table} (lower({name}){order}, {last})")
    op.create_index("ix_email_domain_connection_id", "email_domain", ["connection_id"])
