"""``hub try``: asking plugins about real people, courses and statements, without anything coming of it."""

import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hub.cli.dry import DryHub
    from hub.cli.trying import Tried


@click.command("try")
@click.argument("hook")
@click.argument("about", nargs=-1)
@click.option("--plugin", default="", help="Ask this one too, though it is only installed and not on yet.")
@click.option("--audience", default="", help="With --plugin: as if it were on for this audience.")
@click.option(
    "--settings", "changes", multiple=True, help="With --plugin: its settings, as key=value or a TOML file."
)
@click.option("--secret", default="", help="For hooks that fetch: env:NAME, file:PATH, or itself.")
@click.option("--rows", default=5, show_default=True, help="For hooks that fetch: how many rows are read.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def try_(
    hook: str,
    about: tuple[str, ...],
    plugin: str,
    audience: str,
    changes: tuple[str, ...],
    secret: str,
    rows: int,
    as_json: bool,
) -> None:
    """Ask every plugin that implements HOOK, show what each says, and what would come of it. Nothing is written or sent.

    \b
    hub try decide_assignments PERSON
    hub try plan_panels PERSON
    hub try recognize_completion STATEMENT COURSE    a statement's id, or a file with its JSON
    hub try credit_granted [PERSON]                  the last such event; what would be sent is shown
    hub try news_gathered [PERSON]                   the last things that happened, together
    hub try certified_changed [PERSON]               rows of the lists that plugins keep
    hub try export_person PERSON                     what plugins would hand out about somebody
    hub try erase_person PERSON                      what they would erase; it is undone, and nothing is sent
    hub try read_catalogue CONNECTION ADDRESS        through the network; the first rows

    PERSON is an id, a person_id of the network files, an e-mail address, or what some system calls the person.

    What plugins write to their tables is undone, and what they send through the hub is held back. A plugin that writes or sends
    in another way does so.
    """
    from hub.cli.secret_option import read_secret

    if (audience or changes) and not plugin:
        raise click.UsageError("--audience and --settings are for a plugin: name it with --plugin.")
    with _opened(plugin, changes) as hub:
        tried = _try(hub, hook, about, plugin, audience, read_secret(secret) if secret else "", rows)
    if as_json:
        from dataclasses import asdict

        click.echo(json.dumps(asdict(tried), indent=1, default=str))
        return
    _show(tried)


def _try(
    hub: "DryHub", hook: str, about: tuple[str, ...], plugin: str, audience: str, secret: str, rows: int
) -> "Tried":
    from hub.cli import trying
    from hub.cli.trying_personal import PERSONAL, try_personal
    from hub.cli.trying_told import try_telling
    from hub.errors import Missing

    contract = hub.hooks.contracts.get(hook)
    if contract is None:
        known = ", ".join(hub.hooks.contracts)
        raise Missing("no_hook", f"There is no hook {hook}.", f"There are {known}.")
    if hook in PERSONAL:
        (person,) = _named(about, "PERSON")
        return try_personal(hub, hook, person)
    if contract.shape == "fetch":
        connection, address = _named(about, "CONNECTION", "ADDRESS")
        readers = [plugin] if plugin else hub.hooks.implementers(hook)
        if len(readers) != 1:
            raise click.UsageError(f"Name one of these with --plugin: {', '.join(readers)}.")
        click.echo(f"Asking {address} over the network.", err=True)
        return trying.try_fetching(hub, hook, readers[0], connection, address, secret, rows)
    with hub.reading() as uow:
        if hook == "decide_assignments":
            (person,) = _named(about, "PERSON")
            return trying.try_assignments(uow, person, plugin, audience)
        if hook == "plan_panels":
            (person,) = _named(about, "PERSON")
            return trying.try_panels(uow, person, plugin, audience)
        if hook == "recognize_completion":
            statement, course = _named(about, "STATEMENT", "COURSE")
            return trying.try_recognition(uow, statement, course)
        if contract.shape == "tell":
            (person,) = _named(about, "PERSON") if about else ("",)
            return try_telling(uow, hook, person)
        if contract.shape == "register":
            _named(about)
            return trying.try_registering(uow, hook)
    raise click.UsageError(f"{hook} cannot be tried yet.")


def _named(about: tuple[str, ...], *names: str) -> tuple[str, ...]:
    if len(about) != len(names):
        raise click.UsageError(f"Name {' and '.join(names) or 'nothing'} after the hook.")
    return about


@contextmanager
def _opened(plugin: str, changes: tuple[str, ...]) -> "Iterator[DryHub]":
    """A hub on its database, of which nothing stays; with ``plugin`` on before all others, and with other settings of its own."""
    from hub.app import open_hub
    from hub.cli.dry import dry
    from hub.cli.opening import check_migrated, opened_hub, read_settings

    if not plugin:
        with opened_hub() as hub:
            yield dry(hub)
        return
    settings = read_settings()
    plugins = settings.plugins if plugin in settings.plugins else [plugin, *settings.plugins]
    tables = dict(settings.plugin)
    if changes:
        tables[plugin] = {**tables.get(plugin, {}), **_read_changes(plugin, changes)}
    hub = open_hub(settings.model_copy(update={"plugins": plugins, "plugin": tables}))
    try:
        check_migrated(hub)
        yield dry(hub)
    finally:
        hub.close()


def _read_changes(plugin: str, changes: tuple[str, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for change in changes:
        key, given, value = change.partition("=")
        try:
            if given:
                said[key.strip()] = _value(value)
            else:
                table = tomllib.loads(Path(change).read_text(encoding="utf-8"))
                said |= table.get("plugin", {}).get(plugin, table)
        except tomllib.TOMLDecodeError as error:
            raise click.BadParameter(f"{change}: {error}", param_hint="--settings") from None
    return said


def _value(text: str) -> Any:
    """As TOML has it; what is none is a text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _show(tried: "Tried") -> None:
    click.echo(f"{tried.hook} about {tried.about}")
    for number, each in enumerate(tried.asked, start=1):
        note = f"  {each.note}" if each.note else ""
        click.echo(f"{number}. {each.plugin} {each.version}  {each.milliseconds:.2f} ms{note}")
        for line in each.said:
            click.echo(f"   {line}")
        if each.error:
            click.echo(f"   failed: {each.error}")
    if not tried.asked:
        click.echo("No plugin that is on implements it.")
    for line in tried.together:
        click.echo(line)
    click.echo("Nothing was written or sent.")
