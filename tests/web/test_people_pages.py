"""Pages about people and their sign-ins: a partner's people, merging, the own sign-ins, doors and claims."""

import pytest
import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.journal import tables as journal
from hub.network.people.find_people import search_people
from hub.network.people.identities import link_identity
from hub.network.people.merges import absorbed_by
from hub.network.people.person import grant_role, read_person
from hub.network.systems.connections import create_connection
from hub.sso.doors import find_door
from hub.sso.policy import read_policy
from tests.web.world import World


@pytest.fixture
def admin(world: World) -> World:
    """Sofia administers the dealer; Otto works for another company."""
    world.person("otto", "Otto", "Foreign", partner="maker")
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"])
    return world


def is_disabled(world: World, who: str) -> bool:
    with world.hub.reading() as uow:
        return read_person(uow, world.ids[who]).disabled


def reasons(world: World) -> list[str]:
    with world.hub.reading() as uow:
        return list(uow.connection.scalars(sa.select(journal.audit.c.reason).filter_by(outcome="refused")))


def test_partner_admin_sees_the_own_partners_people_and_nobody_else(admin: World) -> None:
    page = admin.browser("sofia").get("/partner").text
    assert "Ana Lopes" in page
    assert "Otto" not in page
    assert "Otto" not in admin.browser("sofia").get("/partner?who=otto").text
    assert "Nils" in admin.browser("sofia").get("/partner?who=NILS+holm").text


def test_i24_people_of_others_are_not_the_partner_admins_to_switch(admin: World) -> None:
    browser = admin.browser("sofia")
    for who in ("otto", "olga"):
        answer = browser.send(f"/partner/people/{admin.ids[who]}", page="/partner", do="off")
        assert answer.status_code == 404
        assert not is_disabled(admin, who)
    assert browser.get(f"/partner?partner={admin.ids['maker']}").status_code == 403
    assert admin.browser("ana").get("/partner").status_code == 403
    assert reasons(admin) == ["not_partner_admin", "not_partner_admin"]


def test_partner_admin_switches_somebody_off_and_on_again(admin: World) -> None:
    browser, ana = admin.browser("sofia"), admin.browser("ana")
    assert ana.get("/my-training").status_code == 200
    browser.send(f"/partner/people/{admin.ids['ana']}", page="/partner", do="off")
    assert is_disabled(admin, "ana")
    assert ana.get("/my-training").status_code == 303
    neither = browser.send(f"/partner/people/{admin.ids['ana']}", page="/partner")
    assert (neither.status_code, is_disabled(admin, "ana")) == (400, True)
    browser.send(f"/partner/people/{admin.ids['ana']}", page="/partner", do="on")
    assert not is_disabled(admin, "ana")
    own = browser.send(f"/partner/people/{admin.ids['sofia']}", page="/partner", do="off")
    assert own.status_code == 403


def test_partner_admin_adds_somebody(admin: World) -> None:
    browser = admin.browser("sofia")
    refused = browser.send("/partner", page="/partner", given_name="Bea", family_name="", email="no e-mail")
    assert refused.status_code == 400
    assert "is missing" in refused.text
    answer = browser.send("/partner", page="/partner", given_name="Bea", family_name="Sol", email="")
    assert answer.status_code == 303
    assert "Bea Sol" in browser.get("/partner").text


def test_operator_sees_what_a_merge_moves_merges_and_undoes_it(world: World) -> None:
    twin = world.person("ana2", "Ana", "Lopez")
    with world.hub.unit_of_work() as uow:
        link_identity(uow, world.ids["idp"], "sub", "ana-2", twin, "sign_in")
    browser, path = world.browser("olga"), f"/admin/learners/{world.ids['ana']}/merge"
    assert "Ana Lopez" in browser.get(f"{path}?who=ana").text
    page = browser.get(f"{path}?person={twin}").text
    assert "1 name at systems" in page
    assert browser.send(path, page=f"{path}?person={twin}", gone=twin).status_code == 303
    assert "Undo" in browser.get(path).text
    assert "is part of Ana Lopes" in browser.get(f"/admin/learners/{twin}/merge").text
    with world.hub.reading() as uow:
        (merge,) = absorbed_by(uow, world.ids["ana"])
    wrong = browser.send(f"/admin/learners/{world.ids['nils']}/unmerge", page=path, merge=merge.id)
    assert wrong.status_code == 400
    browser.send(f"/admin/learners/{world.ids['ana']}/unmerge", page=path, merge=merge.id)
    assert not is_disabled(world, "ana2")
    with world.hub.reading() as uow:
        assert absorbed_by(uow, world.ids["ana"]) == []


def test_merge_of_an_operator_is_offered_the_other_way_round_alone(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_role(uow, world.ids["nils"], "operator")
    path = f"/admin/learners/{world.ids['ana']}/merge?person={world.ids['nils']}"
    page = world.browser("olga").get(path).text
    assert "Not this way round" in page
    assert page.count("Merge and keep this one") == 1


def test_operator_says_what_claims_mean_and_gives_an_address(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        id = create_connection(uow, "dealer-idp", "oidc", "Dealer login", world.ids["dealer"])
        shared = create_connection(uow, "group", "oidc", "Group login")
    browser, path = world.browser("olga"), "/admin/connections/dealer-idp/people"
    bad = browser.send(path, page=path, given_name="two words", match="employee")
    assert bad.status_code == 400
    assert "visible characters" in bad.text
    assert 'value="employee"' in bad.text
    kept = browser.send(path, page=path, given_name="first", match="employee", creates_people="1")
    assert kept.status_code == 303
    with world.hub.reading() as uow:
        policy = read_policy(uow, id)
        assert (policy.attributes, policy.creates_people) == (
            {"given_name": "first", "match": "employee"},
            True,
        )
    assert 'value="employee"' in browser.get(path).text
    doors = "/admin/connections/dealer-idp/doors"
    assert browser.send(doors, page=path, do="add", door="Not a name!").status_code == 400
    browser.send(doors, page=path, do="add", door="harbor-staff")
    assert "/sign-in/harbor-staff" in browser.get(path).text
    browser.send(doors, page=path, do="remove", door="harbor-staff")
    with world.hub.reading() as uow:
        assert find_door(uow, "harbor-staff") is None
    path = "/admin/connections/group/people"
    for lines in ("no equals sign", "x = Nobody Ltd"):
        assert browser.send(path, page=path, partner_claim="org", partners=lines).status_code == 400
    browser.send(path, page=path, partner_claim="org", partners="h = Harbor Auto Group")
    with world.hub.reading() as uow:
        assert read_policy(uow, shared).partners == {"h": world.ids["dealer"]}


def test_account_page_shows_the_own_sign_ins(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        link_identity(uow, world.ids["idp"], "sub", "ana", world.ids["ana"], "roster")
        link_identity(uow, world.ids["idp"], "sub", "ana-too", world.ids["ana"], "proof")
    browser = world.browser("ana")
    page = browser.get("/account").text
    assert "Your sign-ins" in page
    assert "Add a sign-in" in page
    removed = browser.send(
        "/account/sign-ins/remove", page="/account", connection="harbor", form="sub", subject="ana-too"
    )
    assert removed.status_code == 303
    assert "ana-too" not in browser.get("/account").text
    last = browser.send(
        "/account/sign-ins/remove", page="/account", connection="harbor", form="sub", subject="ana"
    )
    assert last.status_code == 409
    unknown = browser.send("/account/sign-ins", page="/account", email="x@nowhere.example")
    assert unknown.status_code == 404


def test_operator_takes_a_sign_in_away(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        link_identity(uow, world.ids["idp"], "sub", "ana-old", world.ids["ana"], "roster")
    browser, page = world.browser("olga"), f"/admin/learners/{world.ids['ana']}"
    assert "ana-old" in browser.get(page).text
    named = {"connection": "harbor", "form": "sub", "subject": "ana-old"}
    assert browser.send(f"{page}/sign-ins", page=page, **named).status_code == 303
    assert "cannot sign in" in browser.get(page).text
    assert browser.send(f"{page}/sign-ins", page=page, **named).status_code == 404


def test_own_sign_ins_of_somebody_who_signed_in_long_ago_need_a_sign_in(world: World) -> None:
    browser = world.browser("ana")
    world.hub.clock.advance(minutes=11)  # type: ignore[attr-defined]
    page = browser.get("/account").text
    assert "Sign in again" in page
    assert "Add a sign-in" not in page
    assert browser.send("/account/sign-ins", page="/account", email="x@y.example").status_code == 403
    assert reasons(world) == ["not_recent"]


def test_sign_in_page_offers_what_the_browser_remembers(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        create_connection(uow, "dealer-idp", "oidc", "Dealer login", world.ids["dealer"])
    browser = world.browser()
    browser.set_cookie("hub_door", "dealer-idp", domain="127.0.0.1")
    assert "Continue with Dealer login" in browser.get("/sign-in").text
    browser.send("/sign-in/forget", page="/sign-in")
    assert "Continue with" not in browser.get("/sign-in").text


def test_merged_people_are_still_found(world: World) -> None:
    with world.hub.reading() as uow:
        assert [found.name for found in search_people(uow, "ana")] == ["Ana Lopes"]
