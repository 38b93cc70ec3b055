"""``hub network``: the files of the partner network, and looking at it as of any day."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.audiences.plans.plan_import import ImportPlan
    from hub.store import UnitOfWork


@click.group()
def network() -> None:
    """Read the files of the partner network, and look at it."""


@network.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="Check everything and show what would change, and stop.")
def import_files(source: Path, dry_run: bool) -> None:
    """Import partners, locations, people and the rest from SOURCE: a folder of CSV files, or an Excel workbook.

    The sheets of a workbook (.xlsx) are called as the files are: partners, locations, people ...

    All files are checked first; one bad row stops everything and every problem is told. The same files again change
    nothing. An import that was interrupted is finished by running it again.
    """
    from hub.audiences.plans.plan_import import plan_network_files
    from hub.cli.opening import opened_hub
    from hub.cli.output import end_dry_run, progress_bars, show_table
    from hub.network.importing.import_network import import_network

    with opened_hub() as hub, progress_bars() as progress:
        plan = plan_network_files(hub, source, progress) if dry_run else None
        report = plan.report if plan else import_network(hub, source, progress=progress)
    rows = [
        (
            kind.replace("_", " "),
            *(f"{number:,}" for number in (counts.new, counts.changed, counts.unchanged)),
        )
        for kind, counts in report.counts.items()
    ]
    show_table(("what", "new", "changed", "unchanged"), rows)
    for warning in report.warnings:
        click.echo(f"Worth a look: {warning}", err=True)
    if report.waiting:
        click.echo(f"\n{report.waiting:,} rows wait for people nobody knows yet; see hub network waiting.")
    if plan:
        click.echo(f"\n{_words_of(plan)}")
        end_dry_run()
    elif report.changes:
        click.echo("\nThe worker brings everybody's goals up to date.")
    else:
        click.echo("\nNothing to change.")


def _words_of(plan: "ImportPlan") -> str:
    from hub.cli.output import words_of_outcome

    if plan.effects is None:
        return "What becomes of goals is not counted: it is about too many things or people."
    effects = plan.effects
    return (
        f"Goals of {plan.people or 0:,} people are worked out anew: {effects.gained:,} come for {effects.gaining:,}, "
        f"{effects.lost:,} go for {effects.losing:,}, {effects.changed:,} at other times. {words_of_outcome(effects)}"
    )


@network.command()
@click.argument("what")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Another day than now, from 00:00 UTC.")
def show(what: str, as_of: datetime | None) -> None:
    """Show a person or a location as of a day.

    WHAT is what the network files call a person or a location, or an id. A person is shown with the appointments of that day and every
    manager, a location with its brands, its places in the field and its representatives.
    """
    from hub.cli.opening import opened_hub

    at = as_of.replace(tzinfo=UTC) if as_of else None
    with opened_hub() as hub, hub.reading() as uow:
        kind, id = _find(uow, what)
        (_show_person if kind == "person" else _show_location)(uow, id, at or uow.now)


@network.command()
@click.option("--limit", default=100, show_default=True, help="How many rows at most.")
def waiting(limit: int) -> None:
    """List rows of network files that wait for people nobody knows yet.

    They are tried again whenever their file is imported, and shown until then, for 90 days.
    """
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table
    from hub.network.importing.waiting_rows import count_waiting, list_waiting

    with opened_hub() as hub, hub.reading() as uow:
        rows, count = list_waiting(uow, limit=limit), count_waiting(uow)
    show_table(
        ("file", "waits for", "since", "row"),
        [(r.file, r.person, _day(r.since), ",".join(r.cells.values())) for r in rows],
    )
    if count > len(rows):
        click.echo(f"\nand {count - len(rows):,} more")


@network.command()
@click.argument("what", type=click.Choice(["move", "close", "end-brand", "end-appointments"]))
@click.argument("things", nargs=-1, required=True)
@click.option("--to", help="The new parent of a node, or the brand that a location loses.")
@click.option("--activity", default="", help="Only this activity of the brand.")
@click.option(
    "--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="The first day, from 00:00 UTC; now."
)
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="Of a move: what was planned from this day on stays."
)
@click.option("--apply", "plan_hash", metavar="PLAN", help="Do what the plan with this hash said.")
def change(
    what: str,
    things: tuple[str, ...],
    to: str | None,
    activity: str,
    start: datetime | None,
    until: datetime | None,
    plan_hash: str | None,
) -> None:
    """Plan a change that touches many, and do it once it is as planned.

    THINGS and --to are called as in the network files (nodes as dimension/node), or are ids. Moves a node, closes a location, ends a brand at a
    location, or ends appointments. Without --apply it says how many locations, appointments and people that touches and which goals come
    and go, and changes nothing.
    """
    from typing import Any, cast

    from hub.audiences.plans.plan_network import NetworkWish, make_network_change, plan_network_change
    from hub.cli.opening import opened_hub
    from hub.cli.output import show_table, words_of_outcome

    do, kind, other = _WISHES[what]
    first, last = (day.replace(tzinfo=UTC) if day else None for day in (start, until))
    with opened_hub() as hub:
        with hub.reading() as uow:
            ids = tuple(_id_of(uow, kind, thing) for thing in things)
            target = _id_of(uow, other, to) if to else None
        wish = NetworkWish(cast(Any, do), ids, target, first, last, activity)
        if plan_hash:
            plan = make_network_change(hub, wish, plan_hash)
        else:
            with hub.reading() as uow:
                plan = plan_network_change(uow, wish)
    effects = plan.effects
    numbers = (plan.locations, plan.appointments, plan.people, effects.gained, effects.lost, effects.changed)
    names = ("locations", "appointments", "people", "goals that come", "goals that go", "at other times")
    show_table(names, [tuple(f"{number:,}" for number in numbers)])
    click.echo(f"\n{words_of_outcome(effects)}")
    if plan_hash:
        click.echo("\nDone. The worker brings everybody's goals up to date.")
    else:
        click.echo(f"\nNothing was changed. To do it: add --apply {plan.hash}")


_WISHES = {
    "move": ("move_node", "node", "node"),
    "close": ("close_location", "location", "location"),
    "end-brand": ("end_brand", "location", "brand"),
    "end-appointments": ("end_appointments", "appointment", "appointment"),
}


def _id_of(uow: "UnitOfWork", kind: str, name: str) -> str:
    from hub.ids import is_id
    from hub.network.importing.roster_keys import find_id

    return name if is_id(name) else find_id(uow, kind, name)


def _find(uow: "UnitOfWork", what: str) -> tuple[str, str]:
    from hub.errors import Missing
    from hub.ids import is_id
    from hub.network import tables
    from hub.network.importing.roster_keys import find_ids

    for kind, table in (("person", tables.person), ("location", tables.location)):
        id = what if is_id(what) else find_ids(uow, kind, [what]).get(what, "")
        if id and uow.find(table, id=id) is not None:
            return kind, id
    raise Missing("nothing_found", f"There is no person and no location {what}.")


def _show_person(uow: "UnitOfWork", person_id: str, at: datetime) -> None:
    from hub.access.managers import managers_of
    from hub.cli.output import show_table
    from hub.network.people.person import read_appointments, read_person
    from hub.network.validity.as_of import attributes_at
    from hub.network.views import names_of_partners

    person = read_person(uow, person_id)
    partner = names_of_partners(uow, [person.partner_id])[person.partner_id]
    click.echo(f"{person.name or 'somebody who was erased'}, {partner}, as of {_day(at)}\n")
    lines = read_appointments(uow, person_id, at)
    rows = [
        (
            a.position,
            a.location,
            a.partner,
            ", ".join(a.brands),
            a.audience_class,
            _day(a.valid_from),
            _day(a.valid_to),
        )
        for a in lines
    ]
    show_table(("position", "location", "partner", "brands", "class", "from", "until"), rows)
    click.echo()
    managers = managers_of(uow, person_id, at)
    show_table(
        ("manager", "dimension", "by", "service", "from", "until"),
        [
            (m.name, m.dimension_name, ground.way, ground.service, *map(_day, ground.during))
            for m in managers
            for ground in m.grounds
        ],
    )
    _show_attributes(attributes_at(uow, person_id, at))


def _show_location(uow: "UnitOfWork", location_id: str, at: datetime) -> None:
    from hub.access.managers import representatives_of
    from hub.cli.output import show_table
    from hub.network.validity.as_of import attributes_at, view_location

    view = view_location(uow, location_id, at)
    state = "open" if view.is_open else "closed"
    kinds = f" ({', '.join(view.partner_kinds)})" if view.partner_kinds else ""
    click.echo(
        f"{view.name}, {view.city}, {view.partner.name}{kinds}: {state} as of {_day(at)}, {view.people} people\n"
    )
    show_table(
        ("brand", "activity", "from", "until"),
        [(brand.name, brand.activity, *map(_day, brand.during)) for brand in view.brands],
    )
    click.echo()
    show_table(
        ("dimension", "place", "from", "until"),
        [
            (place.dimension_name, " > ".join(node.name for node in place.path), *map(_day, place.during))
            for place in view.places
        ],
    )
    click.echo()
    found = representatives_of(uow, location_id, at)
    show_table(
        ("representative", "dimension", "service", "from", "until"),
        [
            (r.name, r.dimension_name, ground.service, *map(_day, ground.during))
            for r in found
            for ground in r.grounds
        ],
    )
    _show_attributes(attributes_at(uow, location_id, at))


def _show_attributes(attributes: dict[str, object]) -> None:
    from hub.cli.output import show_table

    if attributes:
        click.echo()
        show_table(("attribute", "value"), [(title, str(value)) for title, value in attributes.items()])


def _day(at: datetime | None) -> str:
    from hub.network.validity.dates import BEGINNING

    return "" if at is None or at == BEGINNING else at.date().isoformat()
