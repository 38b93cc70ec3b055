"""One e-mail address and several accounts: a human at two partners, a new employer, and whoever writes down another's address."""

import pytest
import sqlalchemy as sa

from hub.app import open_worker
from hub.errors import HubError
from hub.network import tables as network
from hub.network.people.provision import NewPerson
from hub.runtime import Hub
from hub.sso.local import sign_in
from hub.sso.local.accounts import connect_account, open_account
from hub.sso.local.invite import invite_person
from hub.sso.local.opening import open_with_password
from hub.sso.local.passwords import hash_password
from hub.sso.local.recovery import MAX_ACCOUNTS, ask_to_recover
from hub.sso.local.sign_in import TRIED, Arrival
from hub.sso.local.ways_in import set_hash
from tests.sso.local.rig import EMAIL, HERE, PASSWORD, Local, code_of, new_local

OTHER_PASSWORD = "green kettle by the sea"


@pytest.fixture
def local(hub: Hub) -> Local:
    return new_local(hub)


def invite(local: Local, partner_id: str, who: str | NewPerson, email: str = EMAIL) -> tuple[str, str]:
    """Two codes: the one that is handed over, and the one that was mailed."""
    with local.hub.unit_of_work() as uow:
        handed_over = code_of(invite_person(uow, partner_id, who, None))
    letters = [each["text"] for each in local.mails() if each["to"] == email]
    return handed_over, next(code for code in map(code_of, reversed(letters)) if code != handed_over)


def open_it(local: Local, code: str, password: str = PASSWORD) -> str:
    """Whose session it is."""
    return person_of(
        local, open_with_password(local.hub, "invitation", code, password, HERE, Arrival()).token
    )


def person_of(local: Local, token: str) -> str:
    session = local.session(token)
    assert session
    return session.person_id


def let_work_for(local: Local, partner_id: str) -> None:
    with local.hub.unit_of_work() as uow:
        tess = network.person.c.id == local.tess
        uow.connection.execute(sa.update(network.person).where(tess).values(partner_id=partner_id))


def refusal(local: Local, password: str) -> str:
    with pytest.raises(HubError) as refused:
        local.type_password(password)
    return refused.value.code


def test_r2_8_a_new_employer_invites_whoever_had_an_account_at_the_old_one(local: Local) -> None:
    local.account()
    lakeside = local.partner("Lakeside Cars")
    let_work_for(local, lakeside)
    assert refusal(local, PASSWORD) == "left_partner"
    assert open_it(local, invite(local, lakeside, local.tess)[1], OTHER_PASSWORD) == local.tess
    assert person_of(local, local.type_password(OTHER_PASSWORD)) == local.tess
    assert refusal(local, PASSWORD) == "left_partner"
    assert len(local.accounts()) == 2


def test_r2_8_one_password_for_both_opens_that_of_the_present_employer(local: Local) -> None:
    local.account()
    lakeside = local.partner("Lakeside Cars")
    let_work_for(local, lakeside)
    open_it(local, invite(local, lakeside, local.tess)[1])
    assert person_of(local, local.type_password()) == local.tess


def test_r2_8_whoever_writes_down_an_address_does_not_hold_it(local: Local) -> None:
    """Lakeside invites somebody with Tess's address and keeps the code that it was shown."""
    lakeside = local.partner("Lakeside Cars")
    squat = invite(local, lakeside, NewPerson(lakeside, "Not", "Tess", EMAIL))[0]
    squatter = open_it(local, squat, OTHER_PASSWORD)
    tess = invite(local, local.partner_id, local.tess)[1]
    assert open_it(local, tess) == local.tess != squatter
    assert person_of(local, local.type_password()) == local.tess
    assert person_of(local, local.type_password(OTHER_PASSWORD)) == squatter


def test_r2_8_a_way_back_for_each_account_names_the_employer(local: Local, hub: Hub) -> None:
    lakeside = local.partner("Lakeside Cars")
    local.account()
    open_it(local, invite(local, lakeside, NewPerson(lakeside, "Not", "Tess", EMAIL))[0], OTHER_PASSWORD)
    ask_to_recover(hub, EMAIL, HERE)
    open_worker(hub).drain()
    mails = [each["text"] for each in local.mails() if "/recover/" in each["text"]]
    employers = [
        name for text in mails for name in ("Riverside Cars", "Lakeside Cars") if f"for {name}" in text
    ]
    assert sorted(employers) == ["Lakeside Cars", "Riverside Cars"]
    assert len(mails) == 2


def test_r2_8_of_two_at_one_partner_one_proves_the_address(local: Local) -> None:
    namesake = local.person("Theo", EMAIL)
    first, second = (invite(local, local.partner_id, who)[1] for who in (local.tess, namesake))
    open_it(local, first)
    with pytest.raises(HubError) as refused:
        open_it(local, second, OTHER_PASSWORD)
    assert refused.value.code == "address_taken"
    assert refusal(local, OTHER_PASSWORD) == "wrong_password"


def test_r2_8_every_password_of_several_employers_opens_its_account(local: Local) -> None:
    owners = {}
    for number in range(3):
        partner = local.partner(f"Employer {number}")
        password = f"{OTHER_PASSWORD} {number}"
        code = invite(local, partner, NewPerson(partner, "T", "O", EMAIL))[1]
        owners[password] = open_it(local, code, password)
    assert {password: person_of(local, local.type_password(password)) for password in owners} == owners


def test_r2_8_accounts_that_others_make_push_nobody_out(local: Local) -> None:
    """Lakeside invites as many as are looked at, and opens them itself; Tess has not answered her mail yet."""
    tess = open_it(local, invite(local, local.partner_id, local.tess)[0])
    lakeside = local.partner("Lakeside Cars")
    hashed = hash_password(OTHER_PASSWORD)
    for _ in range(MAX_ACCOUNTS):
        squatter = local.person("Not Tess", "", lakeside)
        with local.hub.unit_of_work() as uow:
            account = open_account(uow, lakeside, squatter, EMAIL)
            set_hash(uow, account.id, hashed)
            connect_account(uow, account, proved_address=False)
    assert person_of(local, local.type_password()) == tess


@pytest.mark.parametrize("accounts", [0, 1, 2])
def test_wb9_as_many_passwords_are_compared_however_many_accounts_there_are(
    local: Local, monkeypatch: pytest.MonkeyPatch, accounts: int
) -> None:
    if accounts:
        local.account()
    if accounts == 2:
        lakeside = local.partner("Lakeside Cars")
        open_it(local, invite(local, lakeside, NewPerson(lakeside, "T", "O", EMAIL))[1], OTHER_PASSWORD)
    compared: list[bool] = []

    def compare(_: str, kept: str | None) -> bool:
        compared.append(kept is not None)
        return False

    monkeypatch.setattr(sign_in, "is_right", compare)
    assert refusal(local, "another password here") == "wrong_password"
    assert compared == [i < accounts for i in range(TRIED)]
