"""``hub audiences``: who gets what: as text, as versions, and what a change of it does."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.audiences.plans.count_affected import Progress
    from hub.audiences.plans.diff import Diff
    from hub.audiences.plans.planning import Compare
    from hub.audiences.rules.conditions import Status
    from hub.audiences.rules.versions import Kind
    from hub.runtime import Hub


@click.group()
def audiences() -> None:
    """Say who gets what, with files.

    They hold paths, audiences with their plugins, and rules.
    """


dry_run = click.option(
    "--dry-run", is_flag=True, help="Show what would change and what that does to people and goals, and stop."
)
plan_option = click.option(
    "--plan", "plan_hash", help="Change it only if it does what the plan with this hash said."
)


@audiences.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@dry_run
@plan_option
def apply(file: Path, dry_run: bool, plan_hash: str | None) -> None:
    """Make paths, audiences and rules as FILE has them; what it does not name stays as it is."""
    from hub.audiences.files.audience_files import apply_audience_file, plan_audience_file

    _carry_out(
        lambda hub, progress: plan_audience_file(hub, file, progress),
        lambda hub, plan: apply_audience_file(hub, file, plan),
        dry_run,
        plan_hash,
    )


@audiences.command("status")
@click.argument("rule")
@click.argument("status", type=click.Choice(["draft", "shadow", "live"]))
@dry_run
@plan_option
def set_status(rule: str, status: "Status", dry_run: bool, plan_hash: str | None) -> None:
    """Make RULE a draft, a shadow (counted, but nobody gets a goal from it), or live."""
    from hub.audiences.plans.planning import status_change

    _change(status_change(rule, status), dry_run, plan_hash)


@audiences.command("roll-back")
@click.argument("kind", type=click.Choice(["rule", "audience"]))
@click.argument("key")
@click.argument("version", type=int)
@dry_run
@plan_option
def roll_back(kind: "Kind", key: str, version: int, dry_run: bool, plan_hash: str | None) -> None:
    """Let an earlier VERSION of a rule or an audience be in force again. Both changes stay in its history."""
    from hub.audiences.plans.planning import roll_back

    _change(roll_back(kind, key, version), dry_run, plan_hash)


@audiences.command()
@click.argument("kind", type=click.Choice(["rule", "audience"]))
@click.argument("key")
def versions(kind: "Kind", key: str) -> None:
    """Show every version of a rule or an audience, the one in force first."""
    from hub.audiences.rules.versions import read_versions
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        found = read_versions(uow, kind, key)
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


@audiences.command()
def rules() -> None:
    """List all rules, their status, and how many people each reaches now or later: of a shadow or a draft, would reach."""
    from hub.audiences.rules.reach import count_people
    from hub.audiences.rules.rule import read_rules
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        rows = [
            (rule.key, rule.status, str(rule.version), f"{count_people(uow, rule):,}")
            for rule in read_rules(uow)
        ]
    show_table(("rule", "status", "version", "people"), rows)


@audiences.command()
def sizes() -> None:
    """List all audiences, how many people are in each now, and how many others are told (once a month, nobody alone)."""
    from hub.access.reach import OPERATOR
    from hub.audiences.told.sizes import read_size, read_told
    from hub.audiences.views import list_switches
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        both = [(read_size(uow, OPERATOR, one.key), read_told(uow, one.key)) for one in list_switches(uow)]
    rows = [
        (
            now.audience,
            f"{now.people:,}",
            "none" if told.people is None else f"{told.people:,}",
            told.at.date().isoformat() if told.at else "",
        )
        for now, told in both
    ]
    show_table(("audience", "people", "told", "as of"), rows)


@audiences.command()
def lint() -> None:
    """Name rules that probably do not mean what they say. Ends with 1 if there are any."""
    from hub.audiences.rules.lint import lint_rules
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars, show_table

    with opened_hub() as hub, hub.reading() as uow, progress_bars() as progress:
        found = lint_rules(uow, progress)
    if not found:
        click.echo("Nothing to look at.")
        return
    people = ["" if f.people is None else f"{f.people:,}" for f in found]
    rows = [(f.rule, f.check, f.message, count) for f, count in zip(found, people, strict=True)]
    show_table(("rule", "check", "what", "people"), rows)
    sys.exit(1)


@audiences.command()
def export() -> None:
    """Print all paths, audiences and rules as a file that `hub audiences apply` reads."""
    from hub.audiences.files.export_audiences import export_audiences
    from hub.cli.opening import opened_hub

    with opened_hub() as hub, hub.reading() as uow:
        click.echo(export_audiences(uow), nl=False)


def _change(compare: "Compare", dry_run: bool, plan_hash: str | None) -> None:
    from hub.audiences.plans.planning import make_change, plan_change, write_changes

    _carry_out(
        lambda hub, progress: plan_change(hub, compare, progress),
        lambda hub, plan: make_change(hub, compare, write_changes(), plan),
        dry_run,
        plan_hash,
    )


def _carry_out(
    make_plan: "Callable[[Hub, Progress], Diff]",
    make: "Callable[[Hub, str], Diff]",
    dry_run: bool,
    plan_hash: str | None,
) -> None:
    """Show the plan; then do exactly that, or what the plan said that was seen before."""
    from hub.audiences.plans.diff import PlanOutdated
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars

    with opened_hub() as hub:
        with progress_bars() as progress:
            plan = make_plan(hub, progress)
        show_plan(plan)
        if plan_hash is not None and plan_hash != plan.hash:
            raise PlanOutdated(plan)
        if dry_run or not plan.changes:
            return
        done = make(hub, plan.hash)
    click.echo(
        f"\nApplied {_count(len(done.changes), 'change')}. The worker brings everybody's goals up to date."
    )


def show_plan(plan: "Diff") -> None:
    """Print what a plan would change, and what that does to people."""
    from hub.audiences.plans.effects import asks_plugins
    from hub.cli.output import show_table, words_of_outcome

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
    effects = plan.effects
    click.echo(
        f"{_count(effects.gained, 'goal')} more for {effects.gaining:,} people, {effects.lost:,} fewer for "
        f"{effects.losing:,}, {effects.changed:,} at other times, {effects.waived:,} waived; {effects.external:,} external people concerned."
    )
    click.echo(words_of_outcome(effects))
    if effects.outcome is None and asks_plugins(plan.changes):
        click.echo("Plugins are not asked about so many people: what they will newly say is not counted.")
    click.echo(f"Plan {plan.hash}.")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
