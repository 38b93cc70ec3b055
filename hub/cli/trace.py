"""``hub trace``: which hooks run for a page, a statement or a worker's turn, in which order, and what each answers."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.hooks import HookCall
    from hub.runtime import Hub


@click.command()
@click.argument("what")
@click.option(
    "--as", "person", default="", help="Whose page: an id, or what the network files call somebody."
)
def trace(what: str, person: str) -> None:
    """Show which hooks run for WHAT, in their order: what each is given and answers, and how long it takes.

    \b
    hub trace /my-training --as PERSON     a page of the hub, as that person sees it
    hub trace STATEMENT                    a statement that is stored, recognized once more
    hub trace worker                       one batch of each of a worker's readers that has one to do

    It runs in this process, and what it writes is undone; plugins themselves are called as ever. Nothing is sent.
    """
    from hub.cli.dry import dry
    from hub.cli.opening import opened_hub
    from hub.hooks import tracing

    if what.startswith("/") != bool(person):
        raise click.UsageError("A page needs --as PERSON, and nothing else does.")
    with opened_hub() as hub, tracing() as calls:
        begun = datetime.now(UTC)
        if person:
            said = _page(dry(hub), what, person)
        elif what == "worker":
            said = _turn(dry(hub))
        else:
            said = _statement(dry(hub), what)
        taken = (datetime.now(UTC) - begun).total_seconds()
    click.echo(
        f"{said}, {1000 * taken:.0f} ms in all, {sum(c.milliseconds for c in calls):.1f} ms of them in plugins."
    )
    _show(calls)


def _page(hub: "Hub", path: str, person: str) -> str:
    import flask

    from hub.app import create_app
    from hub.network.people.find_somebody import find_somebody
    from hub.sso.load_session import load_session
    from hub.sso.sessions import Session

    with hub.reading() as uow:
        person_id = find_somebody(uow, person)
        now = uow.now
    app = create_app(hub)

    def be_that_person() -> None:
        # A session of this request alone: there is no row of it, and no cookie leads to it.
        flask.g.session = Session(person_id, "", "", "", "", now, True, now, now, None)

    functions = app.before_request_funcs[None]
    functions.insert(functions.index(load_session) + 1, be_that_person)
    base = hub.settings.public_url
    answer = app.test_client().get(path, base_url=base)
    leads = f" and leads to {answer.location}" if answer.location else ""
    return f"GET {path} answers {answer.status_code}{leads}"


def _statement(hub: "Hub", statement_id: str) -> str:
    import sqlalchemy as sa

    from hub.errors import HubError, Missing
    from hub.ids import is_id
    from hub.journal.tables import statement
    from hub.training.credit.recognize import recognize_statements

    row = None
    if is_id(statement_id.lower()):
        query = sa.select(statement).where(statement.c.id == statement_id.lower())
        with hub.reading() as uow:
            row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise Missing(
            "no_statement",
            f"There is no statement {statement_id}.",
            "WHAT is a path, a statement's id, or worker.",
        )
    try:
        with hub.unit_of_work() as uow:
            recognize_statements(uow, [row])
    except HubError as error:
        return f"The statement is not recognized: {error.message}"
    return "The statement was recognized once more"


def _turn(hub: "Hub") -> str:
    from hub.app import READERS
    from hub.audiences.assigning.reassign import has_queue, reassign_chunk
    from hub.journal.readers import register_readers, run_reader, with_work

    with hub.unit_of_work() as uow:
        register_readers(uow, READERS)
    with hub.reading() as uow:
        waiting = with_work(uow, READERS)
        queue = has_queue(uow)
    done = {reader.name: run_reader(hub.unit_of_work, reader, "trace") for reader in waiting}
    if queue:
        with hub.unit_of_work() as uow:
            done["people to work out"] = reassign_chunk(uow)
    handled = ", ".join(f"{name} {count:,}" for name, count in done.items())
    return f"A worker's turn ({handled})" if handled else "A worker has nothing to do"


def _show(calls: "Sequence[HookCall]") -> None:
    from hub.cli.output import show_table

    if not calls:
        click.echo("No hook ran.")
        return
    rows = [
        (
            f"{number}. {call.plugin} {call.version}",
            call.hook,
            f"{call.shape}, {call.scope}, {call.on_error}",
            f"{call.milliseconds:.2f}",
            ("failed: " if call.failed else "") + call.answer,
            ", ".join(f"{name}={value}" for name, value in call.arguments.items()),
        )
        for number, call in enumerate(calls, start=1)
    ]
    show_table(("plugin", "hook", "shape, scope, if it raises", "ms", "answered", "given"), rows)
