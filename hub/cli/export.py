"""``hub export``: statements into files."""

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.runtime import Hub
    from hub.xapi.transfer.export_statements import ExportOptions


def _instant(_: click.Context, __: click.Parameter, value: datetime | None) -> datetime | None:
    """Without a zone, UTC is meant."""
    return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", type=click.Choice(["ndjson", "parquet"]), default="ndjson", show_default=True)
@click.option("--since", type=click.DateTime(_FORMATS), callback=_instant, help="Stored then or later (UTC).")
@click.option("--until", type=click.DateTime(_FORMATS), callback=_instant, help="Stored before then (UTC).")
@click.option("--connection", "connections", multiple=True, help="Only of this connection. Repeatable.")
@click.option("--partner", "partners", multiple=True, help="Only of this partner. Repeatable.")
@click.option("--verb", "verbs", multiple=True, help="Only with this verb. Repeatable.")
@click.option(
    "--activity",
    "activities",
    multiple=True,
    help="Only about this activity; an end of * is any. Repeatable.",
)
@click.option("--attachments", is_flag=True, help="Write the files of statements beside them.")
@click.option("--per-file", type=click.IntRange(1, 10_000_000), default=50_000, show_default=True)
@click.option(
    "--follow", type=click.IntRange(1, 86_400), metavar="SECONDS", help="Go on, and look again so often."
)
@click.option(
    "--forget",
    is_flag=True,
    help="Export nothing: the export that followed into FOLDER runs no more, and nothing need wait for it.",
)
@click.option(
    "--person",
    "who",
    metavar="WHO",
    help="All that is kept about one person instead, named as for `hub erase`.",
)
def export(
    folder: Path,
    format: str,
    since: datetime | None,
    until: datetime | None,
    connections: tuple[str, ...],
    partners: tuple[str, ...],
    verbs: tuple[str, ...],
    activities: tuple[str, ...],
    attachments: bool,
    per_file: int,
    follow: int | None,
    forget: bool,
    who: str | None,
) -> None:
    """Write statements into files in FOLDER, as they are stored, with a manifest of their checksums.

    With --person: person.json with what the hub and its plugins keep about somebody, and the statements they are the actor of.

    Killed and started again it goes on where it was. Started again later with the same options it adds what came since.
    """
    from hub.cli.opening import opened_hub
    from hub.errors import BadInput, Problem
    from hub.journal import audit
    from hub.xapi.forward.filters import read_filter
    from hub.xapi.transfer.export_statements import ExportOptions

    with opened_hub() as hub:
        if who is not None:
            _export_person(hub, folder, who)
            return
        if forget:
            _forget(hub, folder)
            return
        problems: list[Problem] = []
        with hub.reading() as uow:
            given = {"verbs": verbs, "activities": activities, "partners": partners}
            filter = read_filter(uow, given, problems)
        if problems:
            raise BadInput("bad_options", "This cannot be exported.", problems=problems)
        options = ExportOptions(format, filter, connections, since, until, attachments, per_file)
        with hub.unit_of_work() as uow:
            audit(uow, "statements_exported", detail={"format": format, "follows": follow is not None})
        if follow is None:
            _export_once(hub, folder, options)
        else:
            _follow(hub, folder, options, follow)


def _export_person(hub: "Hub", folder: Path, who: str) -> None:
    from hub.cli.erase import find_subject
    from hub.errors import BadInput
    from hub.lifecycle.export_person import export_person

    with hub.reading() as uow:
        subject = find_subject(uow, who)
    if subject.person_id is None:
        raise BadInput(
            "no_person", "The hub does not know this actor as a person.", "Export statements instead."
        )
    counts = export_person(hub, subject, subject.person_id, folder)
    told = ", ".join(f"{number:,} {what}" for what, number in counts.items())
    click.echo(f"All that is kept about {subject.shown} is in {folder}: person.json, and {told}.")


def _forget(hub: "Hub", folder: Path) -> None:
    from hub.xapi.transfer.follow import forget_export

    click.echo(f"Nothing waits for {forget_export(hub, folder)} any more; its files stay.")


def _export_once(hub: "Hub", folder: Path, options: "ExportOptions") -> None:
    from hub.cli.output import progress_bars
    from hub.xapi.transfer.export_statements import export_statements

    with progress_bars() as progress:
        report = export_statements(hub, folder, options, progress)
    new = f"{report.statements:,} statements in {report.files:,} new files"
    click.echo(f"{new}; {report.total:,} in all in {folder}.")


def _follow(hub: "Hub", folder: Path, options: "ExportOptions", seconds: int) -> None:
    from hub.xapi.transfer.follow import following

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with following(hub, folder, options) as export_more:
        while not stop.is_set():
            report = export_more()
            if report.statements:
                click.echo(f"{report.statements:,} statements more; {report.total:,} in all.")
            stop.wait(seconds)
