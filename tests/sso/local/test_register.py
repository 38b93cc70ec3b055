"""Self-registration: asked, proved, decided by the partner, and nothing is left of who was refused."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.clock import SettableClock
from hub.errors import HubError
from hub.network.people.person import grant_role, read_person
from hub.runtime import Hub
from hub.sso.local.invite import list_invitations
from hub.sso.local.opening import open_with_password
from hub.sso.local.register import approve, confirm, list_waiting, look, refuse, register
from hub.sso.local.registration_pages import find_page, list_pages, set_page
from hub.sso.local.sign_in import FROM_NETWORK as LINKS_FROM_NETWORK
from hub.sso.local.sign_in import Arrival
from hub.sso.local.tables import self_registration
from tests.sso.local.rig import EMAIL, HERE, PASSWORD, Local, Record, code_of

BORIS = {
    "given_name": "Boris",
    "family_name": "Lind",
    "email": "Boris@Lind.example",
    "about": "Technician in Hilltop",
}
SLUG = "riverside-cars"


@pytest.fixture
def olga(local: Local, hub: Hub) -> str:
    """An operator; people may register at Riverside."""
    olga = local.person("Olga", "olga@riverside.example")
    with hub.unit_of_work() as uow:
        grant_role(uow, olga, "operator")
        set_page(uow, local.partner_id, "", is_open=True, actor_id=olga)
    return olga


def send(local: Local, **changes: str) -> str:
    """The code that was mailed."""
    register(local.hub, SLUG, {**BORIS, **changes}, HERE)
    return code_of(local.mails()[-1]["text"])


def waiting(local: Local) -> list[str]:
    with local.hub.reading() as uow:
        return [one.id for one in list_waiting(uow, None)]


def test_registered_confirmed_approved_and_in(local: Local, hub: Hub, olga: str) -> None:
    code = send(local)
    assert waiting(local) == []
    confirm(hub, SLUG, code, HERE)
    with hub.unit_of_work() as uow:
        (one,) = list_waiting(uow, frozenset({local.partner_id}))
        assert (one.name, one.email, one.partner) == ("Boris Lind", "boris@lind.example", "Riverside Cars")
        approve(uow, one.id, olga, None)
    assert waiting(local) == []
    mail = local.mails()[-1]
    assert (mail["to"], mail["subject"]) == ("boris@lind.example", "You are invited to the training hub")
    token = open_with_password(hub, "invitation", code_of(mail["text"]), PASSWORD, HERE, Arrival()).token
    session = local.session(token)
    assert session
    with hub.reading() as uow:
        assert read_person(uow, session.person_id).name == "Boris Lind"
        assert uow.connection.execute(sa.select(self_registration)).all() == []


def test_somebody_known_becomes_no_second_person(local: Local, hub: Hub, olga: str) -> None:
    confirm(hub, SLUG, send(local, email=EMAIL), HERE)
    with hub.unit_of_work() as uow:
        (one,) = list_waiting(uow, None)
        assert one.known == ((local.tess, "Tess Okafor"),)
        approve(uow, one.id, olga, None, person_id=local.tess)
        assert [each.person_id for each in list_invitations(uow, None)] == [local.tess]


def test_refused_and_forgotten(local: Local, hub: Hub, olga: str) -> None:
    code = send(local)
    confirm(hub, SLUG, code, HERE)
    with hub.unit_of_work() as uow:
        refuse(uow, list_waiting(uow, None)[0].id, olga, None)
        assert uow.connection.execute(sa.select(self_registration)).all() == []
    assert local.mails()[-1]["subject"] == "Your registration at the training hub"
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        look(hub, SLUG, code, HERE)
    assert refused.value.status == 404
    record.assert_refused("unknown_link", "self_registration")


def test_wb9_every_address_gets_the_same(local: Local, hub: Hub, olga: str) -> None:
    seen = []
    for email in (EMAIL, "nobody@riverside.example"):
        statements: list[str] = []
        listener = (hub.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))  # noqa: B023
        sa.event.listen(*listener)
        register(hub, SLUG, {**BORIS, "email": email}, HERE)
        sa.event.remove(*listener)
        seen.append(statements)
    assert seen[0] == seen[1]


def test_nobody_decides_about_another_partners_people(local: Local, hub: Hub, olga: str) -> None:
    confirm(hub, SLUG, send(local), HERE)
    (id,), other = waiting(local), frozenset({local.partner("Lakeside Cars")})
    with hub.reading() as uow:
        assert list_waiting(uow, other) == []
    for decide in (approve, refuse):
        with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
            decide(uow, id, olga, other)
        assert (refused.value.status, refused.value.code) == (404, "no_registration")
    assert waiting(local) == [id]


def test_of_two_who_decide_at_once_one_does(local: Local, hub: Hub, olga: str) -> None:
    confirm(hub, SLUG, send(local), HERE)
    (id,), barrier, results = waiting(local), Barrier(2), []

    def run() -> None:
        barrier.wait()
        try:
            with hub.unit_of_work() as uow:
                approve(uow, id, olga, None)
            results.append("approved")
        except HubError as error:
            results.append(error.code)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["approved", "no_registration"]


def test_codes_are_not_tried_without_end(local: Local, hub: Hub, olga: str) -> None:
    record = Record(hub)
    refused = []
    for n in range(LINKS_FROM_NETWORK.times + 3):
        with pytest.raises(HubError) as error:
            (look if n % 2 else confirm)(hub, SLUG, "x", HERE)
        refused.append(error.value.code)
    assert refused == ["unknown_link"] * LINKS_FROM_NETWORK.times + ["too_many_requests"] * 3
    assert len(record.audit_since()) == LINKS_FROM_NETWORK.times + 1


def test_what_is_not_confirmed_goes_after_a_day(
    local: Local, hub: Hub, olga: str, clock: SettableClock
) -> None:
    code = send(local)
    clock.advance(seconds=timedelta(days=1).total_seconds())
    with pytest.raises(HubError) as refused:
        confirm(hub, SLUG, code, HERE)
    assert (refused.value.status, refused.value.code) == (410, "link_expired")
    clock.advance(seconds=timedelta(days=2).total_seconds())
    open_worker(hub).remove_expired()
    with hub.reading() as uow:
        assert uow.connection.execute(sa.select(self_registration)).all() == []


def test_confirming_twice_is_confirming_once(local: Local, hub: Hub, olga: str) -> None:
    code = send(local)
    confirm(hub, SLUG, code, HERE)
    record = Record(hub)
    confirm(hub, SLUG, code, HERE)
    assert (record.changed_tables(), record.audit_since()) == (set(), [])


@pytest.mark.parametrize(
    "changes, places",
    [
        ({"given_name": " ", "family_name": ""}, ["given_name", "family_name"]),
        ({"email": "boris"}, ["email"]),
        ({"email": ""}, ["email"]),
    ],
)
def test_each_problem_is_told_at_its_field(
    local: Local, hub: Hub, olga: str, changes: dict[str, str], places: list[str]
) -> None:
    with pytest.raises(HubError) as refused:
        register(hub, SLUG, {**BORIS, **changes}, HERE)
    assert [problem.place for problem in refused.value.problems] == places
    assert local.mails() == []


def test_wb9_nobodys_mailbox_is_filled(local: Local, hub: Hub, olga: str) -> None:
    for network in range(5):
        register(hub, SLUG, BORIS, f"198.51.100.{network}")
    assert len(local.mails()) == 3


@pytest.mark.parametrize("slug", ["riverside-cars", "lakeside", "", "\ud800"])
def test_a_closed_page_is_as_one_that_never_was(local: Local, hub: Hub, olga: str, slug: str) -> None:
    with hub.unit_of_work() as uow:
        set_page(uow, local.partner_id, "", is_open=False, actor_id=olga)
        assert [page.is_open for page in list_pages(uow, None)] == [False]
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        register(hub, slug, BORIS, HERE)
    assert (refused.value.status, refused.value.code) == (404, "no_registration_page")
    record.assert_refused("no_registration_page", "self_registration")


def test_pages_have_names_of_their_own(local: Local, hub: Hub, olga: str) -> None:
    other = local.partner("Ünder & Söhne")
    with hub.unit_of_work() as uow:
        set_page(uow, other, "", is_open=True, actor_id=olga)
        assert find_page(uow, "under-sohne").partner == "Ünder & Söhne"
    for slug, reason in ((SLUG, "slug_taken"), ("Bad Slug", "bad_slug")):
        with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
            set_page(uow, other, slug, is_open=True, actor_id=olga)
        assert refused.value.code == reason
    with hub.reading() as uow:
        assert [page.slug for page in list_pages(uow, frozenset({other}))] == ["under-sohne"]
