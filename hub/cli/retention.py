"""``hub retention``: how long statements are kept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.lifecycle.plan_retention import RetentionPlan
    from hub.lifecycle.rules import Rule
    from hub.runtime import Hub
    from hub.store import UnitOfWork

dry_run = click.option(
    "--dry-run", is_flag=True, help="Count what would go today with the rules as they would be, and stop."
)


@click.group()
def retention() -> None:
    """Delete old statements by rules: lay them down, see what they would delete, and apply what was seen."""


@retention.command()
def rules() -> None:
    """Show the rules."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.lifecycle.rules import list_rules
    from hub.lifecycle.views import words_of_rules

    with opened_hub() as hub, hub.reading() as uow:
        words = words_of_rules(uow, list_rules(uow))
    if words:
        show_table(
            ("rule", "keeps", "of"), [(w.rule.name, f"{w.rule.keep_days:,} days", w.of) for w in words]
        )
    else:
        click.echo("There are no rules: every statement is kept. `hub retention set` makes one.")


@retention.command("set")
@click.argument("name")
@click.option("--keep-days", type=int, required=True, help="Full days after which a statement may go.")
@click.option("--verb", help="Only statements with this verb (an IRI).")
@click.option("--connection", help="Only statements of this system, by its slug.")
@click.option(
    "--partner", help="Only statements of this partner's systems, by partner_id of the network files."
)
@dry_run
def set_(
    name: str, keep_days: int, verb: str | None, connection: str | None, partner: str | None, dry_run: bool
) -> None:
    """Make the rule NAME, or change it. Nothing is deleted before a plan is applied."""
    from hub.cli.opening import opened_hub
    from hub.lifecycle.rules import Rule, list_rules, rules_with, set_rule
    from hub.network.importing.roster_keys import find_id
    from hub.network.systems.connections import find_connection

    def rule_of(uow: "UnitOfWork") -> Rule:
        known = next((rule.id for rule in list_rules(uow) if rule.name == name), "")
        connection_id = find_connection(uow, connection).id if connection else None
        partner_id = find_id(uow, "partner", partner) if partner else None
        return Rule(known, name, keep_days, verb, connection_id, partner_id)

    with opened_hub() as hub:
        if dry_run:
            with hub.reading() as uow:
                rule = rule_of(uow)
                rules = rules_with(uow, rule)
            _show_rules(hub, rules, f"The rule {name} would be {'changed' if rule.id else 'made'}")
            return
        with hub.unit_of_work() as uow:
            rule = rule_of(uow)
            set_rule(uow, rule)
    click.echo(
        f"{'Changed' if rule.id else 'Made'} the rule {name}. `hub retention plan` shows what it would delete."
    )


@retention.command()
@click.argument("name")
@dry_run
def remove(name: str, dry_run: bool) -> None:
    """Take the rule NAME away."""
    from hub.cli.opening import opened_hub
    from hub.lifecycle.rules import find_rule, list_rules, remove_rule

    with opened_hub() as hub:
        if dry_run:
            with hub.reading() as uow:
                known = find_rule(uow, name)
                rules = [rule for rule in list_rules(uow) if rule.id != known.id]
            _show_rules(hub, rules, f"The rule {name} would be taken away")
            return
        with hub.unit_of_work() as uow:
            remove_rule(uow, find_rule(uow, name).id)
    click.echo(f"Took the rule {name} away.")


@retention.command()
def plan() -> None:
    """Count what the rules would delete today, and print the plan's hash. Nothing is changed."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.lifecycle.plan_retention import plan_retention

    with opened_hub() as hub:
        with progress_bars() as progress, hub.reading() as uow:
            planned = plan_retention(uow, progress)
        with hub.reading() as uow:
            _show(uow, planned)
    if planned.statements:
        click.echo(f"\nTo delete these today: hub retention apply {planned.hash}")


@retention.command("apply")
@click.argument("plan_hash", metavar="HASH")
def apply_(plan_hash: str) -> None:
    """Delete what the plan with this HASH says, if it still says that. An interrupted run goes on where it stopped."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import progress_bars
    from hub.lifecycle.apply_retention import begin_retention, carry_on
    from hub.lifecycle.plan_retention import RetentionPlanChanged

    with opened_hub() as hub:
        try:
            with progress_bars() as progress:
                run = carry_on(hub, begin_retention(hub, plan_hash, progress=progress).id, progress=progress)
        except RetentionPlanChanged as changed:
            with hub.reading() as uow:
                _show(uow, changed.plan)
            raise
    click.echo(
        f"Deleted {_count(run.statements, 'statement')} ({run.bytes:,} bytes) and {_count(run.attachments, 'attachment')}."
    )
    if run.statements != run.planned:
        click.echo(
            f"The plan said {run.planned:,}: the others became evidence meanwhile, or a reader fell behind."
        )


def _show_rules(hub: "Hub", rules: "Sequence[Rule]", what: str) -> None:
    """What would go with these rules instead of those there are."""
    from hub.cli.output import end_dry_run, progress_bars
    from hub.lifecycle.plan_retention import plan_retention

    with hub.reading() as uow:
        with progress_bars() as progress:
            now, then = plan_retention(uow, progress), plan_retention(uow, progress, rules)
        _show(uow, then)
    click.echo(f"{what}: with the rules as they are, {_count(now.statements, 'statement')} would go today.")
    end_dry_run()


def _show(uow: "UnitOfWork", planned: "RetentionPlan") -> None:
    from hub.cli.output import show_table
    from hub.network.views import names_of_connections

    names = names_of_connections(uow, [line.connection_id for line in planned.lines])
    rules = {rule.id: rule.name for rule in planned.rules}
    if not planned.rules:
        click.echo("There are no rules: every statement is kept.")
        return
    rows = [
        (
            rules[line.rule_id],
            names.get(line.connection_id, line.connection_id),
            *(
                f"{number:,}"
                for number in (line.statements, line.bytes, line.attachments, line.evidence, line.unread)
            ),
        )
        for line in planned.lines
    ]
    if rows:
        head = ("rule", "system", "statements", "bytes", "attachments", "kept as evidence", "kept unread")
        show_table(head, rows)
    click.echo(f"{'' if not rows else chr(10)}{_count(planned.statements, 'statement')} would go today.")
    unread = sum(line.unread for line in planned.lines)
    if unread:
        click.echo(
            f"{_count(unread, 'statement')} must wait for the reader {planned.held_by}, which {_moved(planned)}."
        )


def _moved(planned: "RetentionPlan") -> str:
    since = planned.held_since
    return f"has not moved since {since:%Y-%m-%d %H:%M} UTC" if since else "has never moved"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
