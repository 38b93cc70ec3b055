"""What a system says about itself changes while people sign in: what counts then, and what stays shut."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.journal import tables as journal
from hub.runtime import Hub
from hub.sso.saml.times import write_instant
from hub.sso.saml_provider import messages
from hub.sso.saml_provider.system_metadata import SystemMetadata, read_system_metadata
from hub.sso.saml_provider.systems import read_system, update_system
from hub.sso.saml_provider.tables import saml_client
from hub.testing.saml_signing import Signer
from tests.sso.saml_provider.rig import ACS, Lms, code_of, posted, sp_metadata
from tests.sso.saml_provider.test_sign_in import audited

URL = "https://old-lms.example.com/metadata"
NEW_ACS = "https://old-lms.example.com/new-acs"
Publish = Callable[..., list[str]]


@pytest.fixture
def publish(lms: Lms, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Let the system's address have this metadata; who asked there, as the calls come."""

    def publish(raw: bytes, meanwhile: Callable[[], None] = lambda: None) -> list[str]:
        calls: list[str] = []

        def fetch(_: object, url: str, connection: str, now: datetime, entity_id: str) -> SystemMetadata:
            calls.append(url)
            meanwhile()
            return read_system_metadata(raw, now, entity_id)

        monkeypatch.setattr(messages, "fetch_system_metadata", fetch)
        return calls

    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, metadata_url=URL)
    return publish


def known(hub: Hub, lms: Lms) -> SystemMetadata:
    with hub.reading() as uow:
        return read_system(uow, lms.client_id).metadata


def changes(hub: Hub) -> int:
    """Audit rows about what systems are."""
    with hub.reading() as uow:
        mine = journal.audit.c.action == "client_updated"
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(journal.audit).where(mine)) or 0


def test_si22_encryption_never_falls_away(
    lms: Lms, signer: Signer, tess: str, home: str, clock: SettableClock, publish: Publish
) -> None:
    with lms.hub.unit_of_work() as uow:
        encrypting = read_system_metadata(sp_metadata(encryption=signer.encoded), uow.now)
        update_system(uow, lms.client_id, encrypting, encrypts=True)
    calls = publish(sp_metadata())
    clock.advance(hours=7)
    lms.browser.sit_down(tess, home)
    assert b"EncryptedAssertion" in lms.answer().raw
    assert (calls, known(lms.hub, lms)) == ([URL], encrypting)
    with lms.hub.unit_of_work() as uow:  # whatever else may have taken it away
        uow.connection.execute(sa.update(saml_client).values(encrypts=True, metadata=plain(lms)))
    before = len(audited(lms.hub))
    answer = lms.ask()
    assert (answer.status_code, code_of(answer)) == (403, "no_encryption_key")
    assert audited(lms.hub)[before:] == [("client_sign_in", "refused", "no_encryption_key")]


def test_si23_what_was_just_read_counts_for_the_very_request(
    lms: Lms, tess: str, home: str, clock: SettableClock, publish: Publish
) -> None:
    calls, before = publish(sp_metadata(consumers={"0": NEW_ACS})), changes(lms.hub)
    clock.advance(hours=7)
    lms.browser.sit_down(tess, home)
    assert lms.answer(lms.request(AssertionConsumerServiceURL=NEW_ACS)).address == NEW_ACS
    assert (len(calls), changes(lms.hub)) == (1, before + 1)
    publish(sp_metadata(consumers={"0": NEW_ACS}, validUntil=write_instant(clock.now() + timedelta(days=9))))
    clock.advance(hours=7)
    lms.browser.sit_down(tess, home)
    lms.answer(lms.request(AssertionConsumerServiceURL=NEW_ACS))
    assert known(lms.hub, lms).valid_until is not None
    assert changes(lms.hub) == before + 1


def test_si23_opening_from_the_hub_reads_it_too(
    lms: Lms, tess: str, home: str, clock: SettableClock, publish: Publish
) -> None:
    until = write_instant(clock.now() + timedelta(minutes=10))
    with lms.hub.unit_of_work() as uow:
        ending = read_system_metadata(sp_metadata(validUntil=until), uow.now)
        update_system(uow, lms.client_id, ending, hub_initiated=True)
    publish(sp_metadata(consumers={"0": NEW_ACS}))
    clock.advance(minutes=11)
    assert posted(lms.browser.get(f"/saml/open/{lms.client_id}")).address == NEW_ACS
    with lms.hub.unit_of_work() as uow:
        update_system(uow, lms.client_id, ending, metadata_url="")
    before = len(audited(lms.hub))
    assert code_of(lms.browser.get(f"/saml/open/{lms.client_id}")) == "system_metadata_over"
    assert audited(lms.hub)[before:] == [("client_sign_in", "refused", "system_metadata_over")]


def test_si24_what_an_operator_enters_meanwhile_stays(
    lms: Lms, tess: str, home: str, clock: SettableClock, publish: Publish
) -> None:
    def change() -> None:
        with lms.hub.unit_of_work() as uow:
            entered = read_system_metadata(sp_metadata(consumers={"0": ACS}), uow.now)
            update_system(uow, lms.client_id, entered, metadata_url="")

    publish(sp_metadata(consumers={"0": NEW_ACS}), change)
    clock.advance(hours=7)
    lms.browser.sit_down(tess, home)
    assert lms.answer().address == ACS
    assert known(lms.hub, lms).consumers == {"0": ACS}


def plain(lms: Lms) -> dict[str, object]:
    """Its metadata without a certificate to encrypt for."""
    with lms.hub.reading() as uow:
        kept = dict(uow.connection.scalar(sa.select(saml_client.c.metadata)) or {})
    kept.pop("encryption_certificate")
    return kept
