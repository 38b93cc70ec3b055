"""Invitations: made, handed over or mailed, used once, sent again, taken back; and by whom."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from hub.access.roles import grant_partner_admin
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.clock import SettableClock
from hub.errors import HubError
from hub.ids import new_id
from hub.journal.tables import audit, change
from hub.network import tables as network
from hub.network.people.person import grant_role, read_person
from hub.network.people.provision import NewPerson, Place, set_disabled, set_places
from hub.runtime import Hub
from hub.sso.local.invite import invite_person, list_invitations, send_again, take_back
from hub.sso.local.opening import look, open_with_password
from hub.sso.local.sign_in import Arrival
from hub.store import UnitOfWork
from tests.sso.local.rig import EMAIL, HERE, PASSWORD, Local, Record, code_of

BORIS = "boris@riverside.example"


def use(local: Local, code: str, password: str = PASSWORD) -> str:
    return open_with_password(local.hub, "invitation", code, password, HERE, Arrival()).token


def refused_code(local: Local, code: str) -> tuple[int, str]:
    with pytest.raises(HubError) as refused:
        look(local.hub, "invitation", code, HERE)
    return refused.value.status, refused.value.code


def test_an_invitation_is_opened_with_a_password(local: Local) -> None:
    code = local.invite()
    session = local.session(use(local, code))
    assert session
    assert (session.person_id, session.acr) == (local.tess, "password")
    assert local.session(local.type_password())
    assert refused_code(local, code) == (410, "link_used")


def test_ln4_only_the_mailed_code_proves_the_address(local: Local) -> None:
    handed = local.invite()
    mailed = code_of(local.mails()[0]["text"])
    assert mailed != handed
    assert local.mails()[0]["to"] == EMAIL
    use(local, handed)
    assert local.accounts()[0].verified_at is None
    assert refused_code(local, mailed) == (410, "link_used")


def test_ln4_the_mailed_code_proves_the_address(local: Local, clock: SettableClock) -> None:
    local.invite()
    use(local, code_of(local.mails()[0]["text"]))
    assert local.accounts()[0].verified_at == clock.now()


def test_opening_the_page_uses_nothing_up(local: Local) -> None:
    code = local.invite()
    record = Record(local.hub)
    for _ in range(2):
        found = look(local.hub, "invitation", code, HERE)
    assert (found.person.name, found.employer) == ("Tess Okafor", "Riverside Cars")
    assert (record.changed_tables(), record.audit_since()) == (set(), [])


def test_a_weak_password_leaves_the_invitation(local: Local) -> None:
    code = local.invite()
    record = Record(local.hub)
    with pytest.raises(HubError) as refused:
        use(local, code, "tess okafor riverside")
    assert refused.value.problems[0].place == "password"
    record.assert_refused("weak_password")
    assert use(local, code)


def test_of_two_who_open_it_at_once_one_does(local: Local) -> None:
    code, barrier, results = local.invite(), Barrier(2), []

    def run() -> None:
        barrier.wait()
        try:
            use(local, code)
            results.append("in")
        except HubError as error:
            results.append(error.code)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["in", "link_used"]


def test_it_is_too_old_after_14_days_and_can_be_sent_again(
    local: Local, hub: Hub, clock: SettableClock
) -> None:
    code = local.invite()
    clock.advance(seconds=timedelta(days=14).total_seconds())
    assert refused_code(local, code) == (410, "link_expired")
    with hub.unit_of_work() as uow:
        (waiting,) = list_invitations(uow, None)
        assert (waiting.name, waiting.partner) == ("Tess Okafor", "Riverside Cars")
        again = code_of(send_again(uow, waiting.account_id, None, None))
    assert refused_code(local, code) == (410, "link_revoked")
    assert use(local, again)
    with hub.reading() as uow:
        assert list_invitations(uow, None) == []


def test_what_is_taken_back_opens_nothing(local: Local, hub: Hub) -> None:
    code = local.invite()
    with hub.unit_of_work() as uow:
        take_back(uow, list_invitations(uow, None)[0].account_id, None, None)
        assert list_invitations(uow, None) == []
    assert refused_code(local, code) == (410, "link_revoked")


@pytest.mark.parametrize("code", ["", "x", "A" * 43, "\ud800", "€"])
def test_an_unknown_code(local: Local, code: str) -> None:
    record = Record(local.hub)
    assert refused_code(local, code) == (404, "unknown_link")
    record.assert_refused("unknown_link")


def test_an_invitation_is_no_recovery(local: Local) -> None:
    with pytest.raises(HubError) as refused:
        look(local.hub, "recovery", local.invite(), HERE)
    assert refused.value.code == "unknown_link"


def test_somebody_new_is_made_with_it(local: Local, hub: Hub) -> None:
    new = NewPerson(local.partner_id, "Boris", "Lind", BORIS)
    with hub.unit_of_work() as uow:
        code = code_of(invite_person(uow, local.partner_id, new, None))
    session = local.session(use(local, code))
    assert session
    with hub.reading() as uow:
        person = read_person(uow, session.person_id)
    assert (person.name, person.partner_id) == ("Boris Lind", local.partner_id)


@pytest.mark.parametrize(
    "given, email, partner, reason",
    [
        ("Boris", "boris", "own", "bad_email"),
        ("Boris", "", "own", "bad_email"),
        ("Boris", "boris;lind@riverside.example", "own", "bad_email"),
        (" ", BORIS, "own", "no_name"),
        ("Boris", EMAIL, "own", "address_taken"),
        ("Boris", BORIS, "other", "no_partner"),
    ],
)
def test_whom_nobody_can_invite(
    local: Local, hub: Hub, given: str, email: str, partner: str, reason: str
) -> None:
    local.account()
    partner_id = local.partner_id if partner == "own" else local.partner("Lakeside")
    record = Record(hub)
    with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
        invite_person(uow, local.partner_id, NewPerson(partner_id, given, "", email), None)
    assert refused.value.code == reason
    assert record.changed_tables() == set()


def test_whoever_has_an_account_or_is_switched_off_is_not_invited(local: Local, hub: Hub) -> None:
    local.account()
    boris = local.person("Boris", BORIS)
    with hub.unit_of_work() as uow:
        set_disabled(uow, boris, disabled=True, reason="left")
    for person_id, reason in ((local.tess, "has_account"), (boris, "person_disabled")):
        with pytest.raises(HubError) as refused:
            local.invite(person_id)
        assert refused.value.code == reason


def test_whoever_removed_the_sign_in_begins_anew(local: Local, hub: Hub) -> None:
    device = local.passkey()
    with hub.unit_of_work() as uow:
        table = network.identity_link
        uow.connection.execute(table.delete().where(table.c.person_id == local.tess))
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "unknown_subject"
    use(local, local.invite())
    assert local.session(local.type_password())
    with pytest.raises(HubError) as refused:
        local.sign_in(device)
    assert refused.value.code == "passkey_unknown"


def test_whoever_is_switched_off_meanwhile_does_not_get_in(local: Local, hub: Hub) -> None:
    code = local.invite()
    with hub.unit_of_work() as uow:
        set_disabled(uow, local.tess, disabled=True, reason="left")
    record = Record(hub)
    with pytest.raises(HubError):
        use(local, code)
    record.assert_refused("person_disabled")


def test_i24_a_partner_admin_invites_the_own_people_and_no_operator(local: Local, hub: Hub) -> None:
    admin = local.person("Ada", "ada@riverside.example")
    operator = local.person("Olga", "olga@riverside.example")
    stranger = local.person("Lea", "lea@lakeside.example", local.partner("Lakeside Cars"))
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, admin, local.partner_id, None)
        grant_role(uow, operator, "operator")
    for person_id in (operator, stranger, admin):
        with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
            invite_person(uow, local.partner_id, person_id, admin)
        assert (refused.value.status, refused.value.code) == (404, "no_person")
    with hub.unit_of_work() as uow:
        assert invite_person(uow, local.partner_id, local.tess, admin)
        assert invite_person(uow, local.partner_id, operator, operator)


def test_i24_a_handed_over_invitation_is_no_key_to_other_partners(local: Local, hub: Hub) -> None:
    admin, other = local.person("Ada", "ada@riverside.example"), local.partner("Lakeside Cars")
    boss, worker = local.person("Bea", "bea@riverside.example"), local.person("Wim", "wim@riverside.example")
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, admin, local.partner_id, None)
        grant_partner_admin(uow, boss, other, None)
        work_at(uow, worker, other)
    for person_id in (boss, worker):
        with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
            invite_person(uow, local.partner_id, person_id, admin)
        assert refused.value.code == "beyond_partner"
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, admin, other, None)  # whoever looks after both may
        assert invite_person(uow, local.partner_id, boss, admin)
        assert invite_person(uow, local.partner_id, worker, admin)


@pytest.mark.parametrize("what", ["operator", "admin", "work"])
def test_i24_opening_asks_again_unless_the_code_was_mailed(local: Local, hub: Hub, what: str) -> None:
    admin, other = local.person("Ada", "ada@riverside.example"), local.partner("Lakeside Cars")
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, admin, local.partner_id, None)
        handed = code_of(invite_person(uow, local.partner_id, local.tess, admin))
        if what == "operator":
            grant_role(uow, local.tess, what)
        elif what == "admin":
            grant_partner_admin(uow, local.tess, other, None)
        else:
            work_at(uow, local.tess, other)
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        use(local, handed)
    assert refused.value.code == "beyond_partner"
    record.assert_refused("beyond_partner")
    assert refused_code(local, handed) == (403, "beyond_partner")
    assert use(local, code_of(local.mails()[0]["text"]))


def work_at(uow: UnitOfWork, person_id: str, partner_id: str) -> None:
    location, position = new_id(), new_id()
    uow.insert(network.position, id=position, title="Technician", family="service")
    place = {"city": "X", "country": "US", "time_zone": "UTC", "valid_from": uow.now}
    uow.insert(network.location, id=location, partner_id=partner_id, name="Hilltop", **place)
    set_places(uow, person_id, [Place(location, position)], source="test", partner_id=partner_id)


def test_i24_an_invitation_of_another_partner_is_not_there(local: Local, hub: Hub) -> None:
    local.invite()
    other = frozenset({local.partner("Lakeside Cars")})
    with hub.reading() as uow:
        account_id = list_invitations(uow, None)[0].account_id
        assert list_invitations(uow, other) == []
        assert list_invitations(uow, frozenset()) == []
        assert len(list_invitations(uow, frozenset({local.partner_id}))) == 1
    for act in (send_again, take_back):
        with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
            act(uow, account_id, None, other)
        assert (refused.value.status, refused.value.code) == (404, "no_invitation")


def test_two_first_invitations_at_once_make_one_connection(local: Local, hub: Hub) -> None:
    people = [local.person(f"P{n}", f"p{n}@riverside.example") for n in range(2)]
    barrier, errors = Barrier(2), []

    def run(person_id: str) -> None:
        barrier.wait()
        try:
            local.invite(person_id)
        except Exception as error:  # noqa: BLE001  (told below)
            errors.append(error)

    threads = [Thread(target=run, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({local.accounts(one)[0].connection_id for one in people}) == 1


def test_no_secret_and_no_address_stands_in_the_journal(local: Local, hub: Hub) -> None:
    code = local.invite()
    use(local, code)
    with hub.reading() as uow:
        told = repr([uow.connection.execute(table.select()).all() for table in (change, audit)])
    for secret in (code, EMAIL, "Okafor", "argon2"):
        assert secret not in told


def test_b81_an_audience_may_be_closed_to_invitations(local: Local, hub: Hub) -> None:
    location, position = new_id(), new_id()
    with hub.unit_of_work() as uow:
        uow.insert(network.position, id=position, title="Technician", family="service")
        place = {"city": "X", "country": "US", "time_zone": "UTC", "valid_from": uow.now}
        uow.insert(network.location, id=location, partner_id=local.partner_id, name="Hilltop", **place)
        conditions = Conditions(positions=(position,))
        set_audience(uow, Audience("technicians", "Technicians", conditions, provisioning=("scim",)))
    record, new = Record(hub), NewPerson(local.partner_id, "Boris", "Lind", BORIS)
    with pytest.raises(HubError) as refused, hub.unit_of_work() as uow:
        invite_person(uow, local.partner_id, new, None, places=[Place(location, position)])
    assert refused.value.code == "mode_not_for_audience"
    assert record.changed_tables() == set()


def test_r2_an_invitation_stays_bound_to_the_address_it_went_to(local: Local) -> None:
    """A client or file that changes the person's e-mail in between does not say who gets the key."""
    from hub.network.people.provision import change_details

    local.invite()
    with local.hub.unit_of_work() as uow:
        (waiting,) = list_invitations(uow, None)
        change_details(uow, local.tess, email="mallory@elsewhere.example")
    with local.hub.unit_of_work() as uow:
        send_again(uow, waiting.account_id, None, None)
        (waiting,) = list_invitations(uow, None)
    assert waiting.email == EMAIL
    assert [account.email for account in local.accounts()] == [EMAIL]
