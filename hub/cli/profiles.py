"""``hub profiles``: how audiences are set up: as text, as versions, and what a change of it does."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.audiences.profiles.plan_profiles import ProfileChange, ProfilePlan, Work


@click.group()
def profiles() -> None:
    """Set audiences up by profiles.

    A profile says by which ways people come in, what is known of them, their rules, workflows, reports and plugins, and inherits
    what it leaves open.
    """


dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, and stop.")
plan_option = click.option(
    "--plan", "plan_hash", help="Change it only if it does what the plan with this hash said."
)


@profiles.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@dry_run
@plan_option
def apply(file: Path, dry_run: bool, plan_hash: str | None) -> None:
    """Make profiles as FILE has them; those it does not name stay as they are."""
    from hub.audiences.profiles.plan_profiles import from_file

    _carry_out(from_file(file), dry_run, plan_hash)


@profiles.command("roll-back")
@click.argument("profile")
@click.argument("version", type=int)
@dry_run
@plan_option
def roll_back(profile: str, version: int, dry_run: bool, plan_hash: str | None) -> None:
    """Let an earlier VERSION of PROFILE be in force again. Both changes stay in its history."""
    from hub.audiences.profiles.plan_profiles import roll_back_profile

    _carry_out(roll_back_profile(profile, version), dry_run, plan_hash)


@profiles.command()
@click.argument("profile")
@dry_run
@plan_option
def remove(profile: str, dry_run: bool, plan_hash: str | None) -> None:
    """Take PROFILE away, with its rules and workflows. Its versions stay, and roll-back lets it come back."""
    from hub.audiences.profiles.plan_profiles import remove_profile

    _carry_out(remove_profile(profile), dry_run, plan_hash)


@profiles.command()
@click.argument("profile")
def versions(profile: str) -> None:
    """Show every version of PROFILE, the one in force first."""
    from hub.audiences.profiles.read_profiles import read_profile_versions
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        found = read_profile_versions(uow, profile)
    rows = [
        (
            str(v.number),
            v.at.isoformat(timespec="seconds"),
            v.actor_id or "",
            f"as version {v.same_as}" if v.same_as != v.number else ", ".join(v.fields) or "new",
        )
        for v in found
    ]
    show_table(("version", "at", "by", "what"), rows)


@profiles.command("list")
def list_() -> None:
    """List all profiles, what they inherit from, and their audiences."""
    from hub.audiences.profiles.read_profiles import read_profiles
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        found = read_profiles(uow).values()
    rows = [(p.key, p.title, p.extends or "", ", ".join(p.audiences)) for p in found]
    show_table(("profile", "title", "extends", "audiences"), rows)


@profiles.command()
@click.argument("profile", required=False, default="")
def export(profile: str) -> None:
    """Print all profiles, or PROFILE, as a file that `hub profiles apply` reads."""
    from hub.audiences.profiles.export_profiles import export_profiles
    from hub.cli.opening import opened_hub

    with opened_hub() as hub, hub.reading() as uow:
        click.echo(export_profiles(uow, profile), nl=False)


@profiles.command()
@click.argument("audience")
@click.argument("report")
def report(audience: str, report: str) -> None:
    """Show the figures of a REPORT of AUDIENCE as they are now."""
    from hub.audiences.profiles.reports import run_report
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.notify.send_reports import figure

    with opened_hub() as hub, hub.reading() as uow:
        found = run_report(uow, audience, report)
    metric = found.definition.metric
    rows = [(row.name, figure(row, metric)) for row in (*found.rows, found.total)]
    show_table((found.definition.by, metric), rows)


def _carry_out(work: "Work", dry_run: bool, plan_hash: str | None) -> None:
    """Show the plan; then do exactly that, or what the plan said that was seen before."""
    from hub.audiences.profiles.plan_profiles import ProfilesOutdated, make_profiles, plan_profiles
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars

    with opened_hub() as hub:
        with progress_bars() as progress:
            plan = plan_profiles(hub, work, progress)
        _show(plan)
        if plan_hash is not None and plan_hash != plan.hash:
            raise ProfilesOutdated(plan)
        if dry_run or not plan.profiles:
            return
        make_profiles(hub, work, plan.hash)
    click.echo("\nApplied. The worker brings everybody's goals up to date.")


def _becomes(change: "ProfileChange") -> str:
    return "removed" if change.after is None else ", ".join(change.fields) or "new"


def _show(plan: "ProfilePlan") -> None:
    from hub.cli.output import show_table, words_of_outcome

    if not plan.profiles and not plan.diff.changes:
        click.echo("Nothing to change.")
        return
    rows = [("profile", c.said.key, _becomes(c), "") for c in plan.profiles]
    rows += [
        (
            type(change).__name__.removesuffix("Change").lower(),
            change.key,
            "removed" if change.key in plan.removed else change.what,
            f"{plan.diff.affected[place]:,}",
        )
        for place, change in enumerate(plan.diff.changes)
    ]
    show_table(("what", "which", "change", "people"), rows)
    for flow in plan.workflows:
        click.echo(
            f"In the last 30 days the workflow {flow.key}, version {flow.version}, would have acted {flow.events:,} times "
            f"for {flow.people:,} people of {flow.audience}."
        )
    effects = plan.diff.effects
    click.echo(
        f"\n{effects.gained:,} goals more for {effects.gaining:,} people, {effects.lost:,} fewer for {effects.losing:,}, "
        f"{effects.changed:,} at other times."
    )
    click.echo(words_of_outcome(effects))
    click.echo(f"Plan {plan.hash}.")
