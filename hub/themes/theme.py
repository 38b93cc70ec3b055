"""A theme and for whom it is; what a change of one lays down."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import sqlalchemy as sa

from hub.audiences.tables import audience
from hub.errors import BadInput, Conflict, Missing, Problem
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.people.mail_address import ENCODED, is_address
from hub.store import UnitOfWork
from hub.themes import tables
from hub.themes.colors import AA, find_low_contrast, parse_color, readable, write_color
from hub.themes.images import Image

CHANGED, REMOVED = "theme_changed", "theme_removed"
"""The kinds of such changes in the journal. They decide nothing about people, goals or credits."""
Scope = Literal["location", "audience", "brand", "partner", "hub"]
SCOPES: tuple[Scope, ...] = ("location", "audience", "brand", "partner", "hub")
"""The nearest first: what a location says goes before what an audience says, and so on."""
MAX_TITLE = 60
_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OF_SCOPES = {"location": network.location, "brand": network.brand, "partner": network.partner}


@dataclass(frozen=True)
class Theme:
    """What somebody sees. ``logo`` and ``certificate_logo`` are hashes of images; ``sender`` is a name that mails come from."""

    key: str
    title: str
    accent: str
    logo: str | None = None
    certificate_logo: str | None = None
    sender: str = ""
    reply_to: str = ""


@dataclass(frozen=True, order=True)
class Use:
    """For whom a theme is: ``subject`` is the id of a location, brand or partner, the key of an audience, or empty for the hub."""

    scope: Scope
    subject: str = ""


def set_theme(
    uow: UnitOfWork,
    theme: Theme,
    uses: frozenset[Use],
    images: tuple[Image, ...] = (),
    *,
    actor_id: str | None = None,
) -> bool:
    """Let a theme be so, for these; whether that changed anything. ``images`` are new ones that it names.

    BadInput ``bad_theme`` with every problem: a key, title, color or address that is none, a color that cannot be read (with the
    nearest that can), an image or a subject that there is not. Conflict ``has_theme`` for whoever has another one already.
    """
    known = {image.hash for image in images}
    problems = [*_problems(theme), *_unknown(uow, theme, uses, known)]
    if problems:
        raise BadInput("bad_theme", "This cannot be a theme.", "", problems)
    if read_themes(uow).get(theme.key) == (theme, uses):
        return False
    use = tables.theme_use
    for each in sorted(uses):
        row = uow.find(use, scope=each.scope, subject=each.subject)
        if row is not None and row.theme != theme.key:
            raise Conflict(
                "has_theme",
                f"The theme {row.theme} is already there for this {each.scope}.",
                "Take it away there first.",
            )
    for image in images:
        if uow.find(tables.theme_image, hash=image.hash) is None:
            uow.insert(tables.theme_image, **asdict(image))
    body = {**asdict(theme), "uses": [asdict(each) for each in sorted(uses)]}
    _write(uow, theme, uses)
    record_changes(uow, [Change(CHANGED, theme.key, body, actor_id=actor_id)])
    audit(uow, CHANGED, theme.key, actor_id=actor_id)
    return True


def remove_theme(uow: UnitOfWork, key: str, *, actor_id: str | None = None) -> None:
    """Take a theme away from everybody. Missing ``no_theme``. Its images stay: mails and certificates may show them."""
    find_theme(uow, key)
    uow.connection.execute(sa.delete(tables.theme_use).where(tables.theme_use.c.theme == key))
    uow.connection.execute(sa.delete(tables.theme).where(tables.theme.c.key == key))
    record_changes(uow, [Change(REMOVED, key, {"key": key}, actor_id=actor_id)])
    audit(uow, REMOVED, key, actor_id=actor_id)


def read_themes(uow: UnitOfWork) -> dict[str, tuple[Theme, frozenset[Use]]]:
    """Every theme with those whom it is for, by key, in the order of titles."""
    uses: dict[str, set[Use]] = {}
    for row in uow.connection.execute(sa.select(tables.theme_use)):
        uses.setdefault(row.theme, set()).add(Use(row.scope, row.subject))
    rows = uow.connection.execute(sa.select(tables.theme).order_by(tables.theme.c.title, tables.theme.c.key))
    return {row.key: (theme_of_row(row), frozenset(uses.get(row.key, ()))) for row in rows}


def find_theme(uow: UnitOfWork, key: str) -> tuple[Theme, frozenset[Use]]:
    """One theme. Missing ``no_theme``."""
    found = read_themes(uow).get(key)
    if found is None:
        raise Missing("no_theme", "There is no such theme.")
    return found


def find_image(uow: UnitOfWork, hash: str) -> Image:
    """A logo by its hash. Missing ``no_image``."""
    row = uow.find(tables.theme_image, hash=hash)
    if row is None:
        raise Missing("no_image", "There is no such image.")
    return Image(row.hash, row.media_type, row.width, row.height, row.content)


def theme_of_row(row: Any) -> Theme:
    """The theme in a row with the columns of the table ``theme``."""
    return Theme(row.key, row.title, row.accent, row.logo, row.certificate_logo, row.sender, row.reply_to)


def names_of_uses(uow: UnitOfWork, uses: frozenset[Use]) -> dict[Use, str]:
    """What those are called for whom a theme is; an audience by its key."""
    names: dict[Use, str] = {each: each.subject for each in uses}
    for scope, table in _OF_SCOPES.items():
        ids = [each.subject for each in uses if each.scope == scope]
        rows = uow.connection.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
        found: Mapping[str, str] = {row.id: row.name for row in rows}
        names.update({each: found[each.subject] for each in uses if each.subject in found})
    return names


def _write(uow: UnitOfWork, theme: Theme, uses: frozenset[Use]) -> None:
    table, use, values = tables.theme, tables.theme_use, asdict(theme)
    if uow.find(table, key=theme.key) is None:
        uow.insert(table, **values)
    else:
        uow.connection.execute(sa.update(table).where(table.c.key == theme.key).values(**values))
    uow.connection.execute(sa.delete(use).where(use.c.theme == theme.key))
    uow.execute_many(
        sa.insert(use),
        [{"scope": each.scope, "subject": each.subject, "theme": theme.key} for each in sorted(uses)],
    )


def _problems(theme: Theme) -> list[Problem]:
    problems = []
    if not _KEY.fullmatch(theme.key) or len(theme.key) > 40:
        problems.append(Problem("needs small letters, digits and hyphens, 40 at most", "key"))
    if not 0 < len(theme.title.strip()) <= MAX_TITLE or not theme.title.isprintable():
        problems.append(Problem(f"needs 1 to {MAX_TITLE} characters", "title"))
    color = parse_color(theme.accent)
    if color is None:
        problems.append(Problem("is a color such as #3452c7", "accent"))
    elif low := find_low_contrast(color):
        place, ratio = min(low.items(), key=lambda each: each[1])
        problems.append(
            Problem(
                f"is too light: {place} has a contrast of {ratio:.1f} to 1 and needs {AA};"
                f" the nearest that can be read is {write_color(readable(color))}",
                "accent",
            )
        )
    if (
        len(theme.sender) > MAX_TITLE
        or not theme.sender.isprintable()
        or set(theme.sender) & set('<>"@,;:\\')
        or ENCODED in theme.sender
    ):
        problems.append(
            Problem(f"is a name of {MAX_TITLE} characters at most, without signs of addresses", "sender")
        )
    if theme.reply_to and not is_address(theme.reply_to):
        problems.append(Problem("is no e-mail address", "reply_to"))
    return problems


def _unknown(uow: UnitOfWork, theme: Theme, uses: frozenset[Use], new_images: set[str]) -> list[Problem]:
    problems = []
    for name in ("logo", "certificate_logo"):
        hash = getattr(theme, name)
        if hash and hash not in new_images and uow.find(tables.theme_image, hash=hash) is None:
            problems.append(Problem("there is no such image", name))
    for each in sorted(uses):
        table = _OF_SCOPES.get(each.scope)
        if each.scope not in SCOPES or (each.scope == "hub") == bool(each.subject):
            problems.append(Problem("is a location, an audience, a brand, a partner or the hub", "uses"))
        elif table is not None and not (is_id(each.subject) and uow.find(table, id=each.subject) is not None):
            problems.append(Problem(f"there is no such {each.scope}", each.scope))
        elif each.scope == "audience" and not _is_audience(uow, each.subject):
            problems.append(Problem("there is no such audience", "audience"))
    return problems


def _is_audience(uow: UnitOfWork, key: str) -> bool:
    return uow.find(audience, key=key) is not None
