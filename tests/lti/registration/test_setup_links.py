"""Setup links: one partner, one browser, some days, once."""

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from hub.clock import SettableClock
from hub.errors import BadInput, HubError, Missing
from hub.ids import new_id
from hub.network.systems.connections import create_connection
from hub.network.systems.setup_links import (
    LinkRefused,
    NewLink,
    SetupLink,
    attach_connection,
    claim_setup_link,
    finish_setup_link,
    list_setup_links,
    make_setup_link,
    peek_setup_link,
    read_setup_link,
    revoke_setup_link,
)
from tests.lti.registration.desk import Desk

BROWSER, OTHER = "browser-secret-1", "browser-secret-2"


def test_link_is_claimed_and_finished_in_one_browser(desk: Desk, clock: SettableClock) -> None:
    link = _make(desk)
    assert link.address.startswith(f"{desk.base}/setup/")
    with desk.hub.reading() as uow:
        assert peek_setup_link(uow, _code(link)).state(uow.now) == "open"
    claimed = _claim(desk, link)
    assert (claimed.id, claimed.partner_id, claimed.parts) == (
        link.id,
        desk.partners["riverside"],
        ("tool", "platform"),
    )
    assert claimed.state(clock.now()) == "claimed"
    assert _claim(desk, link) == claimed  # the same browser comes back
    connection_id = _connect(desk, "west", "riverside")
    with desk.hub.unit_of_work() as uow:
        attach_connection(uow, link.id, connection_id)
        finish_setup_link(uow, _code(link), BROWSER)
        done = read_setup_link(uow, link.id)
        assert [each.id for each in list_setup_links(uow, desk.partners["riverside"])] == [link.id]
        assert list_setup_links(uow, desk.partners["lakeside"]) == []
    assert (done.state(clock.now()), done.connection_id) == ("finished", connection_id)


@pytest.mark.requirement("LN8")
def test_ln8_unknown_link(desk: Desk) -> None:
    _make(desk)
    with pytest.raises(Missing) as refusal, desk.hub.unit_of_work() as uow:
        claim_setup_link(uow, "x" * 43, BROWSER)
    assert (refusal.value.code, refusal.value.status) == ("unknown_link", 404)


@pytest.mark.requirement("LN8")
def test_ln8_expired_link(desk: Desk, clock: SettableClock) -> None:
    link = _make(desk, days=1)
    clock.advance(days=1)
    _refused(desk, link, "link_expired", 410)


@pytest.mark.requirement("LN8")
def test_ln8_reused_link(desk: Desk) -> None:
    link = _make(desk)
    with desk.hub.unit_of_work() as uow:
        finish_setup_link(
            uow, _code(link), BROWSER, create_connection(uow, "west", "lms", "West", _mine(desk))
        )
    _refused(desk, link, "link_used", 410)


@pytest.mark.requirement("LN8")
def test_ln8_revoked_link(desk: Desk) -> None:
    link = _make(desk)
    _claim(desk, link)
    with desk.hub.unit_of_work() as uow:
        revoke_setup_link(uow, link.id, None)
        revoke_setup_link(uow, link.id, None)  # once more changes nothing
    _refused(desk, link, "link_revoked", 410)


@pytest.mark.requirement("LN8")
def test_ln8_link_in_another_browser(desk: Desk) -> None:
    link = _make(desk)
    _claim(desk, link)
    _refused(desk, link, "link_of_another_browser", 403, browser=OTHER)


@pytest.mark.requirement("LN8")
def test_ln8_browser_without_a_secret(desk: Desk) -> None:
    _refused(desk, _make(desk), "link_of_another_browser", 403, browser="")


@pytest.mark.requirement("LN8")
def test_ln8_connection_of_another_partner(desk: Desk) -> None:
    link = _make(desk)
    _claim(desk, link)
    for slug, partner in (("east", "lakeside"), ("shared", None)):
        connection_id = _connect(desk, slug, partner)

        def finish(connection_id: str = connection_id) -> None:
            with desk.hub.unit_of_work() as uow:
                finish_setup_link(uow, _code(link), BROWSER, connection_id)

        _raises(desk, finish, "link_of_another_partner", 403)


@pytest.mark.requirement("LN8")
def test_ln8_registration_for_another_partner(desk: Desk) -> None:
    link = _make(desk)
    _raises(
        desk,
        lambda: desk.open(setup_link_id=link.id, partner_id=desk.partners["lakeside"]),
        "link_of_another_partner",
        403,
    )


@pytest.mark.requirement("LN8")
def test_ln8_link_for_a_platform_connects_no_tool(desk: Desk) -> None:
    link = _make(desk, parts=("platform",))
    _raises(desk, lambda: desk.open(setup_link_id=link.id), "link_for_something_else", 403)


def test_of_twenty_browsers_one_keeps_the_link(desk: Desk) -> None:
    link = _make(desk)
    outcomes: list[str] = []

    def claim(number: int) -> None:
        try:
            _claim(desk, link, f"browser-{number}")
            outcomes.append("claimed")
        except HubError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["claimed", *["link_of_another_browser"] * 19]


def test_nothing_connected_is_not_finished(desk: Desk) -> None:
    link = _make(desk)
    with pytest.raises(BadInput, match="Nothing has been connected"), desk.hub.unit_of_work() as uow:
        finish_setup_link(uow, _code(link), BROWSER)


def test_wrong_links_are_not_made(desk: Desk) -> None:
    for wrong in (
        {"parts": ("idp",)},
        {"parts": ()},
        {"name": " "},
        {"name": "x" * 256},
        {"days": 0},
        {"days": 91},
    ):
        with pytest.raises(BadInput):
            _make(desk, **wrong)
    with pytest.raises(Missing):
        _make(desk, partner_id=new_id())


def test_secrets_of_a_link_stand_nowhere(desk: Desk) -> None:
    link = _make(desk)
    _claim(desk, link)
    code = _code(link)
    with desk.hub.reading() as uow:
        for table in ("setup_link", "change", "audit"):
            rows = str(uow.connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert code not in rows
            assert BROWSER not in rows


def _make(desk: Desk, **more: object) -> NewLink:
    values: dict[str, object] = {
        "partner_id": _mine(desk),
        "parts": ("tool", "platform"),
        "name": "West",
        "created_by": None,
        **more,
    }
    with desk.hub.unit_of_work() as uow:
        return make_setup_link(uow, **values)  # type: ignore[arg-type]


def _mine(desk: Desk) -> str:
    return desk.partners["riverside"]


def _connect(desk: Desk, slug: str, partner: str | None) -> str:
    with desk.hub.unit_of_work() as uow:
        return create_connection(uow, slug, "lms", slug, desk.partners[partner] if partner else None)


def _code(link: NewLink) -> str:
    return urlsplit(link.address).path.rpartition("/")[2]


def _claim(desk: Desk, link: NewLink, browser: str = BROWSER) -> SetupLink:
    with desk.hub.unit_of_work() as uow:
        return claim_setup_link(uow, _code(link), browser)


def _refused(desk: Desk, link: NewLink, code: str, status: int, browser: str = BROWSER) -> None:
    _raises(desk, lambda: _claim(desk, link, browser), code, status)


def _raises(desk: Desk, call: Callable[[], object], code: str, status: int) -> None:
    record = desk.record()
    with pytest.raises(LinkRefused) as refusal:
        call()
    assert (refusal.value.code, refusal.value.status) == (code, status)
    record.assert_nothing()  # the page that asked writes the audit row
