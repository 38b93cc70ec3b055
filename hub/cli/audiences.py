"""``hub audiences``: who gets what, kept as text."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.audiences.plan_file import Diff


@click.group()
def audiences() -> None:
    """Say who gets what, with files.

    They hold paths, audiences with their plugins, and rules.
    """


@audiences.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--dry-run", is_flag=True, help="Show what would change and how many people it touches, and stop."
)
def apply(file: Path, dry_run: bool) -> None:
    """Make paths, audiences and rules as FILE has them; what it does not name stays as it is."""
    from hub.audiences.audience_files import apply_audience_file, plan_audience_file
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars

    with opened_hub() as hub:
        with progress_bars() as progress:
            plan = plan_audience_file(hub, file, progress)
        _show(plan)
        if dry_run or not plan.changes:
            return
        done = apply_audience_file(hub, file)
    click.echo(
        f"\nApplied {_count(len(done.changes), 'change')}. The worker brings everybody's goals up to date."
    )


@audiences.command()
def export() -> None:
    """Print all paths, audiences and rules as a file that `hub audiences apply` reads."""
    from hub.audiences.export_audiences import export_audiences
    from hub.cli.opening import opened_hub

    with opened_hub() as hub, hub.reading() as uow:
        click.echo(export_audiences(uow), nl=False)


def _show(plan: "Diff") -> None:
    from hub.cli.output import show_table

    if not plan.changes:
        click.echo(f"Nothing to change: {_count(plan.unchanged, 'item')} as in the file.")
        return
    rows = [
        (
            type(change).__name__.removesuffix("Change").lower(),
            change.key,
            change.what,
            f"{plan.affected[place]:,}",
        )
        for place, change in enumerate(plan.changes)
    ]
    show_table(("what", "which", "change", "people"), rows)
    click.echo(f"\n{plan.people:,} people in all; {_count(plan.unchanged, 'item')} unchanged.")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
