"""Passkeys: what opens an account, and every answer that does not."""

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from webauthn.helpers import bytes_to_base64url

from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import HubError
from hub.runtime import Hub
from hub.sso.local.opening import begin_passkey, open_with_passkey
from hub.sso.local.passkeys import KeptPasskey, challenge_of, is_possible, verify_known, verify_new
from hub.sso.local.sign_in import Arrival, sign_in_with_passkey
from hub.sso.local.sign_in import begin_passkey as begin_sign_in
from hub.sso.local.tables import passkey_challenge
from hub.testing.authenticator import PRESENT, VERIFIED, Authenticator
from tests.sso.local.rig import BROWSER, HERE, Local, Record


def test_an_invitation_makes_a_passkey_and_it_opens_the_account(local: Local) -> None:
    device = local.passkey()
    session = local.session(local.sign_in(device))
    assert session
    assert (session.person_id, session.acr) == (local.tess, "passkey")
    assert len(local.accounts()) == 1


def test_wb2_the_session_changes_with_each_sign_in_and_the_old_one_ends(local: Local) -> None:
    device = local.passkey()
    first = local.sign_in(device)
    second = local.sign_in(device, old_session=first)
    assert second != first
    assert local.session(first) is None
    assert local.session(second)


def test_passkeys_that_many_devices_share_do_not_count(local: Local) -> None:
    device = local.passkey()
    device.counts = False
    local.sign_in(device)
    assert local.session(local.sign_in(device))


SETTINGS = Settings(secret_key="only-for-tests-0123456789abcdefghij", public_url="https://hub.example.com")
ACCOUNT = "0190b0a0-0000-7000-8000-000000000000"
CHALLENGE = b"c" * 32
ASKED_FOR_NEW = json.dumps(
    {"challenge": bytes_to_base64url(CHALLENGE), "user": {"id": bytes_to_base64url(ACCOUNT.encode())}}
)
ASKED = json.dumps({"challenge": bytes_to_base64url(CHALLENGE)})
Wrong = tuple[Callable[[Authenticator], None], dict[str, Any]]
WRONG: dict[str, Wrong] = {
    "of another site": (lambda d: setattr(d, "origin", "https://evil.example"), {}),
    "of plain http": (lambda d: setattr(d, "origin", "http://hub.example.com"), {}),
    "for another site": (lambda d: setattr(d, "rp_id", "evil.example"), {}),
    "nobody verified": (lambda d: setattr(d, "flags", PRESENT), {}),
    "nobody there": (lambda d: setattr(d, "flags", VERIFIED), {}),
    "made for something else": (lambda d: None, {"type": "webauthn.none"}),
    "another challenge": (lambda d: None, {"challenge": "AAAA"}),
}
WRONG_KNOWN: dict[str, Wrong] = {
    "another key": (lambda d: setattr(d, "key", Authenticator("", "").key), {}),
    "another account": (lambda d: setattr(d, "user_handle", "AAAA"), {}),
}


def test_what_a_device_makes_is_what_it_proves_later() -> None:
    device = Authenticator("https://hub.example.com", "hub.example.com")
    new = verify_new(SETTINGS, device.create(ASKED_FOR_NEW), CHALLENGE)
    kept = KeptPasskey("id", ACCOUNT, new.public_key)
    assert new.transports == ["internal"]
    assert verify_known(SETTINGS, device.get(ASKED), CHALLENGE, kept) == 1


@pytest.mark.parametrize("wrong", [*WRONG, *WRONG_KNOWN])
def test_wb9_an_answer_that_proves_nothing(wrong: str) -> None:
    device = Authenticator("https://hub.example.com", "hub.example.com")
    new = verify_new(SETTINGS, device.create(ASKED_FOR_NEW), CHALLENGE)
    spoil, told = {**WRONG, **WRONG_KNOWN}[wrong]
    spoil(device)
    with pytest.raises(HubError) as refused:
        verify_known(
            SETTINGS, device.get(ASKED, **told), CHALLENGE, KeptPasskey("id", ACCOUNT, new.public_key)
        )
    assert refused.value.code == "passkey_not_verified"


@pytest.mark.parametrize("wrong", WRONG)
def test_wb9_a_new_passkey_that_proves_nothing(wrong: str) -> None:
    device = Authenticator("https://hub.example.com", "hub.example.com")
    spoil, told = WRONG[wrong]
    spoil(device)
    with pytest.raises(HubError) as refused:
        verify_new(SETTINGS, device.create(ASKED_FOR_NEW, **told), CHALLENGE)
    assert refused.value.code == "passkey_not_verified"


def test_a_passkey_that_is_signed_for_somebody_else_is_not_used(local: Local) -> None:
    device = local.passkey()
    device.origin = "https://evil.example"
    record = Record(local.hub)
    with pytest.raises(HubError):
        local.sign_in(device)
    record.assert_refused("passkey_not_verified")


@pytest.mark.parametrize("count", [6, 5, 0])
def test_a_copy_is_found_by_its_count(local: Local, count: int) -> None:
    device = local.passkey()
    device.sign_count = 5
    local.sign_in(device)
    device.sign_count, device.counts = count, False
    record = Record(local.hub)
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "passkey_copied"
    record.assert_refused("passkey_copied")


def test_an_unknown_passkey(local: Local) -> None:
    device = local.passkey()
    device.credential_id = b"x" * 32
    record = Record(local.hub)
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "passkey_unknown"
    record.assert_refused("passkey_unknown")


@pytest.mark.parametrize("told", [None, 7, ["x"], {}])
def test_an_answer_without_a_challenge(told: object) -> None:
    device = Authenticator("https://hub.example.com", "hub.example.com")
    with pytest.raises(HubError) as refused:
        challenge_of(device.get(ASKED, challenge=told))
    assert refused.value.code == "bad_passkey_answer"


@pytest.mark.parametrize(
    "address, possible",
    [
        ("https://hub.example.com", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("http://[::1]:8000", False),
    ],
)
def test_browsers_bind_passkeys_to_names_alone(address: str, possible: bool) -> None:
    assert is_possible(SETTINGS.model_copy(update={"public_url": address})) is possible


def test_a_challenge_works_once_also_when_it_failed(local: Local) -> None:
    device = local.passkey()
    asked = begin_sign_in(local.hub, BROWSER, HERE)
    wrong = device.get(asked, origin="https://evil.example")
    right = device.get(asked)
    for answer, reason in ((wrong, "passkey_not_verified"), (right, "passkey_late")):
        with pytest.raises(HubError) as refused:
            sign_in_with_passkey(local.hub, BROWSER, answer, HERE, Arrival())
        assert refused.value.code == reason


def test_a_used_answer_is_refused_in_another_process_too(local: Local) -> None:
    from hub.app import open_hub

    device, other = local.passkey(), open_hub(local.hub.settings, clock=local.hub.clock)
    answer = device.get(begin_sign_in(local.hub, BROWSER, HERE))
    sign_in_with_passkey(other, BROWSER, answer, HERE, Arrival())
    record = Record(local.hub)
    with pytest.raises(HubError):
        sign_in_with_passkey(local.hub, BROWSER, answer, HERE, Arrival())
    record.assert_refused("passkey_late")
    other.close()


def test_of_two_answers_at_once_one_signs_in(local: Local) -> None:
    device = local.passkey()
    answer = device.get(begin_sign_in(local.hub, BROWSER, HERE))
    barrier, results = Barrier(2), []

    def run() -> None:
        barrier.wait()
        try:
            sign_in_with_passkey(local.hub, BROWSER, answer, HERE, Arrival())
            results.append("in")
        except HubError as error:
            results.append(error.code)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "passkey_late"]


@pytest.mark.parametrize("browser, later", [("another browser", 0), (BROWSER, 301)])
def test_a_challenge_of_another_browser_or_time(
    local: Local, clock: SettableClock, browser: str, later: int
) -> None:
    device = local.passkey()
    answer = device.get(begin_sign_in(local.hub, BROWSER, HERE))
    clock.advance(seconds=later)
    record = Record(local.hub)
    with pytest.raises(HubError):
        sign_in_with_passkey(local.hub, browser, answer, HERE, Arrival())
    record.assert_refused("passkey_late")


def test_a_challenge_for_signing_in_makes_no_passkey(local: Local) -> None:
    code, device = local.invite(), local.authenticator()
    options = begin_passkey(local.hub, "invitation", code, BROWSER, HERE)
    answer = device.create(options)
    challenge = begin_sign_in(local.hub, BROWSER, HERE)
    told = device.create(options, challenge=json.loads(challenge)["challenge"])
    with pytest.raises(HubError) as refused:
        open_with_passkey(local.hub, "invitation", code, BROWSER, told, HERE, Arrival())
    assert refused.value.code == "passkey_late"
    assert open_with_passkey(local.hub, "invitation", code, BROWSER, answer, HERE, Arrival()).token


JUNK: tuple[Any, ...] = (None, 7, "", "€", "\ud800", "\0", "AAAA", [], {}, "A" * 5000)


def _paths(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if isinstance(value, dict):
        return [path, *(p for key, inner in value.items() for p in _paths(inner, (*path, key)))]
    return [path]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_nothing_that_is_no_answer_breaks_the_hub(local: Local) -> None:
    device = local.passkey()
    answer = device.get(begin_sign_in(local.hub, BROWSER, HERE))
    codes = set()
    for path in _paths(answer)[1:]:
        for junk in JUNK:
            broken = copy.deepcopy(answer)
            inner = broken
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = junk
            local.hub.clock.advance(seconds=60)  # type: ignore[attr-defined]
            options = begin_sign_in(local.hub, BROWSER, HERE)
            if path != ("response", "clientDataJSON"):
                broken_client = device.get(options)["response"]["clientDataJSON"]
                if isinstance(broken.get("response"), dict):
                    broken["response"]["clientDataJSON"] = broken_client
            with pytest.raises(HubError) as refused:
                sign_in_with_passkey(local.hub, BROWSER, broken, HERE, Arrival())
            codes.add(refused.value.code)
    assert codes <= {"passkey_not_verified", "bad_passkey_answer", "passkey_unknown", "passkey_late"}


def test_a_passkey_opens_one_account_only(local: Local, hub: Hub) -> None:
    device = local.passkey()
    boris = local.person("Boris", "boris@riverside.example")
    code = local.invite(boris)
    answer = device.create(begin_passkey(hub, "invitation", code, BROWSER, HERE))
    record = Record(hub)
    with pytest.raises(HubError):
        open_with_passkey(hub, "invitation", code, BROWSER, answer, HERE, Arrival())
    record.assert_refused("passkey_taken")


def test_ln5_whoever_is_switched_off_does_not_get_in(local: Local, hub: Hub) -> None:
    from hub.network.people.provision import set_disabled

    device = local.passkey()
    token = local.sign_in(device)
    with hub.unit_of_work() as uow:
        set_disabled(uow, local.tess, disabled=True, reason="left")
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "person_disabled"
    assert local.session(token) is None


def test_challenges_are_gone_after_a_day(local: Local, hub: Hub, clock: SettableClock) -> None:
    from hub.app import open_worker

    begin_sign_in(hub, BROWSER, HERE)
    clock.advance(seconds=timedelta(days=2).total_seconds())
    open_worker(hub).remove_expired()
    with hub.reading() as uow:
        assert uow.connection.execute(passkey_challenge.select()).all() == []
