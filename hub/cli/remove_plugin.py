"""``hub plugin remove``: off the list, and with ``--data`` gone with all that it kept."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.config import Settings
    from hub.plugin_data.remove import Kept
    from hub.runtime import Hub


@click.command()
@click.argument("name")
@click.option(
    "--data", is_flag=True, help="Remove what it kept, too: its tables, notes, opinions and switches."
)
@click.option("--dry-run", is_flag=True, help="Show what would go and what stays, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, data: bool, dry_run: bool, yes: bool) -> None:
    """Take the plugin NAME off the list of the settings, and with --data remove what it kept.

    It need not be installed any more. Credits, the ledger, the journals and the audit trail stay: others rest on them. What it keeps
    goes only if it can be taken off the list: at the next start a plugin on the list would miss its tables.
    """
    from hub.cli.opening import check_migrated, config_file, read_settings
    from hub.cli.output import end_dry_run
    from hub.plugin_data.remove import remove_data, what_is_kept

    settings = read_settings()
    file = config_file() or Path(os.environ.get("HUB_CONFIG", "config/hub.toml"))
    hub = _opened_without(settings, name)
    try:
        check_migrated(hub)
        with hub.reading() as uow:
            kept = what_is_kept(uow, name)
        _show(name, kept, data=data, is_listed=name in settings.plugins or name in settings.plugin)
        if dry_run:
            end_dry_run()
            return
        if data and not kept.is_nothing and not yes:
            click.confirm(f"\nRemove all that {name} kept? This cannot be undone", abort=True)
        if not _take_off(file.resolve(), settings, name, only_if_off=data) and data:
            click.echo("Nothing was changed. Then run this again.", err=True)
            click.get_current_context().exit(1)
        if data and not kept.is_nothing:
            remove_data(hub, name)
            click.echo(f"All that {name} kept is gone. Its goals end within moments, while a worker runs.")
    finally:
        hub.close()


def _opened_without(settings: "Settings", name: str) -> "Hub":
    """The hub as it is when the plugin is off the list: whether or not it can be loaded means nothing here."""
    from hub.app import open_hub

    rest = {
        "plugins": [each for each in settings.plugins if each != name],
        "plugin": {key: table for key, table in settings.plugin.items() if key != name},
    }
    return open_hub(settings.model_copy(update=rest))


def _show(name: str, kept: "Kept", *, data: bool, is_listed: bool) -> None:
    from hub.cli.output import show_table

    rows = [(f"table {table}", f"{number:,} rows") for table, number in kept.tables.items()]
    for what, number in (
        ("notes about appointments", kept.notes),
        ("opinions about who gets what", kept.opinions),
        ("deliveries that wait or are parked", kept.deliveries),
        ("partners for which it is off", kept.partners_off),
        ("rows about its lists in other systems", kept.exported),
    ):
        rows += [(what, f"{number:,}")] if number else []
    rows += [("set aside", "yes")] if kept.is_aside else []
    rows += (
        [("asked whenever somebody is erased; without it erasures stay open", "yes")]
        if kept.erases_people
        else []
    )
    rows += [("switched on for", ", ".join(kept.audiences))] if kept.audiences else []
    if not is_listed:
        click.echo(f"{name} is not on the list of the settings.")
    if rows:
        click.echo(f"{'This goes' if data else 'This stays'}:\n")
        show_table(("what", "how much"), rows)
        if not data:
            click.echo(f"\n`hub plugin remove {name} --data` removes it, too.")
    else:
        click.echo(f"{name} keeps nothing here.")
    if kept.profiles:
        click.echo(f"Profiles name it, and stay as they are: {', '.join(kept.profiles)}.")


def _take_off(file: Path, settings: "Settings", name: str, *, only_if_off: bool) -> bool:
    """Take it off the list in the file; whether it is off then. ``only_if_off``: change nothing where it would still be on."""
    from hub.cli.off_the_list import without_plugin
    from hub.config import load_settings

    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    changed = without_plugin(text, name)
    if changed is None or changed == text:
        is_off = changed is not None and not _names(settings, name)
        return is_off or _tell(name, file if changed is None else "the settings")
    try:
        with _draft(file, changed) as draft:
            is_off = not _names(load_settings(draft), name)  # the environment may name it, too
            if is_off or not only_if_off:
                draft.replace(file)
                click.echo(f"Took {name} off the list in {file}, with its settings. Restart the hub.")
    except OSError as error:
        click.echo(f"{file} cannot be written anew: {error}.", err=True)
        return _tell(name, file)
    return is_off or _tell(name, "the environment (HUB_PLUGINS)")


def _names(settings: "Settings", name: str) -> bool:
    return name in settings.plugins or name in settings.plugin


def _tell(name: str, where: object) -> bool:
    click.echo(
        f"Take {name} off `plugins` in {where} yourself, with its table [plugin.{name}]; then restart."
    )
    return False


@contextmanager
def _draft(file: Path, text: str) -> Iterator[Path]:
    """A file beside another, with its mode and owner, to be put in its place: whoever reads meanwhile reads all of one."""
    there = file.stat()
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            if (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(handle, there.st_uid, there.st_gid)
            os.fchmod(handle, there.st_mode & 0o7777)
            os.fsync(handle)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
