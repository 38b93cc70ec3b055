"""Pages of accounts of the hub's own: signing in, opening, recovering, registering, inviting, changing."""

import json
import re

import pytest

from hub.access.roles import grant_partner_admin, list_partner_admins
from hub.app import open_worker
from hub.clock import SettableClock
from hub.config import Settings
from hub.notify.tables import mail
from hub.sso.local.invite import invite_person, list_invitations
from tests.web.world import Browser, World

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

PASSWORD = "purple lamp over river"
EMAIL = "ana@harbor.example"


def invited(world: World, who: str = "ana") -> str:
    """The path of an invitation."""
    with world.hub.unit_of_work() as uow:
        address = invite_person(uow, world.ids["dealer"], world.ids[who], None)
    return address.removeprefix(world.hub.settings.public_url)


def opened(world: World, who: str = "ana") -> Browser:
    """A browser signed in by the person's own account."""
    browser, path = world.browser(), invited(world, who)
    assert browser.send(path, path, password=PASSWORD).status_code == 303
    return browser


def last_mail(world: World) -> dict[str, str]:
    with world.hub.reading() as uow:
        rows = uow.connection.execute(mail.select().order_by(mail.c.created_at, mail.c.id)).all()
    letter: dict[str, str] = json.loads(world.hub.sealer.open(rows[-1].sealed_letter))
    return letter


def path_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/(?:recover|register|invitation)/\S+)", text)
    assert found, text
    return found[1]


def test_an_invitation_ends_in_the_own_training(world: World) -> None:
    path, browser = invited(world), world.browser()
    page = browser.get(path).text
    assert "Welcome, Ana" in page
    assert EMAIL in page
    assert "Set up a passkey" not in page  # an address of numbers has none
    answer = browser.send(path, path, password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Ana Lopes" in browser.get("/my-training").text
    again = world.browser().get(path)
    assert (again.status_code, "has been used" in again.text) == (410, True)


def test_a_weak_password_is_told_beside_its_field(world: World) -> None:
    path, browser = invited(world), world.browser()
    answer = browser.send(path, path, password="short")
    assert answer.status_code == 400
    assert 'aria-describedby="password-hint password-problem"' in answer.text
    assert "It needs at least 12 characters" in answer.text
    assert 'value="short"' not in answer.text


def test_wb1_signing_in_leads_to_what_was_wanted_and_nowhere_else(world: World) -> None:
    opened(world)
    for wanted, lands in (("/team", "/team"), ("//evil.example", "/"), ("/\\evil.example", "/")):
        browser = world.browser()
        answer = browser.send(
            "/sign-in/local", "/sign-in/local", email=EMAIL, password=PASSWORD, return_to=wanted
        )
        assert (answer.status_code, answer.location) == (303, lands)
        assert "Ana Lopes" in browser.get("/my-training").text


def test_wb5_without_a_token_nobody_signs_in(world: World) -> None:
    opened(world)
    paths = ("/sign-in/local", "/sign-in/local/passkey", "/sign-in/local/passkey/options", "/recover")
    for path in (*paths, invited(world, "nils")):
        answer = world.browser().post(path, data={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 400
        assert "session=" not in str(answer.headers.getlist("Set-Cookie"))


def test_wb9_a_wrong_password_keeps_the_address_and_says_one_thing(world: World) -> None:
    opened(world)
    texts = []
    for email in (EMAIL, "nobody@harbor.example"):
        answer = world.browser().send(
            "/sign-in/local", "/sign-in/local", email=email, password="wrong one here"
        )
        assert answer.status_code == 403
        assert f'value="{email}"' in answer.text
        text = answer.text.replace(email, "")
        texts.append(re.sub(r'name="csrf_token" value="[^"]+"', "", text))
    assert texts[0] == texts[1]
    assert "do not fit together" in texts[0]


def test_whoever_is_signed_in_can_prove_it_once_more(world: World) -> None:
    page = world.browser("ana").get("/sign-in/local?return_to=/account/local")
    assert page.status_code == 200
    assert "You are signed in as Ana Lopes" in page.text


def test_getting_back_in_by_mail(world: World) -> None:
    elsewhere = opened(world)
    browser = world.browser()
    texts = [browser.send("/recover", "/recover", email=email).text for email in (EMAIL, "nobody@x.example")]
    assert texts[0] == texts[1]
    open_worker(world.hub).drain()
    path = path_in(last_mail(world)["text"])
    assert "Get back in" in browser.get(path).text
    assert browser.send(path, path, password="green door behind seven hills").status_code == 303
    assert "Ana Lopes" in browser.get("/my-training").text
    assert elsewhere.get("/my-training").status_code == 303


def test_registering_and_being_let_in(world: World) -> None:
    olga, boris = world.browser("olga"), world.browser()
    olga.send("/invitations/pages", "/invitations", page_partner="Harbor Auto Group", do="open")
    assert "http://127.0.0.1:8000/register/harbor-auto-group" in olga.get("/invitations").text
    path = "/register/harbor-auto-group"
    wrong = boris.send(path, path, given_name="Boris", email="boris")
    assert wrong.status_code == 400
    assert 'value="Boris"' in wrong.text
    assert "Is missing" in wrong.text
    form = {
        "given_name": "Boris",
        "family_name": "Lind",
        "email": "boris@lind.example",
        "about": "<b>Hilltop</b>",
    }
    assert "A mail is on its way" in boris.send(path, path, **form).text
    confirm = path_in(last_mail(world)["text"])
    assert "Is this your address?" in boris.get(confirm).text
    assert "has your registration" in boris.send(confirm, confirm).text
    page = olga.get("/invitations").text
    assert "&lt;b&gt;Hilltop" in page
    assert "Hilltop</option>" in page
    found = re.search(r"/invitations/registrations/([0-9a-f-]{36})", page)
    assert found
    place = {"location": world.ids["hilltop"], "position": world.ids["seller"]}
    assert olga.send(found[0], "/invitations", do="approve", **place).status_code == 303
    invitation = path_in(last_mail(world)["text"])
    assert boris.send(invitation, invitation, password=PASSWORD).status_code == 303
    assert "Boris Lind" in boris.get("/my-training").text


def test_an_operator_invites_sends_again_and_takes_back(world: World) -> None:
    olga = world.browser("olga")
    assert "Nobody is invited at the moment" in olga.get("/invitations").text
    form = {"given_name": "Boris", "family_name": "Lind", "email": "boris@lind.example"}
    wrong = olga.send("/invitations", "/invitations", **form)
    assert wrong.status_code == 400
    assert "Partner</a>: is missing" in wrong.text
    made = olga.send("/invitations", "/invitations", **form, partner="Harbor Auto Group")
    assert "Boris Lind is invited" in made.text
    assert made.headers["Cache-Control"] == "no-store"
    path = path_in(made.text.replace("<", " "))
    with world.hub.reading() as uow:
        (one,) = list_invitations(uow, None)
    assert "Invited again" in olga.send(f"/invitations/{one.account_id}/again", "/invitations").text
    assert world.browser().get(path).status_code == 410
    olga.send(f"/invitations/{one.account_id}/take-back", "/invitations")
    assert "Nobody is invited at the moment" in olga.get("/invitations").text


def test_an_operator_invites_who_is_to_look_after_the_people(world: World) -> None:
    form = {"given_name": "Boris", "family_name": "Lind", "email": "boris@lind.example"}
    made = world.browser("olga").send(
        "/invitations", "/invitations", **form, partner="Harbor Auto Group", looks_after="1"
    )
    boris, path = world.browser(), path_in(made.text.replace("<", " "))
    assert boris.send(path, path, password=PASSWORD).status_code == 303
    assert ">People</a>" in boris.get("/my-training").text
    assert "Ana Lopes" in boris.get("/partner").text
    # and he passes it on to nobody
    more = {"given_name": "Cleo", "family_name": "Lind", "email": "cleo@lind.example", "looks_after": "1"}
    assert boris.send("/invitations", "/invitations", **more).status_code == 403
    with world.hub.reading() as uow:
        assert [one.name for one in list_partner_admins(uow)] == ["Boris Lind"]


def test_i24_a_partner_admin_sees_and_invites_the_own_people_only(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["sofia"], world.ids["dealer"], None)
    world.person("lea", "Lea", "Far", "maker")
    with world.hub.unit_of_work() as uow:
        invite_person(uow, world.ids["maker"], world.ids["lea"], None)
    sofia = world.browser("sofia")
    page = sofia.get("/invitations").text
    assert "Lea Far" not in page
    assert 'name="partner"' not in page
    with world.hub.reading() as uow:
        theirs = list_invitations(uow, None)[0].account_id
    for path in (f"/invitations/{theirs}/again", f"/invitations/{theirs}/take-back"):
        assert sofia.send(path, "/invitations").status_code == 404
    assert sofia.send(f"/invitations/people/{world.ids['lea']}", "/invitations").status_code == 403
    assert sofia.send(f"/invitations/people/{world.ids['olga']}", "/invitations").status_code == 404
    opened_page = sofia.send("/invitations/pages", "/invitations", page_partner="Borealis Motors", do="open")
    assert opened_page.status_code == 403
    assert sofia.send(f"/invitations/people/{world.ids['nils']}", "/invitations").status_code == 200
    form = {"given_name": "Boris", "family_name": "Lind", "email": "boris@lind.example"}
    place = {"location": world.ids["hilltop"], "position": world.ids["seller"]}
    assert "is invited" in sofia.send("/invitations", "/invitations", **form, **place).text


def test_who_looks_after_nobody_sees_nothing(world: World) -> None:
    answer = world.browser("ana").get("/invitations")
    assert (answer.status_code, "not_partner_admin" in answer.text) == (403, True)
    assert world.browser().get("/invitations").status_code == 303


def test_the_own_account_is_changed(world: World) -> None:
    browser = opened(world)
    page = browser.get("/account/local").text
    assert EMAIL in page
    assert "Nobody has shown yet that this address is yours" in page
    found = re.search(r"/account/local/[0-9a-f-]{36}/password", page)
    assert found
    wrong = browser.send(
        found[0], "/account/local", present="wrong", password="green door behind seven hills"
    )
    assert wrong.status_code == 400
    assert "Is not the present password" in wrong.text
    right = browser.send(
        found[0], "/account/local", present=PASSWORD, password="green door behind seven hills"
    )
    assert right.status_code == 303
    assert "Your password is changed" in browser.get("/account/local").text
    remove = browser.send(f"{found[0]}/remove", "/account/local")
    assert (remove.status_code, "Nothing else opens your account" in remove.text) == (409, True)


def test_the_account_page_leads_there_for_those_who_have_one(world: World) -> None:
    assert 'href="/account/local"' in opened(world).get("/account").text
    assert 'href="/account/local"' not in world.browser("nils").get("/account").text


def test_an_operator_invites_from_a_learners_page(world: World) -> None:
    olga, path = world.browser("olga"), f"/admin/learners/{world.ids['ana']}"
    assert "Invite to an account" in olga.get(path).text
    made = olga.send(f"/invitations/people/{world.ids['ana']}", path)
    assert "Ana Lopes is invited" in made.text
    assert olga.get("/admin/invitations").location == "/invitations"


def test_whoever_has_no_such_account_is_told_so(world: World) -> None:
    assert "You have no account of the hub" in world.browser("ana").get("/account/local").text


@pytest.mark.parametrize("path", ["/invitation/x", "/recover/x", "/register/x", "/register/x/y"])
def test_what_is_not_there(world: World, path: str) -> None:
    assert world.browser().get(path).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"7", b'{"id": 7}', b'{"response": {"clientDataJSON": "e30"}}']
)
def test_what_is_no_passkey_answers_json(world: World, body: bytes) -> None:
    browser = world.browser()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in/local").text)
    assert token
    headers = {"X-CSRFToken": token[1], "Accept": "application/json"}
    answer = browser.post(
        "/sign-in/local/passkey", data=body, content_type="application/json", headers=headers
    )
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "bad_passkey_answer")


class TestStepUp:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"admin_minutes": 30})

    def test_an_operator_with_such_an_account_proves_it_once_more(
        self, world: World, clock: SettableClock
    ) -> None:
        olga = opened(world, "olga")
        assert olga.get("/admin/learners").status_code == 200
        clock.advance(seconds=31 * 60)
        away = olga.get("/admin/learners")
        assert (away.status_code, away.location) == (303, "/sign-in/local?return_to=%2Fadmin%2Flearners")
        back = olga.send(
            away.location,
            away.location,
            email="olga@harbor.example",
            password=PASSWORD,
            return_to="/admin/learners",
        )
        assert back.location == "/admin/learners"
        assert olga.get("/admin/learners").status_code == 200
        clock.advance(seconds=31 * 60)
        assert olga.get("/invitations").location == "/sign-in/local?return_to=%2Finvitations"
        form = {"page_partner": "Harbor Auto Group", "do": "open"}
        assert olga.send("/invitations/pages", **form).status_code == 403
