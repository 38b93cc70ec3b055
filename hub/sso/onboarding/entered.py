"""Whether anything of a provider hangs from a connection yet, and the addresses of the hub that it has to know."""

from collections.abc import Mapping

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import Conflict
from hub.network.systems.connections import Connection
from hub.network.tables import identity_link
from hub.sso.saml.tables import saml_provider
from hub.sso.tables import oidc_provider
from hub.store import UnitOfWork


def has_entry(uow: UnitOfWork, connection: Connection) -> bool:
    """Whether the provider's settings were entered."""
    table = saml_provider if connection.kind == "saml" else oidc_provider
    return uow.find(table, connection_id=connection.id) is not None


def refuse_other_provider(uow: UnitOfWork, connection_id: str, before: str, now: str) -> None:
    """Conflict ``another_provider`` where people are known by what another issuer or entity id said of them."""
    link = identity_link
    known = sa.select(sa.exists().where(link.c.connection_id == connection_id))
    if before != now and uow.connection.scalar(known):
        raise Conflict(
            "another_provider",
            "People are known by this sign-in already. What another provider says could be about other people.",
            "Ask for a new setup link: another provider is another connection.",
        )


def hub_values(settings: Settings, connection: Connection) -> Mapping[str, tuple[str, str]]:
    """What the administrator copies from the hub into the product: name and value by id."""
    base = f"/sso/{connection.kind}/{connection.slug}"
    if connection.kind == "saml":
        metadata = settings.url(f"{base}/metadata")
        return {
            "entity-id": ("Entity ID", metadata),
            "acs": ("Answer address (ACS)", settings.url(f"{base}/acs")),
            "metadata": ("Metadata of the hub", metadata),
            "slo": ("Logout address (SLO)", settings.url(f"{base}/slo")),
        }
    return {
        "redirect-uri": ("Redirect URI", settings.url(f"{base}/callback")),
        "signed-out": ("Signed-out address", settings.url("/signed-out")),
        "backchannel": ("Back-channel address", settings.url(f"{base}/backchannel-logout")),
    }
