"""``hub erase``: everything about one person, gone, with a receipt."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.lifecycle.plan_erasure import ErasurePlan
    from hub.lifecycle.subject import Subject
    from hub.store import UnitOfWork


@click.command()
@click.argument("who")
@click.option("--dry-run", is_flag=True, help="Count what would be deleted, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(who: str, dry_run: bool, yes: bool) -> None:
    """Erase WHO from the hub and print a receipt that names nobody.

    WHO is a person, by id, by person_id of the network files or by e-mail address; or an actor of statements whom the hub
    does not know, as FORM:VALUE, such as mbox:mailto:ana@example.com or account:https://lms.example|ana.

    Take the person out of the network files as well: as long as they name somebody, the next import brings them back.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run, progress_bars
    from hub.lifecycle.erase import erase as erase_subject
    from hub.lifecycle.erase_in_plugins import open_plugins, plugins_to_ask
    from hub.lifecycle.plan_erasure import plan_erasure
    from hub.lifecycle.receipts import read_receipt
    from hub.lifecycle.traces import finish_erasures

    with opened_hub() as hub:
        with hub.reading() as uow:
            subject = find_subject(uow, who)
            planned = plan_erasure(uow, subject)
            plugins = plugins_to_ask(uow) if subject.person_id else []
        _show(subject, planned)
        if plugins:
            click.echo(f"Plugins that erase what they keep themselves: {', '.join(plugins)}.")
        if dry_run:
            end_dry_run()
            return
        if not yes:
            click.confirm(f"\nErase {subject.shown} for good? This cannot be undone", abort=True)
        with progress_bars() as progress:
            receipt = erase_subject(hub, subject, progress=progress)
        finish_erasures(hub)
        with hub.reading() as uow:
            receipt, still_open = read_receipt(uow, receipt.id), open_plugins(uow, receipt.id)
    click.echo(json.dumps(receipt.as_json(), indent=2))
    for plugin, reason in still_open.items():
        click.echo(f"{plugin} may still hold something: {reason}", err=True)
    if still_open:
        click.echo(
            "The erasure stays open until they have erased it. A worker asks them again; so does this command.",
            err=True,
        )
        click.get_current_context().exit(1)


def find_subject(uow: "UnitOfWork", who: str) -> "Subject":
    """Whom WHO means. Missing where it means nobody, BadInput for what is no identifier."""
    from hub.errors import Missing
    from hub.ids import is_id
    from hub.lifecycle.subject import FORMS, subject_of_actor, subject_of_person
    from hub.network.importing.roster_keys import find_id
    from hub.network.views import find_by_email

    form, _, value = who.partition(":")
    if form in FORMS:
        return subject_of_actor(uow, form, value)
    if is_id(who):
        return subject_of_person(uow, who)
    if "@" in who:
        found = find_by_email(uow, who)
        if len(found) != 1:
            raise Missing(
                "no_person",
                f"{len(found) or 'Nobody'} {'people have' if found else 'has'} this address.",
                "Name the person by id; the pages under /admin show it.",
            )
        return subject_of_person(uow, found[0])
    return subject_of_person(uow, find_id(uow, "person", who))


def _show(subject: "Subject", planned: "ErasurePlan") -> None:
    from hub.cli.output import show_table

    click.echo(f"{subject.shown}\n")
    rows = [(kind, f"{number:,}") for kind, number in planned.counts.items() if number]
    if rows:
        show_table(("what", "how many"), rows)
    else:
        click.echo("Nothing names this actor.")
    for name, number in planned.sent_to.items():
        click.echo(f"{number:,} statements were sent to {name} before, which has to erase them itself.")
