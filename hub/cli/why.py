"""``hub why``: why somebody is asked for a course or a path, or why not."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.audiences.why.tree import Ask, WhyTree

VERDICTS = {
    "open": "asked for, open",
    "reached": "asked for, reached",
    "waived": "waived",
    "not_asked": "not asked for",
}


@click.command()
@click.argument("person")
@click.argument("target")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Another day than now, from 00:00 UTC.")
@click.option(
    "--purpose", default="", help="Why you look: shows performance reviews too, and is kept in the audit."
)
@click.option("--json", "as_json", is_flag=True, help="The tree as it is verified.")
def why(person: str, target: str, as_of: datetime | None, purpose: str, as_json: bool) -> None:
    """Show everything that was weighed about PERSON and TARGET, and verify it.

    PERSON is an id, a person_id of the network files, an e-mail address, or what some system calls the person; TARGET the key of a course, or path:KEY.
    """
    from hub.access.why_scope import OPERATORS, WITH_PURPOSE
    from hub.audiences.why.read_why import read_why_tree
    from hub.audiences.why.verify_why import to_json, verify_why
    from hub.cli.opening import opened_hub
    from hub.network.people.find_somebody import find_somebody
    from hub.training.courses.offerings import find_target
    from hub.training.goals.reviews import note_reviews_seen

    kind, _, key = target.rpartition(":")
    scope = WITH_PURPOSE if purpose.strip() else OPERATORS
    with opened_hub() as hub:
        with hub.reading() as uow:
            person_id = find_somebody(uow, person)
            found = (kind or "offering", find_target(uow, kind or "offering", key))
            at = as_of.replace(tzinfo=UTC) if as_of else None
            tree = read_why_tree(uow, person_id, found, scope, at)
            verified = verify_why(uow, to_json(tree), scope)
        if purpose.strip():
            with hub.unit_of_work() as uow:
                note_reviews_seen(uow, person_id, purpose)
    if as_json:
        click.echo(json.dumps(to_json(tree), indent=1))
        return
    _show(tree)
    for difference in verified.differences:
        click.echo(f"Not in step: {difference}", err=True)


def _show(tree: "WhyTree") -> None:
    click.echo(f"{tree.title}: {VERDICTS[tree.verdict]}")
    for goal in tree.goals:
        click.echo(f"\n{goal.title}, {goal.kind} of {goal.dimension_name}: {VERDICTS[goal.verdict]}")
        if goal.credit:
            click.echo(
                f"  credited by {goal.credit.statement_id}, {goal.credit.policy} v{goal.credit.policy_version}"
            )
        for waiver in goal.in_force:
            click.echo(f"  waived: {waiver.title or waiver.key} ({waiver.kind})")
        for waiver in goal.dropped:
            click.echo(f"  cannot be waived, though {waiver.kind} {waiver.key} would: {waiver.title}")
        for ask in goal.nearest:
            _show_ask(ask)


def _show_ask(ask: "Ask") -> None:
    said = f"{ask.kind} {ask.key}" + (f" v{ask.version}" if ask.version else "")
    click.echo(
        f"  {said} {'asks' if ask.holds else 'does not ask'}{f' through {ask.role}' if ask.role else ''}"
    )
    for leaf in ask.leaves:
        wanted = f", asked for: {', '.join(leaf.wanted)}" if leaf.wanted and not leaf.holds else ""
        since = f" from {leaf.since:%Y-%m-%d}" if leaf.since else ""
        until = f" until {leaf.until:%Y-%m-%d}" if leaf.until else ""
        found = ", ".join(leaf.found) or ("" if leaf.holds else "none")
        click.echo(
            f"    {'+' if leaf.holds else '-'} {leaf.title or leaf.what.replace('_', ' ')}: {found}{wanted}{since}{until}"
        )
