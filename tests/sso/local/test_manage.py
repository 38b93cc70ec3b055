"""What the owner changes about the own account, and that nobody else can."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.clock import SettableClock
from hub.errors import HubError
from hub.runtime import Hub
from hub.sso.erase_person import count_of_person as count_all
from hub.sso.erase_person import erase_person as erase_all
from hub.sso.local import manage
from hub.sso.local.accounts import local_connection
from hub.sso.local.erase_person import count_of_person, erase_person
from hub.sso.local.recovery import ask_to_recover
from hub.sso.local.register import register
from hub.sso.local.registration_pages import set_page
from hub.sso.local.tables import recovery_request, self_registration
from hub.sso.onboarding.contacts import add_contact
from hub.sso.onboarding.tables import connection_contact
from hub.sso.sessions import Session
from tests.sso.local.rig import BROWSER, EMAIL, HERE, PASSWORD, Local, Record

NEWER = "green door behind seven hills"
UNDER_ADDRESS = (connection_contact, self_registration, recovery_request)


def signed_in(local: Local) -> Session:
    session = local.session(local.type_password())
    assert session
    return session


def refuse(local: Local, reason: str, do: Callable[[], object]) -> HubError:
    record = Record(local.hub)
    with pytest.raises(HubError) as refused:
        do()
    assert refused.value.code == reason
    record.assert_refused(reason, "account")
    return refused.value


def test_another_password_signs_everybody_else_out(local: Local, hub: Hub) -> None:
    account, elsewhere = local.account(), local.type_password()
    token = local.type_password()
    session = local.session(token)
    assert session
    manage.change_password(hub, session, account.id, PASSWORD, NEWER, HERE)
    assert (local.session(elsewhere), bool(local.session(token))) == (None, True)
    assert local.session(local.type_password(NEWER))
    assert local.mails()[-1]["subject"] == "Your account at the training hub was changed"


def test_the_present_password_is_needed_and_cannot_be_guessed(local: Local, hub: Hub) -> None:
    account = local.account()
    session = signed_in(local)

    def change() -> None:
        manage.change_password(hub, session, account.id, "wrong", NEWER, HERE)

    error = refuse(local, "wrong_present", change)
    assert [problem.place for problem in error.problems] == ["present"]
    for _ in range(20):
        with pytest.raises(HubError) as refused:
            change()
    assert refused.value.code == "too_many_passwords"


def test_a_weak_password_changes_nothing(local: Local, hub: Hub) -> None:
    account = local.account()
    session = signed_in(local)
    refuse(
        local,
        "weak_password",
        lambda: manage.change_password(hub, session, account.id, PASSWORD, "tess okafor 1", HERE),
    )


def test_passkeys_are_added_named_and_removed(local: Local, hub: Hub) -> None:
    account, device = local.account(), local.authenticator()
    session = signed_in(local)
    answer = device.create(manage.begin_passkey(hub, session, account.id, BROWSER))
    manage.add_passkey(hub, session, account.id, BROWSER, answer, "  My\nphone ")
    assert local.session(local.sign_in(device))
    with hub.reading() as uow:
        (ways,) = manage.read_own(uow, local.tess)
    (passkey,) = ways.passkeys
    assert (passkey.name, ways.has_password, ways.count) == ("My phone", True, 2)
    manage.rename_own_passkey(hub, session, account.id, passkey.id, "Old phone")
    manage.remove_own_passkey(hub, session, account.id, passkey.id)
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "passkey_unknown"


def test_the_last_way_in_stays(local: Local, hub: Hub) -> None:
    account = local.account()
    session = signed_in(local)
    refuse(local, "last_way_in", lambda: manage.forget_own_password(hub, session, account.id))
    device = local.authenticator()
    answer = device.create(manage.begin_passkey(hub, session, account.id, BROWSER))
    manage.add_passkey(hub, session, account.id, BROWSER, answer, "")
    manage.forget_own_password(hub, session, account.id)
    with hub.reading() as uow:
        (ways,) = manage.read_own(uow, local.tess)
    id = ways.passkeys[0].id
    refuse(local, "last_way_in", lambda: manage.remove_own_passkey(hub, session, account.id, id))
    assert local.session(local.sign_in(device))


def test_a_browser_left_signed_in_adds_no_way_in(local: Local, hub: Hub, clock: SettableClock) -> None:
    account = local.account()
    session = signed_in(local)
    clock.advance(seconds=timedelta(minutes=16).total_seconds())
    refuse(local, "sign_in_again", lambda: manage.begin_passkey(hub, session, account.id, BROWSER))
    refuse(local, "sign_in_again", lambda: manage.forget_own_password(hub, session, account.id))
    manage.change_password(hub, session, account.id, PASSWORD, NEWER, HERE)


def test_nobody_changes_the_account_of_somebody_else(local: Local, hub: Hub) -> None:
    local.account()
    session = signed_in(local)
    boris = local.person("Boris", "boris@riverside.example")
    other = local.account(boris, "boris@riverside.example")
    for do in (
        lambda: manage.begin_passkey(hub, session, other.id, BROWSER),
        lambda: manage.change_password(hub, session, other.id, PASSWORD, NEWER, HERE),
        lambda: manage.forget_own_password(hub, session, other.id),
        lambda: manage.rename_own_passkey(hub, session, other.id, other.id, "x"),
        lambda: manage.forget_own_password(hub, session, "no id"),
    ):
        refuse(local, "no_account", do)


@pytest.mark.parametrize("passkey_id", ["no id", "0190b0a0-0000-7000-8000-000000000000"])
def test_a_passkey_that_is_not_there(local: Local, hub: Hub, passkey_id: str) -> None:
    account = local.account()
    session = signed_in(local)
    refuse(local, "no_passkey", lambda: manage.remove_own_passkey(hub, session, account.id, passkey_id))


def test_20_passkeys_are_enough(local: Local, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.sso.local import passkeys

    monkeypatch.setattr(passkeys, "MAX_PASSKEYS", 1)
    account = local.account()
    session, device = signed_in(local), local.authenticator()
    answer = device.create(manage.begin_passkey(hub, session, account.id, BROWSER))
    manage.add_passkey(hub, session, account.id, BROWSER, answer, "")
    refuse(local, "too_many_passkeys", lambda: manage.begin_passkey(hub, session, account.id, BROWSER))


def test_erasing_somebody_leaves_no_account(local: Local, hub: Hub) -> None:
    local.passkey()
    local.account()
    local.account(local.person("Boris", "boris@riverside.example"), "boris@riverside.example")
    expected = {"passkeys": 1, "passwords": 1, "account links": 1, "accounts of the hub": 1}
    with hub.unit_of_work() as uow:
        assert count_of_person(uow, local.tess) == expected
        assert erase_person(uow, local.tess) == expected
        assert set(count_of_person(uow, local.tess).values()) == {0}
    assert local.accounts() == []
    assert local.session(local.type_password(email="boris@riverside.example"))


def test_r2_13_erasing_somebody_leaves_nothing_under_the_address(local: Local, hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        set_page(uow, local.partner_id, "riverside", is_open=True, actor_id=None)
        connection_id = local_connection(uow, local.partner_id)
        for email in (EMAIL, "boris@riverside.example"):
            add_contact(uow, connection_id, email)
    for email in (EMAIL.upper(), "boris@riverside.example"):
        form = {"given_name": "Tess", "family_name": "Okafor", "email": email, "about": ""}
        register(hub, "riverside", form, HERE)
        ask_to_recover(hub, email, HERE)
    expected = {
        "contacts of connections": 1,
        "registrations": 1,
        "requests to get back in": 1,
        "mails to the person's addresses": 1,
    }
    with hub.unit_of_work() as uow:
        assert count_all(uow, local.tess).items() >= expected.items()
        assert erase_all(uow, local.tess).items() >= expected.items()
        assert set(count_all(uow, local.tess).values()) == {0}
        left = [uow.connection.scalars(sa.select(table.c.email)).all() for table in UNDER_ADDRESS]
    assert left == [["boris@riverside.example"]] * 3
    assert [mail["to"] for mail in local.mails()] == ["boris@riverside.example"]
