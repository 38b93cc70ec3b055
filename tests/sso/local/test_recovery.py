"""Getting back in: the same for every address, once, and everybody else is out."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.clock import SettableClock
from hub.errors import HubError
from hub.journal.tables import outbox
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso.local import recovery
from hub.sso.local.opening import begin_passkey, look, open_with_passkey, open_with_password
from hub.sso.local.recovery import ask_to_recover
from hub.sso.local.sign_in import Arrival
from hub.sso.local.tables import recovery_request
from tests.sso.local.rig import BROWSER, EMAIL, HERE, PASSWORD, Local, Record, code_of

NEWER = "green door behind seven hills"


def recover(local: Local, email: str = EMAIL) -> str:
    """The code in the mail."""
    ask_to_recover(local.hub, email, HERE)
    open_worker(local.hub).drain()
    return code_of(local.mails()[-1]["text"])


def use(local: Local, code: str, password: str = NEWER) -> str:
    return open_with_password(local.hub, "recovery", code, password, HERE, Arrival()).token


def test_the_mail_opens_the_account_and_everybody_else_is_out(local: Local, clock: SettableClock) -> None:
    local.account(verified=False)
    thief = local.type_password()
    token = use(local, recover(local))
    assert local.session(token)
    assert local.session(thief) is None
    assert local.accounts()[0].verified_at == clock.now()
    assert local.session(local.type_password(NEWER))
    with pytest.raises(HubError):
        local.type_password(PASSWORD)
    assert local.mails()[-1]["subject"] == "Your account at the training hub was changed"


def test_ln4_what_opened_an_account_before_its_address_was_proved_opens_it_no_more(local: Local) -> None:
    device = local.passkey()  # with the code that was handed over: perhaps of whoever invited
    use(local, recover(local))
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "passkey_unknown"
    mine = local.person("Boris", "boris@riverside.example")
    local.account(mine, "boris@riverside.example")
    use(local, recover(local, "boris@riverside.example"))
    assert local.session(local.type_password(NEWER, "boris@riverside.example"))


def test_a_passkey_takes_the_place_of_the_lost_password(local: Local, hub: Hub) -> None:
    local.account()
    code, device = recover(local), local.authenticator()
    answer = device.create(begin_passkey(hub, "recovery", code, BROWSER, HERE))
    open_with_passkey(hub, "recovery", code, BROWSER, answer, HERE, Arrival())
    assert local.session(local.sign_in(device))
    with pytest.raises(HubError):
        local.type_password()


def test_it_works_once_and_for_an_hour(local: Local, clock: SettableClock) -> None:
    local.account()
    code = recover(local)
    use(local, code)
    late = recover(local)
    clock.advance(seconds=3600)
    for old, reason in ((code, "link_used"), (late, "link_expired")):
        record = Record(local.hub)
        with pytest.raises(HubError) as refused:
            use(local, old)
        assert refused.value.status == 410
        record.assert_refused(reason)


def test_a_newer_mail_takes_the_place_of_an_older_one(local: Local) -> None:
    local.account()
    first, second = recover(local), recover(local)
    with pytest.raises(HubError) as refused:
        look(local.hub, "recovery", first, HERE)
    assert refused.value.code == "link_revoked"
    assert use(local, second)


def test_wb9_known_and_unknown_addresses_are_the_same_to_whoever_asks(local: Local, hub: Hub) -> None:
    local.account()
    seen = []
    for email in (EMAIL, "nobody@riverside.example"):
        statements: list[str] = []
        listener = (hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))  # noqa: B023
        sa.event.listen(*listener)
        ask_to_recover(hub, email, HERE)
        sa.event.remove(*listener)
        seen.append(statements)
    assert seen[0] == seen[1]
    open_worker(hub).drain()
    assert [mail["to"] for mail in local.mails()] == [EMAIL]


def test_no_address_stays_behind(local: Local, hub: Hub) -> None:
    local.account()
    for email in (EMAIL, "nobody@riverside.example"):
        ask_to_recover(hub, email, HERE)
    open_worker(hub).drain()
    with hub.reading() as uow:
        assert uow.connection.execute(sa.select(recovery_request)).all() == []
        assert "@" not in repr(uow.connection.scalars(sa.select(outbox.c.body)).all())


@pytest.mark.parametrize("email", ["", "no address", "x@\0.example", "x" * 9000, "\ud800@x.example"])
def test_what_is_no_address_gets_no_mail(local: Local, hub: Hub, email: str) -> None:
    ask_to_recover(hub, email, HERE)
    open_worker(hub).drain()
    assert local.mails() == []


def test_an_account_that_nobody_opened_is_not_recovered(local: Local, hub: Hub) -> None:
    local.invite()
    ask_to_recover(hub, EMAIL, HERE)
    open_worker(hub).drain()
    assert [mail["subject"] for mail in local.mails()] == ["You are invited to the training hub"]


def test_wb9_nobodys_mailbox_is_filled(local: Local, hub: Hub, clock: SettableClock) -> None:
    local.account()
    for network in range(6):
        ask_to_recover(hub, EMAIL, f"198.51.100.{network}")
    open_worker(hub).drain()
    assert len(local.mails()) == 3
    clock.advance(seconds=timedelta(hours=1).total_seconds())
    recover(local)
    assert len(local.mails()) == 4


def test_wb9_one_network_cannot_ask_for_ever(hub: Hub, local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "FROM_NETWORK", Limit("recovery", 2, 900))
    for number in range(2):
        ask_to_recover(hub, f"p{number}@riverside.example", HERE)
    with pytest.raises(HubError) as refused:
        ask_to_recover(hub, "p3@riverside.example", HERE)
    assert refused.value.status == 429
