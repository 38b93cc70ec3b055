"""``hub audit``: whether the audit trail still is what it was, and the trail as a file."""

import sys
from typing import IO

import click


@click.group()
def audit() -> None:
    """The audit trail: verify its seals, note where they end, write it to a file."""


@audit.command()
@click.option("--from", "from_number", type=click.IntRange(min=1), default=1, help="The seal to begin with.")
@click.option(
    "--head", help="NUMBER:HASH as `hub audit head` told it earlier; proves that nothing before was replaced."
)
def verify(from_number: int, head: str | None) -> None:
    """Compare every row with its seal. Names the first row that was changed, is missing or was inserted, and ends with 1."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.journal.verify_seals import verify_seals

    noted = _read_head(head) if head else None
    with opened_hub() as hub, progress_bars() as progress, hub.reading() as uow:
        result = verify_seals(uow, from_number, noted, progress)
    for finding in result.findings:
        click.echo(str(finding))
    waiting = f" {result.unsealed:,} newer rows wait for the worker to seal them." if result.unsealed else ""
    if result.findings:
        click.echo(
            f"The audit trail is not what it was: the first place is position {result.findings[0].position}."
        )
        sys.exit(1)
    click.echo(f"{result.rows:,} rows in {result.seals:,} seals are what they were.{waiting}")
    click.echo(f"The chain ends with {result.head[0]}:{result.head[1]}")


@audit.command()
def head() -> None:
    """Print number and hash of the newest seal. Keep it somewhere else: with it, `verify --head` notices a chain made anew."""
    from hub.cli.opening import opened_hub
    from hub.journal.seal import read_head

    with opened_hub() as hub, hub.reading() as uow:
        end = read_head(uow)
    click.echo(f"{end.number}:{end.hash}")


@audit.command()
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
def export(file: IO[str]) -> None:
    """Write the trail to FILE as JSON lines: every row with its hash, then every seal, as seal_format describes them."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.journal import audit as note
    from hub.journal.export_audit import audit_lines

    with opened_hub() as hub:
        with progress_bars() as progress, hub.reading() as uow:
            for line in audit_lines(uow, progress):
                file.write(line + "\n")
        with hub.unit_of_work() as uow:
            note(uow, "audit_exported")


def _read_head(text: str) -> tuple[int, str]:
    number, _, hashed = text.partition(":")
    if not number.isdecimal() or len(hashed) != 64:
        raise click.BadParameter("must be NUMBER:HASH, as `hub audit head` prints it", param_hint="--head")
    return int(number), hashed.lower()
