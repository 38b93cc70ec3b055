"""Services for a location as such: opening a new one, changing what it is called and where it stands, opening it again."""

from datetime import datetime
from typing import Any

from hub.errors import BadInput, Conflict, Problem
from hub.ids import new_id
from hub.journal import audit
from hub.network import tables
from hub.network.importing.roster_keys import free_name, name_for_files
from hub.network.names import clean_name
from hub.network.record import a_time, find_row, lock_location, lock_network, record
from hub.network.roster import cells
from hub.network.structure.locations import CHANGED, read_location
from hub.network.validity.dates import read_instant
from hub.store import UnitOfWork

CHECKS = {"country": cells.country, "time_zone": cells.time_zone}
NAMES = ("name", "city")


def open_location(
    uow: UnitOfWork,
    partner_id: str,
    name: str,
    city: str,
    country: str,
    time_zone: str,
    at: datetime | None = None,
    until: datetime | None = None,
    *,
    external_id: str = "",
    actor_id: str | None = None,
) -> str:
    """The id of a new location of a partner, open from an instant on (now). Brands and places in the field come by services of their own.

    ``country`` is a code of ISO 3166-1, ``time_zone`` an IANA name, ``external_id`` what network files call it. BadInput ``bad_location``
    with every problem, ``bad_dates``; Missing ``no_partner``; Conflict ``location_exists``.
    """
    lock_network(uow)
    find_row(uow, tables.partner, partner_id, "partner")
    words = _clean({"name": name, "city": city, "country": country, "time_zone": time_zone})
    start, end = a_time(uow, at, until)
    called = free_name(uow, "location", external_id, words["name"])
    body: dict[str, Any] = {
        "id": new_id(),
        "partner_id": partner_id,
        **words,
        "valid_from": start.isoformat(),
        "valid_to": end.isoformat() if end else None,
        "brands": [],
        "nodes": [],
    }
    record(uow, CHANGED, {body["id"]: body}, actor_id=actor_id)
    name_for_files(uow, "location", called, body["id"])
    audit(uow, "location_opened", body["id"], actor_id=actor_id, partner_id=partner_id)
    return str(body["id"])


def change_location(uow: UnitOfWork, location_id: str, *, actor_id: str | None = None, **words: str) -> bool:
    """Change ``name``, ``city``, ``country`` or ``time_zone`` of a location; whether that changed anything.

    Instants stay what they are, also where days mean others in another time zone. Missing ``no_location``; BadInput ``bad_location``.
    """
    lock_network(uow)
    body = read_location(uow, location_id)
    after = {**body, **_clean(words)}
    if after == body:
        return False
    record(uow, CHANGED, {location_id: after}, actor_id=actor_id)
    audit(uow, "location_changed", location_id, actor_id=actor_id, partner_id=body["partner_id"])
    return True


def reopen_location(
    uow: UnitOfWork, location_id: str, until: datetime | None = None, *, actor_id: str | None = None
) -> bool:
    """Let a location that closes or has closed go on, for good or until another instant; whether that changed anything.

    What ended with it stays ended: who works there again is appointed again. Missing ``no_location``; BadInput ``bad_dates``; Conflict
    ``still_closed`` for an end that is before the one there is.
    """
    lock_network(uow)
    lock_location(uow, location_id, closing=True)
    body = read_location(uow, location_id)
    end = until.isoformat() if until else None
    if body["valid_to"] is None or body["valid_to"] == end:
        return False
    if until is not None and until <= read_instant(body["valid_to"]):
        raise Conflict(
            "still_closed", f"{body['name']} is open until then in any case.", "Close it to end it earlier."
        )
    record(uow, CHANGED, {location_id: {**body, "valid_to": end}}, actor_id=actor_id)
    audit(uow, "location_reopened", location_id, actor_id=actor_id, partner_id=body["partner_id"])
    return True


def _clean(words: dict[str, str]) -> dict[str, str]:
    cleaned, problems = {}, []
    for key, value in words.items():
        if key in NAMES:
            try:
                cleaned[key] = clean_name(value)
            except BadInput as bad:
                problems += [Problem(each.message, key) for each in bad.problems]
        elif key not in CHECKS:
            problems.append(Problem("is none of a location's words", key))
        elif wrong := CHECKS[key](value):
            problems.append(Problem(wrong, key))
        else:
            cleaned[key] = value
    if problems:
        raise BadInput("bad_location", "This cannot be a location.", "", problems)
    return cleaned
