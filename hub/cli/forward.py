"""``hub forward``: the record stores that get statements from the hub."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.xapi.forward.parked import ParkedChoice
    from hub.xapi.forward.stores import ReceivingStore


@click.group()
def forward() -> None:
    """Forward statements to other record stores: in order, as they are stored, each once."""


@forward.command()
@click.argument("slug")
@click.option("--name", help="What people call it; SLUG if left out.")
@click.option("--endpoint", required=True, help="Its address; ends before /statements.")
@click.option("--version", default="1.0.3", show_default=True, help="The version of xAPI to speak.")
@click.option("--key", required=True, help="User name, or OAuth 2 client id.")
@click.option(
    "--secret",
    prompt="Secret",
    hide_input=True,
    help="env:NAME or file:PATH; asked for if left out, so that it stands in no history.",
)
@click.option(
    "--token-url", default="", help="Where OAuth 2 access tokens are given; without it, HTTP Basic."
)
@click.option("--scope", default="", help="The OAuth 2 scope to ask for.")
@click.option("--verb", "verbs", multiple=True, help="Only statements with this verb. Repeatable.")
@click.option(
    "--activity",
    "activities",
    multiple=True,
    help="Only about this activity; an end of * is any. Repeatable.",
)
@click.option("--audience", "audiences", multiple=True, help="Only of people in this audience. Repeatable.")
@click.option("--partner", "partners", multiple=True, help="Only of this partner. Repeatable.")
@click.option("--connection", default="", help="As which it sends to the hub; these do not go back to it.")
@click.option("--from-beginning", is_flag=True, help="Begin with the first statement there is, not from now.")
@click.option("--dry-run", is_flag=True, help="Check, count past statements that fit, and add nothing.")
def add(
    slug: str,
    name: str | None,
    secret: str,
    token_url: str,
    from_beginning: bool,
    dry_run: bool,
    **fields: str | Sequence[str],
) -> None:
    """Add the record store SLUG. It gets every statement from now on, unless options say otherwise."""
    from hub.cli.opening import opened_hub
    from hub.cli.secret_option import read_secret
    from hub.xapi.forward.input import StoreInput, check_input
    from hub.xapi.forward.stores import BASIC, OAUTH2, add_store
    from hub.xapi.forward.views import count_matching

    auth = OAUTH2 if token_url else BASIC
    given = StoreInput(
        slug=slug,
        name=name or slug,
        auth=auth,
        secret=read_secret(secret),
        token_url=token_url,
        **fields,  # type: ignore[arg-type]
    )
    with opened_hub() as hub:
        with hub.reading() as uow:  # a count of many statements must not keep others from writing
            config = check_input(uow, given)
            counted = count_matching(uow, config.filter, config.connection_id)
        if not dry_run:
            with hub.unit_of_work() as uow:
                config = check_input(uow, given)
                add_store(uow, hub.sealer, slug, config, given.secret, from_beginning=from_beginning)
    click.echo(f"Of the latest {counted.looked_at:,} statements, {counted.passed:,} fit.")
    if dry_run:
        click.echo("This was a dry run: nothing was added.")
    else:
        click.echo(f"Added {config.name}. `hub forward test {slug}` tries it.")


@forward.command("list")
@click.argument("words", nargs=-1)
def list_(words: tuple[str, ...]) -> None:
    """List the stores: of all, or where WORDS occur in the name or address."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.xapi.forward.views import list_stores

    with opened_hub() as hub, hub.reading() as uow:
        found, more = list_stores(uow, " ".join(words))
    rows = [
        (
            state.store.slug,
            state.store.config.endpoint,
            "paused" if state.store.paused else "failing" if state.failures else "on",
            f"{state.behind:,}",
            f"{state.parked:,}",
            state.last_error[:80],
        )
        for state in found
    ]
    if rows:
        show_table(("store", "endpoint", "state", "to look at", "refused", "last error"), rows)
    else:
        click.echo("There is no such store." if words else "There are no receiving stores yet.")
    if more:
        click.echo("There are more; name words that narrow the list.", err=True)


@forward.command()
@click.argument("slug")
@click.option("--send", is_flag=True, help="Also send one test statement, about nobody; it stays there.")
def test(slug: str, send: bool) -> None:
    """Ask the store SLUG what it speaks, sign in, and tell step by step what happened."""
    from hub.cli.opening import opened_hub
    from hub.cli.show_exchange import show_exchange
    from hub.xapi.forward.stores import find_store
    from hub.xapi.forward.try_store import try_store

    with opened_hub() as hub:
        with hub.reading() as uow:
            store = find_store(uow, slug)
        exchange = try_store(hub, store, send=send)
    show_exchange(exchange)


@forward.command()
@click.argument("slug")
def pause(slug: str) -> None:
    """Stop forwarding to SLUG. Statements wait."""
    _set_paused(slug, paused=True)


@forward.command()
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Count what waits and would be sent, and stop.")
def resume(slug: str, dry_run: bool) -> None:
    """Go on forwarding to SLUG where it stopped, and try at once if it waits after a failure."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.xapi.forward.views import MAX_COUNTED, count_ahead, read_store

    if not dry_run:
        _set_paused(slug, paused=False)
        return
    with opened_hub() as hub, hub.reading() as uow:
        state = read_store(uow, slug)
        ahead = count_ahead(uow, state.store)
    click.echo(f"Of the next {ahead.looked_at:,} statements, {ahead.passed:,} would be sent.")
    if ahead.looked_at == MAX_COUNTED:
        click.echo("There are more after them.")
    if state.resending:
        click.echo(f"{state.resending:,} that it refused would be sent again.")
    if not state.store.paused:
        click.echo(f"{state.store.config.name} is not paused: the worker sends them in any case.")
    end_dry_run()


@forward.command()
@click.argument("slug")
@click.argument("words", nargs=-1)
def parked(slug: str, words: tuple[str, ...]) -> None:
    """List what SLUG has refused: all, or an id, or where WORDS occur in the reason."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.xapi.forward.parked import list_parked
    from hub.xapi.forward.stores import find_store

    with opened_hub() as hub, hub.reading() as uow:
        found = list_parked(uow, find_store(uow, slug), words=" ".join(words), limit=200)
    rows = [(r.statement_id, r.state, f"{r.parked_at:%Y-%m-%d %H:%M}", r.reason) for r in found.rows]
    if rows:
        show_table(("statement", "state", "since", "reason"), rows)
    else:
        click.echo("Nothing is parked there.")
    if found.older:
        click.echo("There are more; name words that narrow the list.", err=True)


@forward.command()
@click.argument("slug")
@click.argument("statement", required=False)
@click.option("--all", "everything", is_flag=True, help="All that SLUG has refused.")
@click.option("--dismiss", is_flag=True, help="Do not send; let them be.")
@click.option("--dry-run", is_flag=True, help="Count what that is about, show the newest, and stop.")
def resend(slug: str, statement: str | None, everything: bool, dismiss: bool, dry_run: bool) -> None:
    """Send what SLUG has refused again, with the same ids: one STATEMENT, or with --all everything."""
    from hub.cli.opening import opened_hub
    from hub.xapi.forward.parked import dismiss_parked, plan_parked, resend_parked
    from hub.xapi.forward.stores import find_store

    if (statement is None) != everything:
        raise click.UsageError("Name one statement, or say --all.")
    service = dismiss_parked if dismiss else resend_parked
    becomes = "not be sent" if dismiss else "be sent again by the worker"
    with opened_hub() as hub:
        if dry_run:
            with hub.reading() as uow:
                store = find_store(uow, slug)
                _show_choice(store, plan_parked(uow, store, statement), becomes, sends=not dismiss)
            return
        with hub.unit_of_work() as uow:
            count = service(uow, find_store(uow, slug), statement)
    click.echo(f"{count:,} will {becomes}.")


@forward.command()
@click.argument("slug")
@click.option("--dry-run", is_flag=True, help="Count what it would not get any more, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(slug: str, dry_run: bool, yes: bool) -> None:
    """Forward to SLUG no more; forget its secret and what it refused."""
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run
    from hub.xapi.forward.stores import remove_store
    from hub.xapi.forward.views import count_ahead, read_store

    with opened_hub() as hub:
        with hub.reading() as uow:
            state = read_store(uow, slug)
            name = state.store.config.name
            if dry_run:
                ahead = count_ahead(uow, state.store)
                click.echo(f"Nothing would be forwarded to {name} any more.")
                click.echo(f"Of the next {ahead.looked_at:,} statements it would not get {ahead.passed:,}.")
                click.echo(f"{state.parked + state.resending:,} that it refused would be forgotten.")
                end_dry_run()
                return
        if not yes:
            click.confirm(f"Forward nothing to {name} any more?", abort=True)
        with hub.unit_of_work() as uow:
            remove_store(uow, slug)
    click.echo(f"Removed. Nothing is forwarded to {name} any more.")


def _show_choice(store: "ReceivingStore", found: "ParkedChoice", becomes: str, *, sends: bool) -> None:
    from hub.cli.output import end_dry_run, show_table

    click.echo(f"{found.count:,} would {becomes}.\n")
    show_table(
        ("statement", "since", "reason"),
        [(r.statement_id, f"{r.parked_at:%Y-%m-%d %H:%M}", r.reason) for r in found.newest],
    )
    if found.count > len(found.newest):
        click.echo(f"and {found.count - len(found.newest):,} before them")
    if sends and store.paused:
        click.echo(f"\n{store.config.name} is paused: they would wait until it is resumed.")
    end_dry_run()


def _set_paused(slug: str, *, paused: bool) -> None:
    from hub.cli.opening import opened_hub
    from hub.xapi.forward.stores import find_store, set_paused, try_now

    with opened_hub() as hub, hub.unit_of_work() as uow:
        changed = set_paused(uow, slug, paused=paused)
        if not paused and not changed:
            try_now(uow, find_store(uow, slug))
    click.echo("Paused; statements wait." if paused else "It goes on where it stopped.")
