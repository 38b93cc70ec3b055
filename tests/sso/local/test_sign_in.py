"""Signing in with a password: what opens an account, what does not, and how often one may try."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hub.clock import SettableClock
from hub.errors import HubError
from hub.limits import Limit
from hub.network.people.provision import change_details, set_disabled
from hub.network.systems.connections import set_connection_disabled
from hub.network.tables import person
from hub.runtime import Hub
from hub.sso.local import sign_in
from hub.sso.local.accounts import clean_email, connect_account, is_unproved, open_account
from hub.sso.local.passwords import is_outdated
from hub.sso.local.tables import local_password
from tests.sso.local.rig import EMAIL, PASSWORD, Local, Record


def refuse(local: Local, reason: str, typing: Callable[[], object]) -> None:
    record = Record(local.hub)
    with pytest.raises(HubError) as refused:
        typing()
    assert refused.value.code == reason
    record.assert_refused(reason)


def test_the_password_opens_the_account(local: Local) -> None:
    account = local.account()
    session = local.session(local.type_password(email="  Tess@RIVERSIDE.example "))
    assert session
    assert (session.person_id, session.connection_id) == (local.tess, account.connection_id)
    assert session.acr == "password"


def test_wb2_the_session_changes_with_each_sign_in(local: Local) -> None:
    local.account()
    first = local.type_password()
    second = local.type_password(old=first)
    assert (local.session(first), bool(local.session(second))) == (None, True)


@pytest.mark.parametrize(
    "email, password",
    [
        (EMAIL, "purple lamp over rivers"),
        (EMAIL, ""),
        ("nobody@riverside.example", PASSWORD),
        ("", PASSWORD),
        ("tess", PASSWORD),
        ("tess@riverside.example\0", PASSWORD),
        ("%@riverside.example", PASSWORD),
    ],
)
def test_wb9_everything_else_gets_one_answer(local: Local, email: str, password: str) -> None:
    local.account()
    refuse(local, "wrong_password", lambda: local.type_password(password, email))


def test_wb9_known_and_unknown_addresses_take_the_same_statements(local: Local, hub: Hub) -> None:
    local.account()
    seen = []
    for email in (EMAIL, "nobody@riverside.example"):
        statements: list[str] = []
        listener = (hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))  # noqa: B023
        sa.event.listen(*listener)
        with pytest.raises(HubError):
            local.type_password("wrong password here", email)
        sa.event.remove(*listener)
        seen.append(statements)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("email", [EMAIL, "nobody@riverside.example"])
def test_wb9_after_20_wrong_passwords_comes_429(
    local: Local, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    monkeypatch.setattr(sign_in, "is_right", lambda *_: False)  # what takes long is tried above
    local.account()
    record = Record(local.hub)
    answers = []
    for _ in range(23):
        with pytest.raises(HubError) as refused:
            local.type_password("wrong password here", email)
        answers.append((refused.value.status, refused.value.code))
    assert answers == [(403, "wrong_password")] * 20 + [(429, "too_many_passwords")] * 3
    wrong, many = ("sign_in", "refused", "wrong_password"), ("sign_in", "refused", "too_many_passwords")
    assert record.audit_since() == [wrong] * 20 + [many]
    assert record.changed_tables() == set()


def test_wb9_the_owner_gets_in_from_elsewhere_and_after_a_while(
    local: Local, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "OF_ACCOUNT", Limit("password_of_account", 1, 900))
    local.account()
    with pytest.raises(HubError):
        local.type_password("wrong password here", address="198.51.100.7")
    with pytest.raises(HubError) as refused:
        local.type_password(address="198.51.100.7")
    assert refused.value.code == "too_many_passwords"
    assert local.session(local.type_password(address="192.0.2.1"))
    clock.advance(seconds=900)
    assert local.session(local.type_password(address="198.51.100.7"))


def test_wb9_guessing_from_everywhere_is_slowed_down_and_passkeys_go_on(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = local.passkey()
    local.account()
    monkeypatch.setattr(sign_in, "OF_ACCOUNT_EVERYWHERE", Limit("password_everywhere", 2, 900))
    codes = []
    for last in range(4):
        with pytest.raises(HubError) as refused:
            local.type_password("wrong password here", address=f"198.51.100.{last}")
        codes.append(refused.value.code)
    assert codes == ["wrong_password"] * 2 + ["too_many_passwords"] * 2
    assert local.session(local.sign_in(device))


def test_wb9_web_processes_count_together(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.app import open_hub

    monkeypatch.setattr(sign_in, "OF_ACCOUNT", Limit("password_of_account", 1, 900))
    local.account()
    other = open_hub(local.hub.settings, clock=local.hub.clock)
    there = Local(other, local.partner_id, local.tess)
    assert there.type_password()
    with pytest.raises(HubError) as refused:
        local.type_password()
    assert refused.value.code == "too_many_passwords"
    other.close()


def test_wb9_one_network_is_limited_whatever_it_asks(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "FROM_NETWORK", Limit("local_sign_in", 1, 60))
    local.account()
    assert local.type_password()
    with pytest.raises(HubError) as refused:
        local.type_password(email="other@riverside.example")
    assert (refused.value.status, refused.value.code) == (429, "too_many_requests")


def test_old_parameters_are_replaced_when_somebody_signs_in(local: Local, hub: Hub) -> None:
    account = local.account()
    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(local_password).values(hash=old))
    with pytest.raises(HubError):
        local.type_password("wrong password here")
    for _ in range(2):
        assert local.session(local.type_password())
        with hub.reading() as uow:
            kept = uow.find(local_password, account_id=account.id).hash
        assert not is_outdated(kept)


def test_ln5_whoever_is_switched_off_does_not_get_in(local: Local, hub: Hub) -> None:
    local.account()
    token = local.type_password()
    with hub.unit_of_work() as uow:
        set_disabled(uow, local.tess, disabled=True, reason="left")
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        local.type_password()
    assert refused.value.code == "person_disabled"
    assert record.audit_since() == [("sign_in", "refused", "person_disabled")]
    assert local.session(token) is None


def test_accounts_of_a_partner_are_switched_off_together(local: Local, hub: Hub) -> None:
    account = local.account()
    with hub.unit_of_work() as uow:
        set_connection_disabled(uow, account.connection_id, disabled=True)
    refuse(local, "connection_disabled", local.type_password)


def test_whoever_left_the_partner_does_not_get_in(local: Local, hub: Hub) -> None:
    local.account()
    other = local.partner("Lakeside Cars")
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(person).values(partner_id=other))
    refuse(local, "left_partner", local.type_password)


def test_ln4_an_account_whose_address_nobody_proved_is_not_one_to_link(local: Local, hub: Hub) -> None:
    def unproved() -> bool:
        with hub.reading() as uow:
            return is_unproved(uow, local.tess)

    assert not unproved()
    with hub.unit_of_work() as uow:
        open_account(uow, local.partner_id, local.tess, EMAIL)
    assert not unproved()  # nothing opens it
    account = local.account(verified=False)
    assert unproved()
    assert local.session(local.type_password())
    with hub.unit_of_work() as uow:
        connect_account(uow, account, proved_address=True)
    assert not unproved()
    with hub.unit_of_work() as uow:
        change_details(uow, local.tess, email="tess.okafor@riverside.example")
        assert open_account(uow, local.partner_id, local.tess, "new@riverside.example").verified_at is None
    assert unproved()


@pytest.mark.parametrize(
    "email", ["", "x", "@y.example", "x@", "x@y", "a b@y.example", "x@y@z.example", "x@" + "y" * 330]
)
def test_what_is_no_address(email: str) -> None:
    with pytest.raises(HubError) as refused:
        clean_email(email)
    assert refused.value.code == "bad_email"
