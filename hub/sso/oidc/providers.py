"""Identity providers as stored: what was configured, and what was last fetched from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.errors import Missing
from hub.network.connections import Connection, find_connection
from hub.sso import tables
from hub.sso.oidc.keys import PublicKey
from hub.sso.oidc.metadata import Metadata
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Provider:
    """One identity provider. ``client_secret`` is sealed; metadata and keys are None until they were first fetched."""

    connection: Connection
    issuer: str
    client_id: str
    client_secret: str
    metadata: Metadata | None
    metadata_at: datetime | None
    keys: tuple[PublicKey, ...] | None
    keys_at: datetime | None

    @property
    def callback_path(self) -> str:
        """The path of the redirect URI, one per connection, so that an answer cannot be taken for another's."""
        return f"/sso/oidc/{self.connection.slug}/callback"


def read_provider(uow: UnitOfWork, slug: str) -> Provider:
    """The provider behind a slug; Missing ``no_connection`` when there is none."""
    if not slug.isprintable():
        raise _no_provider()
    connection = find_connection(uow, slug)
    table = tables.oidc_provider
    row = uow.connection.execute(sa.select(table).where(table.c.connection_id == connection.id)).one_or_none()
    if row is None:
        raise _no_provider()
    return Provider(
        connection=connection,
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=row.client_secret,
        metadata=msgspec.convert(row.metadata, Metadata) if row.metadata else None,
        metadata_at=row.metadata_at,
        keys=msgspec.convert(row.jwks["keys"], tuple[PublicKey, ...]) if row.jwks else None,
        keys_at=row.jwks_at,
    )


def add_provider(
    uow: UnitOfWork, connection_id: str, issuer: str, client_id: str, sealed_secret: str
) -> None:
    """Hang an identity provider from its connection."""
    uow.connection.execute(
        sa.insert(tables.oidc_provider).values(
            connection_id=connection_id, issuer=issuer, client_id=client_id, client_secret=sealed_secret
        )
    )


def save_metadata(uow: UnitOfWork, connection_id: str, metadata: Metadata) -> None:
    """Keep the metadata just fetched."""
    _save(uow, connection_id, metadata=msgspec.to_builtins(metadata), metadata_at=uow.now)


def save_keys(uow: UnitOfWork, connection_id: str, keys: Sequence[PublicKey]) -> None:
    """Keep the keys just fetched; what is no longer among them is trusted no longer."""
    _save(uow, connection_id, jwks={"keys": msgspec.to_builtins(keys)}, jwks_at=uow.now)


def _save(uow: UnitOfWork, connection_id: str, **values: object) -> None:
    table = tables.oidc_provider
    uow.connection.execute(sa.update(table).where(table.c.connection_id == connection_id).values(**values))


def _no_provider() -> Missing:
    return Missing("no_connection", "There is no such connection.")
