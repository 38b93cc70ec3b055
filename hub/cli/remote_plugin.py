"""``hub remote-plugin``: plugins that run elsewhere, for parties that are not trusted with code in the hub."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.notify.webhooks.remote import Disconnection


@click.group()
def remote_plugin() -> None:
    """Let other parties judge who should get what: they are asked by webhook and answer by REST.

    A remote plugin is switched per audience like any other, as `remote:NAME`: `hub plugins switch AUDIENCE remote:NAME on`.
    """


@remote_plugin.command()
@click.argument("name")
@click.argument("url")
def create(name: str, url: str) -> None:
    """Let the party at URL be asked as the plugin remote:NAME. Its secret and its token are shown once."""
    from hub.cli.opening import opened_hub
    from hub.notify.webhooks.remote import connect_remote_plugin

    with opened_hub() as hub, hub.unit_of_work() as uow:
        made = connect_remote_plugin(uow, name, url)
        answers = hub.settings.url("/api/v1/opinions")
    click.echo(f"questions: {url}")
    click.echo(f"answers:   {answers}")
    click.echo(f"secret:    {made.secret}")
    click.echo(f"token:     {made.token}")
    click.echo(
        "Secret and token are shown only now. docs/remote-plugins.md shows how they are used.", err=True
    )
    click.echo(f"Switch it on for an audience: hub plugins switch AUDIENCE remote:{name} on", err=True)


@remote_plugin.command("list")
def list_() -> None:
    """List remote plugins, for whom they are on, and how many questions wait for an answer."""
    from hub.audiences.remote.remote_plugins import list_remote_plugins
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table

    with opened_hub() as hub, hub.reading() as uow:
        rows = [
            (
                each.name,
                f"ended {each.ended_at:%Y-%m-%d}" if each.ended_at else "in force",
                ", ".join(each.on_for) or "no audience",
                f"{each.asked:,}",
                f"{each.unanswered:,}",
            )
            for each in list_remote_plugins(uow)
        ]
    if rows:
        show_table(("remote plugin", "state", "on for", "people asked about", "unanswered"), rows)
    else:
        click.echo("There are no remote plugins.")


@remote_plugin.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say for whom it is on and what waits, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def end(name: str, dry_run: bool, yes: bool) -> None:
    """Ask the remote plugin NAME nothing more, and take no more answers from it. Its name is not given again."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.notify.webhooks.remote import disconnect_remote_plugin, plan_disconnection

    if dry_run:
        with opened_hub() as hub, hub.reading() as uow:
            plan = plan_disconnection(uow, name)
        click.echo(_words_of(plan) if plan else "It has ended before.")
        end_dry_run()
        return
    if not yes:
        click.confirm("Its token and its webhook end with it, for good. End it?", abort=True)
    with opened_hub() as hub, hub.unit_of_work() as uow:
        did = disconnect_remote_plugin(uow, name)
    click.echo("Ended. What it wanted stays until it is switched off." if did else "It has ended before.")


def _words_of(plan: "Disconnection") -> str:
    found = plan.plugin
    return (
        f"It would end. It is on for {', '.join(found.on_for) or 'no audience'}, and what it wanted stays until it is switched off.\n"
        f"{found.unanswered:,} of the {found.asked:,} people it was asked about are without an answer; "
        f"{plan.messages:,} message{'' if plan.messages == 1 else 's'} to it would not be sent any more."
    )
