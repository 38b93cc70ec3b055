"""Identity providers as stored: what was configured, and what was last fetched from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables as network
from hub.network.systems.connections import Connection
from hub.sso import tables
from hub.sso.oidc.keys import PublicKey
from hub.sso.oidc.metadata import Metadata
from hub.sso.policy import SignInPolicy
from hub.store import UnitOfWork
from hub.store.driver import Question


@dataclass(frozen=True)
class Provider:
    """One identity provider. ``client_secret`` is sealed; metadata and keys are None until they were first fetched.

    ``scopes`` are always asked for, ``required_acr`` are the ways of authenticating of which one is needed; both are
    parted by spaces. ``timeouts`` came in a row, and until ``rests_until`` nobody asks it. ``claim_names`` are the claims
    that its sign-in policy asks for.
    """

    connection: Connection
    issuer: str
    client_id: str
    client_secret: str
    metadata: Metadata | None
    metadata_at: datetime | None
    keys: tuple[PublicKey, ...] | None
    keys_at: datetime | None
    scopes: str = "openid"
    required_acr: str = ""
    secret_expires_at: datetime | None = None
    signs_out: bool = True
    timeouts: int = 0
    rests_until: datetime | None = None
    claim_names: tuple[str, ...] = ()

    @property
    def callback_path(self) -> str:
        """The path of the redirect URI, one per connection, so that an answer cannot be taken for another's."""
        return f"/sso/oidc/{self.connection.slug}/callback"

    @property
    def backchannel_path(self) -> str:
        """Where the provider says that somebody signed out there."""
        return f"/sso/oidc/{self.connection.slug}/backchannel-logout"


_PROVIDER = Question(
    sa.select(
        *(network.connection.c[name] for name in Connection.__dataclass_fields__),
        *(column for column in tables.oidc_provider.c if column.name != "connection_id"),
        tables.sign_in_policy.c.attributes,
        tables.sign_in_policy.c.partner_claim,
    )
    .join(tables.oidc_provider, tables.oidc_provider.c.connection_id == network.connection.c.id)
    .outerjoin(tables.sign_in_policy, tables.sign_in_policy.c.connection_id == network.connection.c.id)
    .where(network.connection.c.slug == sa.bindparam("slug"))
)


def read_provider(uow: UnitOfWork, slug: str) -> Provider:
    """The provider behind a slug, with one query; Missing ``no_connection`` when there is none."""
    row = _PROVIDER.ask(uow.connection, slug=slug) if slug.isprintable() else None
    if row is None:
        raise Missing("no_connection", "There is no such connection.")
    return Provider(
        connection=Connection(**{name: getattr(row, name) for name in Connection.__dataclass_fields__}),
        issuer=row.issuer,
        client_id=row.client_id,
        client_secret=row.client_secret,
        metadata=msgspec.convert(row.metadata, Metadata) if row.metadata else None,
        metadata_at=row.metadata_at,
        keys=msgspec.convert(row.jwks["keys"], tuple[PublicKey, ...]) if row.jwks else None,
        keys_at=row.jwks_at,
        scopes=row.scopes,
        required_acr=row.required_acr,
        secret_expires_at=row.secret_expires_at,
        signs_out=row.signs_out,
        timeouts=row.timeouts,
        rests_until=row.rests_until,
        claim_names=SignInPolicy(
            attributes=row.attributes or {}, partner_claim=row.partner_claim or ""
        ).claim_names,
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


def save_settings(uow: UnitOfWork, connection_id: str, **values: object) -> None:
    """Change columns that an operator sets; ``client_secret`` must be sealed."""
    _save(uow, connection_id, **values)


def _save(uow: UnitOfWork, connection_id: str, **values: object) -> None:
    table = tables.oidc_provider
    uow.connection.execute(sa.update(table).where(table.c.connection_id == connection_id).values(**values))
