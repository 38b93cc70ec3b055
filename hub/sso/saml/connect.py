"""Connecting a partner's SAML provider, and changing what was chosen for it."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, HubError, OutsideFailed
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.systems.connections import create_connection, set_connection_disabled
from hub.runtime import Hub
from hub.sso.onboarding.domains import vouch_for_domain
from hub.sso.onboarding.expiries import look_at
from hub.sso.saml.certificates import normalize_certificate
from hub.sso.saml.metadata import MAX_UPLOAD, IdpMetadata, fetch_metadata, read_metadata
from hub.sso.saml.names import EMAIL, PERSISTENT, UNSPECIFIED
from hub.sso.saml.providers import Choices, read_saml_provider, save_saml_choices, save_saml_provider
from hub.store import UnitOfWork

ACTION = "connect_identity_provider"
CHANGED = "saml_provider_changed"
NAME_ID_FORMATS = {
    PERSISTENT: "persistent: an opaque name that never changes",
    UNSPECIFIED: "unspecified: whatever the provider has",
    EMAIL: "emailAddress: only where addresses are never given to somebody else",
}
MAX_NAME = 200


def connect_saml_provider(
    hub: Hub,
    slug: str,
    name: str,
    partner_id: str | None,
    choices: Choices,
    *,
    uploaded: bytes = b"",
    entity_id: str = "",
    domains: Sequence[str] = (),
    disabled: bool = False,
    actor_id: str | None = None,
) -> str:
    """Add a SAML provider by its metadata, from ``choices.metadata_url`` or ``uploaded``; the new connection's id.

    ``entity_id`` is needed where the metadata describes several. Nothing is saved when the metadata cannot be used
    (OutsideFailed), the choices cannot be meant (BadInput), or the slug is taken (Conflict); every refusal leaves one
    audit row.
    """
    try:
        choices = check_choices(choices)
        metadata = _read(hub, choices, uploaded, entity_id)
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, slug, "saml", name, partner_id)
            if disabled:
                set_connection_disabled(uow, connection_id, disabled=True)
            _save(uow, connection_id, metadata.entity_id, metadata, choices)
            for domain in domains:
                vouch_for_domain(uow, connection_id, domain, actor_id)
            audit(
                uow,
                ACTION,
                connection_id,
                actor_id=actor_id,
                partner_id=partner_id,
                connection_id=connection_id,
            )
    except HubError as error:
        hub.audit_refusal(ACTION, error.code, actor_id=actor_id, partner_id=partner_id)
        raise
    return connection_id


def change_saml_provider(
    hub: Hub, slug: str, choices: Choices, *, uploaded: bytes = b"", actor_id: str | None = None
) -> None:
    """Keep other choices for a provider, and its metadata if it comes from elsewhere now.

    The entity id stays: another provider is another connection, for its names would mean other people. Raises as
    ``connect_saml_provider``, and Conflict ``subject_stays`` where people are known by what is to change.
    """
    try:
        choices = check_choices(choices)
        with hub.reading() as uow:
            provider = read_saml_provider(uow, slug)
        metadata = None
        before = provider.choices
        comes_from = (before.metadata_url, before.signer)
        if uploaded or (choices.metadata_url and (choices.metadata_url, choices.signer) != comes_from):
            metadata = _read(hub, choices, uploaded, provider.entity_id)
        with hub.unit_of_work() as uow:
            _refuse_other_names(uow, provider.connection.id, before, choices)
            _save(uow, provider.connection.id, provider.entity_id, metadata, choices)
            audit(
                uow,
                CHANGED,
                provider.connection.id,
                actor_id=actor_id,
                partner_id=provider.connection.partner_id,
                connection_id=provider.connection.id,
            )
    except HubError as error:
        hub.audit_refusal(CHANGED, error.code, actor_id=actor_id)
        raise


def _refuse_other_names(uow: UnitOfWork, connection_id: str, before: Choices, after: Choices) -> None:
    named_by = (before.subject_attribute, before.name_id_format)
    if named_by == (after.subject_attribute, after.name_id_format):
        return
    links = tables.identity_link
    if uow.connection.execute(
        sa.select(links.c.form).where(links.c.connection_id == connection_id).limit(1)
    ).first():
        raise Conflict(
            "subject_stays",
            "People are known by this NameID or attribute already: with another one, nobody would be found any more.",
            "Make a second connection, and let people link it on their account page.",
        )


def check_choices(choices: Choices) -> Choices:
    """The choices in the form in which they are kept. BadInput ``bad_signer``, ``bad_choice``, ``bad_subject_attribute``."""
    signer = choices.signer.strip()
    if signer:
        try:
            signer = normalize_certificate(signer)
        except ValueError:
            raise BadInput("bad_signer", "The certificate that signs the metadata cannot be read.") from None
    if choices.signed_part not in {"assertion", "response"} or choices.name_id_format not in NAME_ID_FORMATS:
        raise BadInput("bad_choice", "The form does not say what must be signed, or which NameID is meant.")
    attribute = choices.subject_attribute.strip()
    if len(attribute) > MAX_NAME or not attribute.isprintable() or " " in attribute:
        raise BadInput("bad_subject_attribute", "An attribute's name is one word.")
    return replace(
        choices,
        signer=signer,
        metadata_url=choices.metadata_url.strip(),
        subject_attribute=attribute,
        required_acr=" ".join(choices.required_acr.split()),
    )


def _read(hub: Hub, choices: Choices, uploaded: bytes, entity_id: str) -> IdpMetadata:
    now = hub.clock.now()
    if len(uploaded) > MAX_UPLOAD:
        raise BadInput("message_too_large", "Metadata may have two megabytes.")
    if not uploaded and not choices.metadata_url:
        raise BadInput("no_metadata", "The address or the file of the provider's metadata is needed.")
    try:
        if uploaded:
            return read_metadata(uploaded, now, entity_id=entity_id, signer=choices.signer)
        url = choices.metadata_url
        return fetch_metadata(hub.http, url, url, now, entity_id=entity_id, signer=choices.signer)
    except OutsideFailed as error:
        raise OutsideFailed(
            error.code,
            f"The identity provider cannot be used: {error.message}",
            error.help or "Nothing was saved. Correct it and connect again.",
            retryable=error.retryable,
        ) from error


def _save(
    uow: UnitOfWork, connection_id: str, entity_id: str, metadata: IdpMetadata | None, choices: Choices
) -> None:
    """Keep and journal the choices, and the metadata where it was read now."""
    if metadata is None:
        save_saml_choices(uow, connection_id, choices)
    else:
        save_saml_provider(uow, connection_id, metadata, choices)
    look_at(uow, [connection_id])
    body = {"connection_id": connection_id, "entity_id": entity_id, **vars(choices)}
    record_changes(uow, [Change(CHANGED, connection_id, body)])
