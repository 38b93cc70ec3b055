"""Where an LMS's courses and accounts are read from: which plugin, which address, which secret; and how the last run went."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing
from hub.journal import Change, audit, record_changes
from hub.network.systems.connections import find_connection, read_connection
from hub.network.tables import connection as connection_table
from hub.sealing import Sealer
from hub.store import UnitOfWork
from hub.training.courses.catalogue import CatalogueSource
from hub.training.tables import catalogue_source

if TYPE_CHECKING:
    from hub.runtime import Hub

SourceKind = Literal["catalogue", "roster"]
HOOKS: Mapping[str, str] = {"catalogue": "read_catalogue", "roster": "read_roster"}
_MASK = "…"
_MAX_ERROR = 1_000


class Counts(Protocol):
    """What a run did, as numbers to keep."""

    def as_numbers(self) -> dict[str, int]:
        """The numbers by name."""
        ...


AnyCounts = TypeVar("AnyCounts", bound=Counts)


@dataclass(frozen=True)
class Source:
    """What an operator has laid down, and the last run: its counts if it ended well, else its error."""

    connection_id: str
    slug: str
    name: str
    kind: SourceKind
    plugin: str
    address: str
    has_secret: bool
    last_run_at: datetime | None
    last_counts: Mapping[str, int] | None
    last_error: str


def set_source(
    uow: UnitOfWork, connection_id: str, kind: SourceKind, plugin: str, address: str, secret: str = ""
) -> None:
    """Lay down where an LMS's catalogue or roster is read from; the same again changes nothing.

    A secret that is left out stays as long as plugin and address do: none goes to another place than it was given for.
    Raises BadInput ``no_plugin`` or ``no_address``, Missing for an unknown connection.
    """
    connection = read_connection(uow, connection_id)
    check_source(uow, kind, plugin, address)
    known = _row(uow, connection.id, kind)
    sealer = Sealer(uow.settings.secret_keys)
    same_place = known is not None and (known.plugin, known.address) == (plugin, address)
    if same_place and (not secret or (known.sealed_secret and sealer.open(known.sealed_secret) == secret)):
        return
    body = {"connection_id": connection.id, "kind": kind, "plugin": plugin, "address": address}
    values = {
        **body,
        "sealed_secret": sealer.seal(secret) if secret else "",
        "last_run_at": None,
        "last_counts": None,
        "last_error": "",
    }
    if known is None:
        uow.connection.execute(sa.insert(catalogue_source).values(**values))
    else:
        uow.connection.execute(sa.update(catalogue_source).where(_is(connection.id, kind)).values(**values))
    told = {**body, "address": address.partition("?")[0], "new_secret": bool(secret)}
    record_changes(uow, [Change("catalogue_source_changed", connection.id, told)])
    audit(
        uow,
        "catalogue_source_changed",
        connection.slug,
        connection_id=connection.id,
        detail={"kind": kind, "plugin": plugin},
    )


def list_sources(uow: UnitOfWork, limit: int = 200) -> list[Source]:
    """The first sources, by the names of their connections."""
    query = _joined().order_by(connection_table.c.slug, catalogue_source.c.kind).limit(limit)
    return [_source(row) for row in uow.connection.execute(query)]


def find_source(uow: UnitOfWork, slug: str, kind: SourceKind) -> Source:
    """The source of a connection; Missing ``no_source`` when none was laid down."""
    query = _joined().where(connection_table.c.slug == slug, catalogue_source.c.kind == kind)
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise Missing(
            "no_source",
            f"Nobody has said where the {kind} of {find_connection(uow, slug).name} is.",
            f"Name its address: hub catalogue {'sync' if kind == 'catalogue' else 'roster'} {slug} ADDRESS.",
        )
    return _source(row)


def run_source(
    hub: "Hub", slug: str, kind: SourceKind, read: Callable[[CatalogueSource, str], AnyCounts]
) -> AnyCounts:
    """Read a source with ``read(source, plugin)`` and keep how it went; what that raises goes on."""
    with hub.reading() as uow:
        source = find_source(uow, slug, kind)
        sealed = uow.connection.scalar(
            sa.select(catalogue_source.c.sealed_secret).where(_is(source.connection_id, kind))
        )
    secret = hub.sealer.open(sealed) if sealed else ""
    try:
        counts = read(CatalogueSource(slug, source.address, secret), source.plugin)
    except Exception as error:
        said = error.message if isinstance(error, HubError) else type(error).__name__
        _note(hub, source, last_error=(said.replace(secret, _MASK) if secret else said)[:_MAX_ERROR])
        raise
    _note(hub, source, last_error="", last_counts=counts.as_numbers())
    return counts


def list_readers(uow: UnitOfWork) -> dict[SourceKind, list[str]]:
    """Names of the plugins that are on and read catalogues, or rosters."""
    return {
        "catalogue": uow.hooks.implementers(HOOKS["catalogue"]),
        "roster": uow.hooks.implementers(HOOKS["roster"]),
    }


def kept_secret(uow: UnitOfWork, connection_id: str, kind: SourceKind, plugin: str, address: str) -> str:
    """The secret that was given for just this plugin and address; empty where there is none."""
    known = _row(uow, connection_id, kind)
    if known is None or (known.plugin, known.address) != (plugin, address) or not known.sealed_secret:
        return ""
    return Sealer(uow.settings.secret_keys).open(known.sealed_secret)


def check_source(uow: UnitOfWork, kind: SourceKind, plugin: str, address: str) -> None:
    """BadInput ``no_plugin`` or ``no_address`` for what nothing can be read with."""
    check_plugin(uow, kind, plugin)
    if not address or any(ord(letter) < 32 for letter in address):
        raise BadInput("no_address", f"The address of the {kind} is missing.")


def check_plugin(uow: UnitOfWork, kind: SourceKind, plugin: str) -> None:
    """BadInput ``no_plugin`` unless this plugin is on and reads catalogues, or rosters."""
    known = uow.hooks.implementers(HOOKS[kind])
    if plugin not in known:
        raise BadInput(
            "no_plugin",
            f"No plugin {plugin} that reads {kind}s is on.",
            f"Those that are on: {', '.join(known) or 'none'}.",
        )


def _note(hub: "Hub", source: Source, **values: Any) -> None:
    with hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(catalogue_source)
            .where(_is(source.connection_id, source.kind))
            .values(last_run_at=uow.now, **values)
        )


def _is(connection_id: str, kind: SourceKind) -> sa.ColumnElement[bool]:
    return sa.and_(catalogue_source.c.connection_id == connection_id, catalogue_source.c.kind == kind)


def _row(uow: UnitOfWork, connection_id: str, kind: SourceKind) -> Any:
    return uow.connection.execute(sa.select(catalogue_source).where(_is(connection_id, kind))).one_or_none()


def _joined() -> sa.Select[Any]:
    return sa.select(catalogue_source, connection_table.c.slug, connection_table.c.name).join(
        connection_table, connection_table.c.id == catalogue_source.c.connection_id
    )


def _source(row: sa.Row[Any]) -> Source:
    return Source(
        row.connection_id,
        row.slug,
        row.name,
        row.kind,
        row.plugin,
        row.address,
        bool(row.sealed_secret),
        row.last_run_at,
        row.last_counts,
        row.last_error,
    )
