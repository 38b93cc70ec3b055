"""Whom a plugin's page is told of: whoever its viewer may see by the roles the page is for, where the plugin is on."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub.access.reach import OPERATOR, Reach, sight_of
from hub.access.roles import administered_partners
from hub.access.visibility import appointments_looked_after, dimensions_of_manager
from hub.audiences.assigning.read_facts import read_facts
from hub.audiences.assigning.reassign import people_matching
from hub.audiences.rules.conditions import AppointmentFacts, match
from hub.audiences.rules.rule import SwitchedPlugin, read_switched
from hub.audiences.tables import audience_plugin, plugin_note
from hub.audiences.views import switchable_plugins
from hub.network import tables as network
from hub.network.people.person import Person
from hub.network.validity.in_force import in_force
from hub.network.views import names_of_people
from hub.store import UnitOfWork
from hub.store.folded import begins, folded

PAGE = 50
ROUNDS = 50
"""So many times 4 * PAGE rows are looked at for those that are in the audiences exactly; a request has to end."""


@dataclass(frozen=True)
class Seen:
    """One appointment that the viewer may see, now in force, in an audience for which the plugin is on.

    ``note`` is what the plugin last noted about it; ``noted_by`` (a name, empty for the plugin itself) and ``noted_at`` are whose
    act that was, and when. ``is_own`` says that it is the viewer's.
    """

    appointment_id: str
    person_id: str
    name: str
    position: str
    location: str
    partner: str
    starts: datetime
    is_own: bool
    note: Mapping[str, Any] | None = None
    noted_by: str = ""
    noted_at: datetime | None = None


def has_role(uow: UnitOfWork, person: Person, role: str) -> bool:
    """Whether somebody has a role that a route names."""
    kind, _, dimension = role.partition(":")
    if kind == "operator":
        return person.is_operator
    if kind == "partner_admin":
        return bool(administered_partners(uow, person.id))
    if kind == "manager":
        dimensions = dimensions_of_manager(uow, person.id)
        return dimension in dimensions if dimension else bool(dimensions)
    return kind == "learner"


def those_on(uow: UnitOfWork, plugins: Collection[str]) -> set[str]:
    """Those of these plugins whose pages are there: of one that is switched per audience, while it is on for one of them at least."""
    switched = set(switchable_plugins(uow)) & set(plugins)
    if not switched:
        return set(plugins)
    table = audience_plugin
    on = sa.select(table.c.plugin).where(table.c.plugin.in_(sorted(switched)), table.c.valid_to.is_(None))
    return (set(plugins) - switched) | set(uow.connection.scalars(on.distinct()))


def read_seen(
    uow: UnitOfWork,
    plugin: str,
    viewer: Person,
    roles: Sequence[str],
    *,
    only: Collection[str] | None = None,
    words: str = "",
    after: str = "",
) -> list[Seen]:
    """Appointments by the names of their people, PAGE at most unless ``only`` names them (ids).

    ``words`` begin a given or family name; ``after`` is the id of the appointment that the page before ended with.
    """
    a, person, detail = network.appointment, network.person, network.person_detail
    position, location, partner = network.position, network.location, network.partner
    key = (folded(detail.c.family_name), folded(detail.c.given_name), a.c.person_id, a.c.id)
    query = (
        sa.select(
            a.c.id,
            a.c.person_id,
            a.c.valid_from,
            detail.c.given_name,
            detail.c.family_name,
            position.c.title,
            location.c.name.label("location"),
            partner.c.name.label("partner"),
        )
        .join(person, person.c.id == a.c.person_id)
        .join(detail, detail.c.person_id == a.c.person_id)
        .join(position, position.c.id == a.c.position_id)
        .join(location, location.c.id == a.c.location_id)
        .join(partner, partner.c.id == location.c.partner_id)
        .where(in_force(a, uow.now), sa.not_(person.c.disabled), _visible(uow, viewer, roles))
        .order_by(*key)
    )
    if only is not None:
        query = query.where(uow.among(a.c.id, list(only)))
    for word in words.split():
        names = (detail.c.given_name, detail.c.family_name)
        query = query.where(sa.or_(*(begins(name, word) for name in names)))
    if plugin in switchable_plugins(uow):
        switched = _switched(uow, plugin)
        if not switched:
            return []
        ways = [people_matching(each.audience.conditions) for each in switched]
        query = query.where(a.c.person_id.in_(sa.select(sa.union(*ways).subquery().c.person_id)))
    else:
        switched = None
    if only is not None:
        rows = _exactly(uow, uow.connection.execute(query).all(), switched)
    else:
        rows = _first_page(uow, query, key, after, switched)
    return _as_seen(uow, plugin, viewer, rows)


def _visible(uow: UnitOfWork, viewer: Person, roles: Sequence[str]) -> sa.ColumnElement[bool]:
    """Appointments that somebody may see by one of these roles."""
    a, ways = network.appointment, []
    for role in roles:
        kind, _, dimension = role.partition(":")
        if kind == "learner":
            ways.append(a.c.person_id == viewer.id)
        elif kind == "operator" and viewer.is_operator:
            ways.append(sight_of(uow, OPERATOR).appointments)
        elif kind == "partner_admin":
            for partner_id in administered_partners(uow, viewer.id):
                sight = sight_of(uow, Reach("partner", partner_id))
                ways.append(sa.and_(sight.people, sight.appointments))
        elif kind == "manager":
            ways += [
                a.c.id.in_(sa.select(appointments_looked_after(uow, viewer.id, key).subquery().c.id))
                for key in dimensions_of_manager(uow, viewer.id)
                if not dimension or key == dimension
            ]
    return sa.or_(sa.false(), *ways)


def _switched(uow: UnitOfWork, plugin: str) -> list[SwitchedPlugin]:
    return [each for each in read_switched(uow) if each.plugin == plugin and each.during[1] is None]


def _first_page(
    uow: UnitOfWork,
    query: sa.Select[Any],
    key: Sequence[sa.ColumnElement[Any]],
    after: str,
    switched: Sequence[SwitchedPlugin] | None,
) -> list[sa.Row[Any]]:
    """PAGE rows at most, in the order of ``key``, after the appointment ``after``. No query brings more than it looks at."""
    a, detail = network.appointment, network.person_detail
    place: Any = None
    if after:
        names = sa.select(detail.c.family_name, detail.c.given_name, a.c.person_id, a.c.id)
        last = names.join(a, a.c.person_id == detail.c.person_id).where(a.c.id == after)
        place = uow.connection.execute(last).one_or_none()
        if place is None:
            return []
    found: list[sa.Row[Any]] = []
    size = PAGE if switched is None else 4 * PAGE
    for _ in range(ROUNDS):
        some = uow.connection.execute(_after(query, key, place).limit(size)).all()
        found += _exactly(uow, some, switched)
        if len(some) < size or len(found) >= PAGE:
            break
        place = some[-1]
    return found[:PAGE]


def _after(query: sa.Select[Any], key: Sequence[sa.ColumnElement[Any]], place: Any) -> sa.Select[Any]:
    if place is None:
        return query
    family, given, person_id, id = key
    last = sa.tuple_(
        folded(sa.literal(place.family_name)),
        folded(sa.literal(place.given_name)),
        sa.literal(place.person_id, person_id.type),
        sa.literal(place.id, id.type),
    )
    return query.where(sa.tuple_(family, given, person_id, id) > last)


def _exactly(
    uow: UnitOfWork, rows: Sequence[Any], switched: Sequence[SwitchedPlugin] | None
) -> list[sa.Row[Any]]:
    """Those of the rows that are in one of the audiences exactly."""
    if switched is None:
        return list(rows)
    facts = read_facts(uow, sorted({row.person_id for row in rows}))
    about = {each.id: each for mine in facts.values() for each in mine}
    return [row for row in rows if row.id in about and _is_in(about[row.id], switched)]


def _is_in(facts: AppointmentFacts, switched: Sequence[SwitchedPlugin]) -> bool:
    """Whether an appointment is in one of the audiences, at a partner for which the plugin is on too."""
    return any(
        each.is_on_at(facts.partner_id) and match(each.audience.conditions, facts) for each in switched
    )


def _as_seen(uow: UnitOfWork, plugin: str, viewer: Person, rows: Sequence[sa.Row[Any]]) -> list[Seen]:
    about = uow.among(plugin_note.c.appointment_id, [row.id for row in rows])
    noted = {
        row.appointment_id: row
        for row in uow.connection.execute(sa.select(plugin_note).where(plugin_note.c.plugin == plugin, about))
    }
    names = names_of_people(uow, [row.noted_by for row in noted.values()])
    return [
        Seen(
            row.id,
            row.person_id,
            f"{row.given_name} {row.family_name}".strip(),
            row.title,
            row.location,
            row.partner,
            row.valid_from,
            row.person_id == viewer.id,
            *(
                (note.value, names.get(note.noted_by, ""), note.noted_at)
                if (note := noted.get(row.id))
                else ()
            ),
        )
        for row in rows
    ]
