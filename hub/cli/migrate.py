"""``hub migrate``: the newest schema, of the hub and of its plugins."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import sqlalchemy as sa

    from hub.hooks import Hooks


@click.command()
@click.option(
    "--check", is_flag=True, help="Change nothing: tell what is missing, and exit with 1 if anything is."
)
@click.pass_context
def migrate(ctx: click.Context, check: bool) -> None:
    """Bring the database to the newest schema. Safe to run at any time, also from several machines at once.

    The hub's own tables come first, then those of each plugin that is on.
    """
    from hub.app import open_hooks
    from hub.cli.opening import read_settings
    from hub.store import migrate as apply_migrations
    from hub.store import open_engine
    from hub.store.revision import newest_revision, read_revision

    settings = read_settings()
    engine = open_engine(settings.database_url.get_secret_value())
    try:
        with engine.connect() as connection:
            before = read_revision(connection)
        newest = newest_revision()
        where = engine.url.render_as_string(hide_password=True)
        if check:
            told = _tell_pending(before, newest, engine, open_hooks(settings))
            click.echo("\n".join(told) or f"{where} has schema {newest}, and nothing is missing.")
            ctx.exit(1 if told else 0)
        apply_migrations(engine)
        if before == newest:
            click.echo(f"{where} already has schema {newest}.")
        else:
            click.echo(
                f"Brought {where} from {f'schema {before}' if before else 'nothing'} to schema {newest}."
            )
        _migrate_plugins(
            engine, open_hooks(settings)
        )  # after the hub's own, so that a plugin never holds those up
    finally:
        engine.dispose()


def _migrate_plugins(engine: "sa.Engine", hooks: "Hooks") -> None:
    from hub.plugin_data.migrate import migrate_plugins

    for was in migrate_plugins(engine, hooks):
        if was.is_pending:
            click.echo(f"Brought the tables of {was.plugin} from {was.stands or 'nothing'} to {was.newest}.")


def _tell_pending(before: str | None, newest: str, engine: "sa.Engine", hooks: "Hooks") -> list[str]:
    from hub.plugin_data.migrate import read_schemas

    told = [] if before == newest else [f"The hub: schema {before or 'none'}, and {newest} is the newest."]
    with engine.connect() as connection:
        schemas = read_schemas(connection, hooks)
    return told + [
        f"{each.plugin}: tables at {each.stands or 'nothing'}, and {each.newest} is the newest."
        for each in schemas
        if each.is_pending
    ]
