"""What the admin pages show of a SAML connection."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.errors import Missing
from hub.sso.saml.certificates import CertificateFacts, describe_certificate
from hub.sso.saml.connect import NAME_ID_FORMATS
from hub.sso.saml.providers import HubPaths, SamlProvider, read_saml_provider
from hub.store import UnitOfWork
from hub.words.phrase import listed


@dataclass(frozen=True)
class SamlPart:
    """A SAML connection as its page shows it. ``handed`` are the hub's values that its administrator enters, by name."""

    provider: SamlProvider
    handed: Mapping[str, str]
    certificates: Sequence[CertificateFacts]
    signer: CertificateFacts | None
    name_id_words: str


def saml_part(uow: UnitOfWork, slug: str) -> SamlPart | None:
    """The SAML side of the connection with this slug; None where its provider was not entered yet."""
    try:
        provider = read_saml_provider(uow, slug)
    except Missing:
        return None
    choices = provider.choices
    return SamlPart(
        provider,
        hub_values(uow.settings.public_url, slug),
        [describe_certificate(encoded) for encoded in provider.metadata.certificates],
        describe_certificate(choices.signer) if choices.signer else None,
        NAME_ID_FORMATS.get(choices.name_id_format, choices.name_id_format).partition(":")[0],
    )


def hub_values(public_url: str, slug: str) -> Mapping[str, str]:
    """What a provider's administrator enters about the hub, by the names that products have for it."""
    base, paths = public_url.rstrip("/"), HubPaths(slug)
    return {
        listed("Entity id (audience, identifier)"): f"{base}{paths.metadata}",
        listed("Answer address (ACS, reply URL)"): f"{base}{paths.acs}",
        listed("Logout address (SLO)"): f"{base}{paths.slo}",
        listed("Metadata with all of it"): f"{base}{paths.metadata}",
    }
