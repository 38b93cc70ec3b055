"""Checking what has to do with brands: appointments have only those that their location carries (I11)."""

import re
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from hub.errors import Problem
from hub.network.roster.files import FILES
from hub.network.roster.known import KnownNetwork, Spans
from hub.network.roster.staging import ROWS, Staging, known, place

_APPOINTMENTS = next(file for file in FILES if file.name == "appointments.csv")
_NO_END = "9999-99"


def check_titles(staging: Staging, network: KnownNetwork) -> None:
    """Warn of positions whose title names a brand: brands belong to appointments."""
    in_file = staging.connection.scalars(sa.select(ROWS["brands.csv"].c.name))
    names = {name.casefold(): name for name in (*network.brand_names, *in_file) if name.strip()}
    if not names:
        return
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")
    rows = ROWS["positions.csv"]
    for line, title in staging.connection.execute(sa.select(rows.c.line, rows.c.title)):
        if named := pattern.search(title.casefold()):
            message = f'"{title}" names the brand {names[named.group()]}; brands belong to appointments'
            staging.warnings.append(Problem(message, place(staging.name_of("positions.csv"), line, "title")))


def check_appointment_brands(staging: Staging, network: KnownNetwork) -> None:
    """Each brand exists, and the location carries it at some time of the appointment.

    It need not carry it all the time: a brand is in force for an appointment only while the location carries it,
    so that a location may take up or give up a brand without a new appointment for everybody.
    """
    brands_at = {**network.brands_at, **_brands_at(staging)}
    brands = set(staging.connection.scalars(sa.select(known.c.external_id).where(known.c.kind == "brand")))
    brands.update(staging.connection.scalars(sa.select(ROWS["brands.csv"].c.brand_id)))
    rows = ROWS["appointments.csv"]
    query = sa.select(rows.c.line, rows.c.location_id, rows.c.brands, rows.c.valid_from, rows.c.valid_to)
    # Most brands are carried without an end: for most appointments it is enough to know since when.
    carried_since: dict[tuple[str, str], str] = {}
    for line, location, listed, start, end in staging.connection.execute(query.where(rows.c.brands != "")):
        carried = brands_at.get(location)
        since = carried_since.get((location, listed))
        if since is None:
            since = _since(carried, listed.split(";"), brands)
            carried_since[location, listed] = since
        if since < (end or _NO_END):
            continue
        for brand in filter(None, listed.split(";")):
            if brand not in brands:
                staging.report(_APPOINTMENTS, f'no brand "{brand}"', line, "brands")
            elif carried is not None and not _overlaps(carried.get(brand, ()), start, end):
                message = (
                    f'location "{location}" never carries brand "{brand}" in the time of the appointment'
                )
                staging.report(_APPOINTMENTS, message, line, "brands")


def _since(carried: Spans | None, listed: Sequence[str], brands: Collection[str]) -> str:
    """Since when a location has carried all of these, and goes on to; _NO_END where it does not, or one is no brand."""
    return max(
        min((since for since, until in (carried or {}).get(brand, ()) if not until), default=_NO_END)
        if brand in brands
        else _NO_END
        for brand in listed
    )


def _overlaps(spans: Sequence[tuple[str, str]], start: str, end: str) -> bool:
    return any(start < (until or _NO_END) and since < (end or _NO_END) for since, until in spans)


def _brands_at(staging: Staging) -> dict[str, Spans]:
    """By location; a location in the files without brands is there too, and has none."""
    places, rows = ROWS["locations.csv"], ROWS["location_brands.csv"]
    brands_at: dict[str, Spans] = {
        name: {} for name in staging.connection.scalars(sa.select(places.c.location_id))
    }
    query = sa.select(rows.c.location_id, rows.c.brand_id, rows.c.valid_from, rows.c.valid_to)
    for location, brand, start, end in staging.connection.execute(query):
        spans = brands_at.setdefault(location, {}).setdefault(brand, [])
        if (start, end) not in spans:
            spans.append((start, end))
    return brands_at
