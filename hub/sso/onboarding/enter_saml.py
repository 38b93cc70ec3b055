"""What an administrator pastes back of a SAML provider: the address of its metadata, or the file."""

from hub.errors import BadInput, OutsideFailed, Problem
from hub.journal import Change, record_changes
from hub.network.systems.setup_links import SetupLink
from hub.network.systems.setup_steps import audited, run_step
from hub.runtime import Hub
from hub.sso.onboarding import steps
from hub.sso.onboarding.entered import refuse_other_provider
from hub.sso.saml.connect import CHANGED
from hub.sso.saml.metadata import MAX_UPLOAD, IdpMetadata, fetch_metadata, read_metadata
from hub.sso.saml.providers import Choices, save_saml_provider
from hub.sso.saml.tables import saml_provider
from hub.store import UnitOfWork


def enter_saml(hub: Hub, code: str, browser: str, metadata_url: str, uploaded: bytes) -> None:
    """Keep what the metadata says, read from its address or, where that is empty, from the uploaded file.

    BadInput with the field it is about: ``bad_provider`` when neither is there, else what reading it came to
    (``hub.sso.saml.metadata``). Conflict ``sign_in_is_on``.
    """
    url = metadata_url.strip()
    connection_id = run_step(hub, lambda uow: _connection(uow, code, browser)[1])
    metadata = audited(hub, lambda: _read(hub, connection_id, url, uploaded))

    def step(uow: UnitOfWork) -> None:
        link, connection_id = _connection(uow, code, browser)
        before = uow.find(saml_provider, connection_id=connection_id)
        choices = Choices(metadata_url=url)
        if before is not None:
            refuse_other_provider(uow, connection_id, before.entity_id, metadata.entity_id)
            kept = {name: getattr(before, name) for name in Choices.__dataclass_fields__}
            choices = Choices(**{**kept, "metadata_url": url})  # an operator may have chosen more
        save_saml_provider(uow, connection_id, metadata, choices)
        body = {"connection_id": connection_id, "entity_id": metadata.entity_id, "metadata_url": url}
        record_changes(uow, [Change(CHANGED, connection_id, body)])
        steps.entered(uow, link, connection_id)

    run_step(hub, step)


def _read(hub: Hub, connection_id: str, url: str, uploaded: bytes) -> IdpMetadata:
    place = "metadata_url" if url else "metadata_file"
    steps.refuse_many(hub, connection_id)
    try:
        if url:
            return fetch_metadata(hub.http, url, connection_id, hub.clock.now())
        if not uploaded or len(uploaded) > MAX_UPLOAD:
            problem = Problem("is needed: an address or a file", place)
            raise BadInput("bad_provider", "The provider's metadata is needed.", "", [problem])
        return read_metadata(uploaded, hub.clock.now())
    except OutsideFailed as error:
        problem = Problem(error.message.rstrip("."), place)
        text = f"The metadata cannot be used: {error.message}"
        raise BadInput(error.code, text, error.help, [problem]) from error


def _connection(uow: UnitOfWork, code: str, browser: str) -> tuple[SetupLink, str]:
    link = steps.sign_in_link(uow, code, browser)
    return link, steps.switched_off(uow, link, "saml").id
