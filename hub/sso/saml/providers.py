"""SAML identity providers as stored: what an operator chose, and what their metadata last said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import sqlalchemy as sa

from hub.errors import Missing
from hub.network import tables as network
from hub.network.systems.connections import Connection, find_connection
from hub.runtime import Hub
from hub.sso.policy import SignInPolicy
from hub.sso.refusals import Attempt
from hub.sso.saml.assertion import Expected
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.names import PERSISTENT
from hub.sso.saml.response import SignedPart
from hub.sso.saml.tables import saml_provider
from hub.sso.tables import sign_in_policy
from hub.store import UnitOfWork
from hub.store.driver import Question


@dataclass(frozen=True)
class Choices:
    """What an operator decides about a provider. ``signer`` and certificates are bare base64."""

    metadata_url: str = ""
    signer: str = ""
    signed_part: SignedPart = "assertion"
    idp_initiated: bool = False
    signs_requests: bool = False
    name_id_format: str = PERSISTENT
    subject_attribute: str = ""
    required_acr: str = ""


@dataclass(frozen=True)
class HubPaths:
    """The hub's own paths towards the provider with this slug, apart from those towards any other."""

    slug: str

    @property
    def metadata(self) -> str:
        """Where the hub describes itself; the address is also the hub's entity id there."""
        return f"/sso/saml/{self.slug}/metadata"

    @property
    def acs(self) -> str:
        """Where answers are posted."""
        return f"/sso/saml/{self.slug}/acs"

    @property
    def slo(self) -> str:
        """Where logout messages go."""
        return f"/sso/saml/{self.slug}/slo"

    @property
    def start(self) -> str:
        """Where a tile in the provider's own portal leads."""
        return f"/sso/saml/{self.slug}/start"


@dataclass(frozen=True)
class SamlProvider:
    """One SAML identity provider. ``claim_names`` are the attributes that its sign-in policy asks for."""

    connection: Connection
    entity_id: str
    metadata: IdpMetadata
    metadata_at: datetime
    choices: Choices = field(default_factory=Choices)
    claim_names: tuple[str, ...] = ()

    @property
    def paths(self) -> HubPaths:
        """The hub's paths towards this provider."""
        return HubPaths(self.connection.slug)

    @property
    def signs_requests(self) -> bool:
        """Whether the hub signs what it asks."""
        return self.choices.signs_requests or self.metadata.wants_signed_requests

    def expected(self, hub: Hub, request_id: str | None) -> Expected:
        """What an answer of this provider must say."""
        return Expected(
            issuer=self.entity_id,
            audience=hub.settings.url(self.paths.metadata),
            recipient=hub.settings.url(self.paths.acs),
            now=hub.clock.now(),
            request_id=request_id,
            name_id_format=self.choices.name_id_format,
            subject_attribute=self.choices.subject_attribute,
        )


_PROVIDER = Question(
    sa.select(
        *(network.connection.c[name] for name in Connection.__dataclass_fields__),
        *(column for column in saml_provider.c if column.name != "connection_id"),
        sign_in_policy.c.attributes,
        sign_in_policy.c.partner_claim,
    )
    .join(saml_provider, saml_provider.c.connection_id == network.connection.c.id)
    .outerjoin(sign_in_policy, sign_in_policy.c.connection_id == network.connection.c.id)
    .where(network.connection.c.slug == sa.bindparam("slug"))
)


def read_saml_provider(uow: UnitOfWork, slug: str) -> SamlProvider:
    """The provider behind a slug, with one query; Missing ``no_connection`` when there is none."""
    row = _PROVIDER.ask(uow.connection, slug=slug) if slug.isprintable() else None
    if row is None:
        raise Missing("no_connection", "There is no such connection.")
    return SamlProvider(
        Connection(**{name: getattr(row, name) for name in Connection.__dataclass_fields__}),
        row.entity_id,
        msgspec.convert(row.metadata, IdpMetadata),
        row.metadata_at,
        Choices(**{name: getattr(row, name) for name in Choices.__dataclass_fields__}),
        SignInPolicy(attributes=row.attributes or {}, partner_claim=row.partner_claim or "").claim_names,
    )


def look_up_provider(hub: Hub, slug: str, attempt: Attempt) -> SamlProvider:
    """As ``read_saml_provider``, with one glance; the attempt knows the connection from then on."""
    with hub.glance() as uow:
        provider = read_saml_provider(uow, slug)
    attempt.connection = provider.connection
    return provider


def read_hub_side(uow: UnitOfWork, slug: str) -> SamlProvider:
    """The provider, or before it was entered one of which nothing is known: enough for the hub's own addresses.

    Missing ``no_connection`` when there is no SAML connection of this name.
    """
    try:
        return read_saml_provider(uow, slug)
    except Missing:
        connection = find_connection(uow, slug) if slug.isprintable() else None
        if connection is None or connection.kind != "saml":
            raise
    nothing = IdpMetadata(entity_id="", sso_url="", certificates=())
    return SamlProvider(connection, "", nothing, uow.now)


def save_saml_provider(uow: UnitOfWork, connection_id: str, metadata: IdpMetadata, choices: Choices) -> None:
    """Keep a provider as configured now."""
    values = {
        **{name: getattr(choices, name) for name in Choices.__dataclass_fields__},
        "entity_id": metadata.entity_id,
        "metadata": msgspec.to_builtins(metadata),
        "metadata_at": uow.now,
    }
    mine = saml_provider.c.connection_id == connection_id
    if not uow.connection.execute(sa.update(saml_provider).where(mine).values(**values)).rowcount:
        uow.insert(saml_provider, connection_id=connection_id, **values)


def save_saml_choices(uow: UnitOfWork, connection_id: str, choices: Choices) -> None:
    """Keep what was chosen; what the metadata said, and when it was read, stays."""
    mine = saml_provider.c.connection_id == connection_id
    uow.connection.execute(sa.update(saml_provider).where(mine).values(**vars(choices)))


def save_saml_metadata(uow: UnitOfWork, connection_id: str, metadata: IdpMetadata) -> None:
    """Keep the metadata just read: certificates that it does not have any more are trusted no longer."""
    mine = saml_provider.c.connection_id == connection_id
    values: Mapping[str, object] = {"metadata": msgspec.to_builtins(metadata), "metadata_at": uow.now}
    uow.connection.execute(sa.update(saml_provider).where(mine).values(**values))
