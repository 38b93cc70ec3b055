"""``hub generate``: invented input to try the hub with."""

from datetime import UTC, datetime
from pathlib import Path

import click

SIZES = {
    "S": "100 locations",
    "M": "5,000 locations, 40,000 people",
    "L": "50,000 locations, 2,000,000 people",
}


@click.group()
def generate() -> None:
    """Invent input to try the hub with."""


@generate.command()
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    required=True,
    help="; ".join(f"{k}: {v}" for k, v in SIZES.items()),
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="Another seed, another network; the same, the same.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="The folder to write to."
)
@click.option(
    "--today",
    type=click.DateTime(["%Y-%m-%d"]),
    default=lambda: datetime.now(UTC).date().isoformat(),
    help="The day on which new people are new; today unless given.",
)
def network(size: str, seed: int, out: Path, today: datetime) -> None:
    """Write the CSV files of a believable partner network, for `hub network import`."""
    from hub.cli.output import progress_bars
    from hub.testing.generate_network import generate_network

    with progress_bars() as progress:
        summary = generate_network(size, seed, out, today.date(), progress)
    for file, rows in summary.rows.items():
        click.echo(f"{out / file}  {rows:,} rows")
    click.echo(f"\nThe largest partner owns {summary.largest_partner_locations:,} locations.")
    click.echo(f"Next: hub network import {out}")
