"""The first one who signs in by what a setup link connected looks after the partner's people."""

import pytest

from hub.access.roles import grant_partner_admin, has_partner_admin
from hub.errors import BadInput, NotAllowed
from hub.network.people.provision import NewPerson, create_person, set_disabled
from hub.network.systems.setup_links import make_setup_link
from hub.runtime import Hub
from hub.sso.partner_people import switch_colleague
from hub.testing.dns import NameServer
from tests.sso.local.rig import new_local
from tests.sso.onboarding.test_setup_sign_in import Admin
from tests.sso.rig import Idp


@pytest.fixture
def admin(hub: Hub, names: NameServer, riverside: Idp) -> Admin:
    """Up to a sign-in that is switched on and lets new people in."""
    admin = Admin(hub, names, riverside, ("sign_in", "admin"))
    admin.begin()
    admin.send("product", choice="keycloak oidc")
    admin.enter()
    admin.send("mapping", creates_people="1", given_name="given_name", family_name="family_name")
    admin.try_it()
    assert "Comes after the steps above." in admin.page()
    admin.send("switch", "product", on="1")
    return admin


def sign_in(admin: Admin) -> None:
    """By the page of the link, in its browser."""
    sent = admin.pages.send(f"{admin.path}/admin/sign-in", f"{admin.path}/admin")
    parameters = admin.browser.log_in(sent.headers["Location"])
    came = admin.pages.get(f"/sso/oidc/{admin.idp.slug}/callback", query_string=parameters)
    assert (came.status_code, came.headers["Location"]) == (303, "/setup/signed-in")
    assert admin.path.rpartition("/")[2] not in sent.headers["Location"]
    back = admin.pages.get("/setup/signed-in")
    assert back.headers["Location"].endswith(f"{admin.path}/admin")


def roles(admin: Admin) -> int:
    with admin.hub.reading() as uow:
        query = "SELECT count(*) FROM partner_admin"
        return int(uow.connection.exec_driver_sql(query).scalar_one())


def test_the_first_one_who_signs_in_gets_the_role_once(admin: Admin) -> None:
    assert admin.send("admin")[0] == 403  # nobody is signed in
    assert admin.refusals() == ["not_signed_in_by_link"]
    sign_in(admin)
    assert "You are signed in as" in admin.page("admin")
    assert admin.pages.get("/partner").status_code == 403
    assert admin.send("admin")[0] == 303
    page = admin.pages.get("/partner")
    assert (page.status_code, "People at Riverside" in page.text) == (200, True)
    assert ">People</a>" in admin.pages.get("/my-training").text
    assert (admin.send("admin", "contacts")[0], roles(admin)) == (409, 1)
    assert admin.refusals()[1:] == ["has_partner_admin"]


def test_where_somebody_has_the_role_the_link_gives_it_to_nobody(admin: Admin) -> None:
    sign_in(admin)
    with admin.hub.unit_of_work() as uow:
        ada = create_person(uow, NewPerson(admin.partner_id, "Ada", "Known", ""), made_by="file")
        grant_partner_admin(uow, ada, admin.partner_id)
    assert "Somebody looks after the people" in admin.page("admin")
    assert (admin.send("admin", "contacts")[0], roles(admin)) == (409, 1)


def test_a_session_of_another_sign_in_proves_nothing(admin: Admin) -> None:
    sign_in(admin)
    with admin.hub.unit_of_work() as uow:
        uow.connection.exec_driver_sql("UPDATE setup_link SET sign_in_id = NULL")
    assert admin.send("admin", "product")[0] == 403
    assert roles(admin) == 0


def test_a_link_without_the_part_gives_no_role(admin: Admin) -> None:
    sign_in(admin)
    with admin.hub.unit_of_work() as uow:
        uow.connection.exec_driver_sql("UPDATE setup_link SET parts = 'sign_in'")
    for step in ("admin", "admin/sign-in"):
        assert admin.send(step, "contacts")[0] == 403
    assert admin.refusals() == ["link_for_something_else"] * 2
    assert roles(admin) == 0


def test_the_role_goes_with_a_sign_in_only(hub: Hub) -> None:
    with hub.unit_of_work() as uow, pytest.raises(BadInput):
        make_setup_link(uow, "", ["provisioning", "admin"], "People", None)


def test_whoever_is_switched_off_is_nobody_in_the_role(hub: Hub) -> None:
    local = new_local(hub)
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, local.tess, local.partner_id)
        assert has_partner_admin(uow, local.partner_id)
        set_disabled(uow, local.tess, disabled=True, reason="operator")
        assert not has_partner_admin(uow, local.partner_id)


@pytest.mark.parametrize("disabled", [True, False])
def test_a_partner_admin_does_not_switch_another_partners_admin(hub: Hub, disabled: bool) -> None:
    local = new_local(hub)
    ada, lakeside = local.person("Ada", ""), local.partner("Lakeside")
    with hub.unit_of_work() as uow:
        grant_partner_admin(uow, ada, local.partner_id)
        grant_partner_admin(uow, local.tess, lakeside)
        with pytest.raises(NotAllowed) as refused:
            switch_colleague(uow, ada, local.partner_id, local.tess, disabled=disabled)
    assert refused.value.code == "beyond_partner"
