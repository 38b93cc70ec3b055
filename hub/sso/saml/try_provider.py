"""Trying a SAML provider: its metadata and certificates, as far as that shows without a person.

The rest shows in a trial sign-in, which needs somebody to sign in.
"""

from contextlib import suppress
from datetime import datetime

from hub.errors import HubError, OutsideFailed
from hub.exchange import Exchange
from hub.runtime import Hub
from hub.sso.saml.certificates import describe_certificate
from hub.sso.saml.metadata import IdpMetadata
from hub.sso.saml.metadata_cache import read_again
from hub.sso.saml.providers import SamlProvider, read_saml_provider
from hub.sso.trials import Recorder

METADATA, CERTIFICATES = "Read the metadata", "Look at its certificates"


def try_saml_provider(hub: Hub, slug: str) -> Exchange:
    """Try the provider behind a slug, outside any unit; Missing ``no_connection`` when there is none.

    Metadata that was read again is kept, so that a provider that was mended is used at once.
    """
    with hub.reading() as uow:
        provider = read_saml_provider(uow, slug)
    recorder = Recorder()
    with suppress(HubError):  # the recorder has it
        metadata = _metadata(hub, provider, recorder)
        _certificates(metadata, hub.clock.now(), recorder)
    if all(step.title != CERTIFICATES for step in recorder.steps):
        recorder.skip(CERTIFICATES, "The step before it failed.")
    return Exchange(recorder.steps)


def _metadata(hub: Hub, provider: SamlProvider, recorder: Recorder) -> IdpMetadata:
    url, now = provider.choices.metadata_url, hub.clock.now()
    with recorder.step(METADATA, "It describes this provider.", f"GET {url}" if url else "") as received:
        metadata = provider.metadata
        if url:
            metadata = read_again(hub, provider)
        elif metadata.is_over(now):
            raise OutsideFailed("metadata_expired", "The uploaded metadata is not valid any more.")
        received |= {
            "Entity id": metadata.entity_id,
            "Sign-ins go to": metadata.sso_url,
            "Sign-outs go to": metadata.slo_url or metadata.slo_post_url or "not offered",
            "Wants signed requests": "yes" if metadata.wants_signed_requests else "no",
            "Valid until": _day(metadata.valid_until) if metadata.valid_until else "no limit",
        }
    return metadata


def _certificates(metadata: IdpMetadata, now: datetime, recorder: Recorder) -> None:
    """Dates decide nothing at sign-in; a provider that lets its certificate expire is about to change it."""
    with recorder.step(CERTIFICATES, "The hub can verify what is signed with them.") as received:
        for number, encoded in enumerate(metadata.certificates, start=1):
            facts = describe_certificate(encoded)
            over = " (over)" if facts.valid_until <= now else ""
            received[f"Certificate {number}"] = (
                f"{facts.subject}, until {_day(facts.valid_until)}{over}, SHA-256 {facts.fingerprint[:16]}…"
            )


def _day(at: datetime) -> str:
    return at.strftime("%d %B %Y").lstrip("0")
