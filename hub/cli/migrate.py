"""``hub migrate``: the newest schema."""

import click


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to run at any time, also from several machines at once."""
    from hub.cli.opening import read_settings
    from hub.store import migrate as apply_migrations
    from hub.store import open_engine
    from hub.store.revision import newest_revision, read_revision

    settings = read_settings()
    engine = open_engine(settings.database_url.get_secret_value())
    with engine.connect() as connection:
        before = read_revision(connection)
    apply_migrations(engine)
    engine.dispose()
    newest = newest_revision()
    where = engine.url.render_as_string(hide_password=True)
    if before == newest:
        click.echo(f"{where} already has schema {newest}.")
    else:
        click.echo(f"Brought {where} from {f'schema {before}' if before else 'nothing'} to schema {newest}.")
