"""``hub cmi5``: courses that the hub itself launches."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.runtime import Hub

PARTNER = "The partner a new connection belongs to, as partner_id of the network files; left out if several share it."

WITHOUT_STORAGE = "Its files run without cookies and storage of their own, which many packages need: see content_url in the settings."


@click.group()
def cmi5() -> None:
    """Import cmi5 course packages and see the courses."""


@cmi5.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--connection", "slug", required=True, help="The connection it belongs to, by its short name.")
@click.option("--name", help="What people read; needed if the connection is new.")
@click.option("--partner", help=PARTNER)
@click.option("--key", help="How rules name the course; made from its title if left out.")
@click.option("--dry-run", is_flag=True, help="Check everything and say what would happen; write nothing.")
def import_(
    file: Path, slug: str, name: str | None, partner: str | None, key: str | None, dry_run: bool
) -> None:
    """Import the course package FILE, a zip file or a cmi5.xml alone.

    All its problems are told with line and element, and nothing is changed until there are none. The same package again
    changes nothing; a new version of a course replaces the old one, and sessions that run go on with theirs.
    """
    from hub.cli.dry import dry
    from hub.cli.opening import opened_hub
    from hub.network.importing.roster_keys import find_id
    from hub.web.words import count
    from hub.xapi.cmi5.import_course import connect_courses, import_course, plan_course
    from hub.xapi.cmi5.package import read_package

    content = file.read_bytes()
    with opened_hub() as hub:
        read_package(content)
        is_new = not _is_connected(hub, slug, name)
        if is_new:
            # What cannot be imported is refused before the connection is kept.
            with (dry(hub) if dry_run else hub).unit_of_work() as uow:
                connect_courses(uow, slug, name or "", find_id(uow, "partner", partner) if partner else None)
                done = plan_course(uow, content, slug, key)
        if not (is_new and dry_run):
            done = import_course(hub, content, slug, key, dry_run=dry_run)
        without_storage = done.files and not hub.settings.content_url
    if is_new and dry_run:
        click.echo(f"The connection {slug} would be new.")
    would = "would be " if dry_run else ""
    lost = f"; {count(done.removed, 'part')} no longer in it" if done.removed else ""
    holds = f"{count(done.aus, 'AU')}, {count(done.blocks, 'block')}, {count(done.files, 'file')}{lost}"
    click.echo(f"{done.title} ({done.key}): {would}{done.outcome}, {holds}.")
    if without_storage:
        click.echo(WITHOUT_STORAGE)


def _is_connected(hub: "Hub", slug: str, name: str | None) -> bool:
    """Whether there is the connection; one that is new needs a name."""
    from hub.errors import Missing
    from hub.network.systems.connections import find_connection

    try:
        with hub.reading() as uow:
            find_connection(uow, slug)
    except Missing:
        if name is None:
            raise click.UsageError(
                f"There is no connection {slug} yet; name the new one with --name."
            ) from None
        return False
    return True


@cmi5.command("list")
def list_() -> None:
    """Every course: its key, title, connection, AUs, learners and how many of them are done."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.xapi.cmi5.views import list_courses

    with opened_hub() as hub, hub.reading() as uow:
        lines = list_courses(uow)
    rows = [(x.key, x.title, x.connection, str(x.aus), str(x.learners), str(x.satisfied)) for x in lines]
    show_table(("key", "title", "connection", "AUs", "learners", "done"), rows)
