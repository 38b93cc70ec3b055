"""A client that publishes its keys: they are fetched as those of identity providers are, and no more often."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from hub.app import open_hub
from hub.clock import SettableClock
from hub.sso.oidc.freshness import FRESH, STALE
from hub.sso.provider.clients import read_client, update_client
from hub.sso.provider.try_client import try_client
from hub.testing.idp import provider_of
from tests.sso.provider.rig import Downstream
from tests.sso.rig import Idp, Record

BELIEVED = (400, "invalid_request")  # no grant_type
REFUSED = (401, "invalid_client")


@pytest.fixture
def publisher(lms: Downstream, riverside: Idp) -> Downstream:
    """The client, whose keys are those that a simulated system publishes."""
    with lms.hub.unit_of_work() as uow:
        update_client(uow, lms.client_id, auth_method="private_key_jwt", jwks_uri=f"{riverside.issuer}/jwks")
    return lms


def send(client: Downstream, idp: Idp, jti: str, **header: str) -> tuple[int, str]:
    """Ask for tokens with an assertion that is signed by the system's present key."""
    published, now = provider_of(idp.app).keys.current, int(client.hub.clock.now().timestamp())
    key = RSAKey.import_key(
        {name: value for name, value in published.as_dict(private=True).items() if name != "alg"}
    )
    claims: dict[str, Any] = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.hub.settings.public_url,
        "exp": now + 60,
        "jti": jti,
    }
    whole = {"alg": "RS256", "kid": str(published.kid), **header}
    whole = {name: value for name, value in whole.items() if value}
    answer = client.token(
        {},
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=jwt.encode(whole, claims, key, algorithms=["RS256", "PS256"]),
    )
    return answer.status_code, (answer.json or {})["error"]


def test_keys_are_fetched_kept_and_fetched_again_when_they_change(
    publisher: Downstream, riverside: Idp, clock: SettableClock
) -> None:
    before = riverside.calls("/jwks")
    assert send(publisher, riverside, "1") == BELIEVED
    assert send(publisher, riverside, "2") == BELIEVED
    assert riverside.calls("/jwks") == before + 1
    second = open_hub(publisher.hub.settings, clock=clock)
    with second.reading() as uow:
        assert len(read_client(uow, publisher.client_id).jwks) == 1, "for all processes"
    second.close()
    riverside.rotate_key(keep_old=False)
    assert send(publisher, riverside, "3") == BELIEVED
    assert riverside.calls("/jwks") == before + 2
    clock.advance(seconds=FRESH.total_seconds() + 60)
    assert send(publisher, riverside, "4") == BELIEVED
    assert riverside.calls("/jwks") == before + 3


def test_unknown_keys_make_the_hub_ask_once_a_minute(publisher: Downstream, riverside: Idp) -> None:
    assert send(publisher, riverside, "1") == BELIEVED
    before = riverside.calls("/jwks")
    record = Record(publisher.hub)
    for jti in "234":
        assert send(publisher, riverside, jti, kid="invented") == REFUSED
    assert riverside.calls("/jwks") == before + 1
    assert record.changed_tables() == set()
    assert record.audit_since() == [("client_token", "refused", "assertion_key")] * 3
    assert send(publisher, riverside, "5", alg="PS256") == REFUSED, "the key says that it is for RS256"


def test_keys_without_a_name_are_fetched_again_when_a_signature_does_not_hold(
    publisher: Downstream, riverside: Idp
) -> None:
    assert send(publisher, riverside, "1", kid="") == BELIEVED
    riverside.rotate_key(keep_old=False)
    before = riverside.calls("/jwks")
    assert send(publisher, riverside, "2", kid="") == BELIEVED
    riverside.rotate_key(keep_old=False)
    assert [send(publisher, riverside, jti, kid="") for jti in "34"] == [REFUSED] * 2, "once a minute"
    assert riverside.calls("/jwks") == before + 1


def test_a_client_that_is_down_is_believed_by_what_is_kept_and_by_nothing_else(
    publisher: Downstream, riverside: Idp, clock: SettableClock
) -> None:
    riverside.faults.switch("jwks_500")
    record = Record(publisher.hub)
    before = riverside.calls("/jwks")
    assert [send(publisher, riverside, jti) for jti in "12"] == [REFUSED] * 2
    assert riverside.calls("/jwks") == before + 1, "once a minute"
    assert record.audit_since() == [("client_token", "refused", "assertion_keys_unreachable")] * 2
    riverside.faults.switch()
    clock.advance(seconds=61)
    assert send(publisher, riverside, "3") == BELIEVED
    riverside.faults.switch("jwks_500")
    clock.advance(seconds=STALE.total_seconds() - 60)
    assert send(publisher, riverside, "4") == BELIEVED
    clock.advance(seconds=120)
    assert send(publisher, riverside, "5") == REFUSED


def test_keys_of_another_address_are_forgotten_and_the_trial_shows_what_there_is(
    publisher: Downstream, riverside: Idp, tess: str
) -> None:
    exchange = try_client(publisher.hub, publisher.client_id, tess)
    kid = str(provider_of(riverside.app).keys.current.kid)
    assert [step.outcome for step in exchange.steps if kid in str(step.received)] == ["done"]
    with publisher.hub.unit_of_work() as uow:
        assert len(read_client(uow, publisher.client_id).jwks) == 1
        update_client(uow, publisher.client_id, jwks_uri="https://lms.example.com/other")
        assert read_client(uow, publisher.client_id).jwks == ()


def test_wb3_keys_at_an_inner_address_are_not_fetched(publisher: Downstream, riverside: Idp) -> None:
    with publisher.hub.unit_of_work() as uow:
        update_client(uow, publisher.client_id, jwks_uri="https://169.254.169.254/jwks")
    assert send(publisher, riverside, "1") == REFUSED
