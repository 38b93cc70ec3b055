"""Alembic's entry for tables of plugins: on the connection that was opened for one, behind its fence."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
)
with context.begin_transaction():
    context.run_migrations()
