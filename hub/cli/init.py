"""``hub init``: the settings and the database of a new hub."""

import contextlib
import os
import secrets
from pathlib import Path

import click

from hub.errors import Conflict


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the hub is to live; this folder unless named.",
)
def init(directory: Path) -> None:
    """Begin: write settings with a fresh key, prepare the database."""
    from hub.cli.settings_text import first_settings
    from hub.config import load_settings
    from hub.store import migrate, open_engine

    file = directory / "config" / "hub.toml"
    _write_once(file, first_settings(secrets.token_urlsafe(48)))
    click.echo(f"Wrote {file} with a fresh secret key. Only you can read it; keep a copy in a safe place.")
    with contextlib.chdir(directory):
        settings = load_settings(Path("config/hub.toml"))
        Path("var").mkdir(mode=0o700, exist_ok=True)
        engine = open_engine(settings.database_url.get_secret_value())
        migrate(engine)
        where = engine.url.render_as_string(hide_password=True)
        engine.dispose()
    click.echo(f"Prepared the database {where}.")
    there = "" if directory.resolve() == Path.cwd() else f"  cd {directory}\n"
    click.echo(
        f"\nNext:\n{there}"
        f"  hub run                   serve {settings.public_url}\n"
        "  hub network import DIR    read the files of your network\n"
        "  hub connect --help        connect sign-in and learning systems\n"
        "  hub doctor                see what is still missing"
    )


def _write_once(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(
            "already_there",
            f"{file} is there already; nothing was changed.",
            "Edit it, or move it away to begin anew. `hub migrate` prepares the database it names.",
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
