"""Themes by brand: everybody at the same address sees their own; what cannot be read or is no picture is refused."""

import json
import re
from io import BytesIO

import pytest

from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience
from hub.errors import BadInput, Conflict, Missing
from hub.notify.send_mail import send_mail
from hub.notify.smtp import _sender
from hub.notify.tables import mail
from hub.themes.choose_theme import theme_of
from hub.themes.images import read_image
from hub.themes.theme import Theme, Use, find_theme, remove_theme, set_theme
from hub.training.my_training.plan import read_plan
from tests.themes.test_images import png
from tests.web.world import Browser, World


def give(world: World, key: str, *uses: Use, **more: str) -> None:
    with world.hub.unit_of_work() as uow:
        set_theme(uow, Theme(key, key.title(), more.pop("accent", "#0b5c3b"), **more), frozenset(uses))


def chosen(world: World, who: str) -> str:
    with world.hub.reading() as uow:
        found = theme_of(uow, world.ids[who])
    return found.key if found else ""


@pytest.mark.requirement("B11")
def test_two_learners_at_the_same_address_see_their_brand(world: World) -> None:
    world.person("ben", "Ben", "Borg")
    world.appoint("ana", "technician", "riverside", ["aurora"])
    world.appoint("ben", "technician", "riverside", ["borealis"])
    logo = read_image(png())
    with world.hub.unit_of_work() as uow:
        brand = Theme(
            "aurora", "Aurora Academy", "#7a1020", logo.hash, None, "Aurora Academy", "help@aurora.example"
        )
        assert set_theme(uow, brand, frozenset({Use("brand", world.ids["aurora"])}), (logo,))
        assert not set_theme(uow, brand, frozenset({Use("brand", world.ids["aurora"])}))
    give(world, "borealis", Use("brand", world.ids["borealis"]))
    ana, ben = world.browser("ana").get("/my-training").text, world.browser("ben").get("/my-training").text
    assert "Aurora Academy" in ana
    assert "/themes/colors/7a1020.css" in ana
    assert "Borealis</span>" in ben
    assert "/themes/colors/0b5c3b.css" in ben
    browser = world.browser()
    sheet = browser.get("/themes/colors/7a1020.css")
    assert (sheet.mimetype, "--accent:#7a1020" in sheet.text) == ("text/css", True)
    assert "immutable" in sheet.headers["Cache-Control"]
    picture = browser.get(f"/themes/images/{logo.hash}")
    assert (picture.mimetype, picture.data) == ("image/png", logo.content)
    assert {
        browser.get(f"/themes/{x}").status_code for x in ("colors/zzz.css", "images/none", "images/%00")
    } == {404}
    with world.hub.unit_of_work() as uow:
        for who in ("ana", "olga"):
            send_mail(uow, world.ids[who], "test", {}, key=f"test:{who}")
    with world.hub.reading() as uow:
        rows = {row.person_id: row.sealed_letter for row in uow.connection.execute(mail.select())}
    letters = {who: json.loads(world.hub.sealer.open(rows[world.ids[who]])) for who in ("ana", "olga")}
    assert (letters["ana"]["sender"], letters["ana"]["reply_to"]) == ("Aurora Academy", "help@aurora.example")
    assert "sender" not in letters["olga"]


@pytest.mark.requirement("B11")
def test_certificates_have_the_logo_of_the_theme_and_are_of_own_credits(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["aurora"])
    seal = read_image(png())
    with world.hub.unit_of_work() as uow:
        brand = Theme("aurora", "Aurora Academy", "#7a1020", None, seal.hash)
        set_theme(uow, brand, frozenset({Use("brand", world.ids["aurora"])}), (seal,))
        goal_id = read_plan(uow, world.ids["ana"]).open[0].goals[0].id
    path = f"/my-training/certificate/{goal_id}"
    assert world.browser("ana").get(path).status_code == 404
    world.complete("ana", "brake-safety", "north")
    world.work()
    page = world.browser("ana").get(path)
    assert page.status_code == 200
    for words in ("Ana Lopes", "Brake Safety Essentials", "Aurora Academy", f"/themes/images/{seal.hash}"):
        assert words in page.text
    assert path in world.browser("ana").get(f"/my-training/why/{goal_id}").text
    assert [world.browser(who).get(path).status_code for who in ("nils", "sofia", "olga")] == [404] * 3


@pytest.mark.requirement("B11")
def test_the_nearest_level_that_says_one_thing_decides(world: World) -> None:
    ids = world.ids
    world.appoint("ana", "technician", "riverside", ["aurora"])
    with world.hub.unit_of_work() as uow:
        set_audience(uow, Audience("technicians", "Technicians", Conditions(positions=(ids["technician"],))))
    for key, use in (
        ("everybody", Use("hub")),
        ("dealer", Use("partner", ids["dealer"])),
        ("aurora", Use("brand", ids["aurora"])),
        ("workshop", Use("audience", "technicians")),
        ("house", Use("location", ids["riverside"])),
    ):
        give(world, key, use)
        assert (key, chosen(world, "ana")) == (key, key)
    assert chosen(world, "nils") == "everybody"
    assert "/themes/colors/0b5c3b.css" in world.browser().get("/sign-in").text
    world.appoint("ana", "seller", "hilltop", ["borealis"])
    give(world, "borealis", Use("brand", ids["borealis"]))
    give(world, "shop", Use("location", ids["hilltop"]))
    assert chosen(world, "ana") == "workshop"
    with world.hub.unit_of_work() as uow:
        remove_theme(uow, "workshop")
    assert chosen(world, "ana") == "dealer"
    with world.hub.unit_of_work() as uow, pytest.raises(Conflict):
        set_theme(uow, Theme("other", "Other", "#0b5c3b"), frozenset({Use("hub")}))


def test_what_cannot_be_a_theme_says_every_problem(world: World) -> None:
    bad = Theme("Bad Key", " ", "#ffcc00", "nothing", None, "x <y@z>", "nobody")
    uses = frozenset({Use("brand", "no"), Use("audience", "no"), Use("hub", "x")})
    with world.hub.unit_of_work() as uow, pytest.raises(BadInput) as refused:
        set_theme(uow, bad, uses)
    places = {problem.place for problem in refused.value.problems}
    assert places == {"key", "title", "accent", "logo", "sender", "reply_to", "brand", "audience", "uses"}
    for name, reply in (
        ("=?utf-8?q?Ceo=22?=", "=?utf-8?q?a=0D=0A?=@x.example"),
        ("a\x7fb", "a\0b@x.example"),
    ):
        with world.hub.unit_of_work() as uow, pytest.raises(BadInput) as odd:
            set_theme(uow, Theme("odd", "Odd", "#0b5c3b", None, None, name, reply), frozenset())
        assert {problem.place for problem in odd.value.problems} == {"sender", "reply_to"}
    assert "#856a00" in str(next(p for p in refused.value.problems if p.place == "accent"))
    with world.hub.unit_of_work() as uow, pytest.raises(Missing):
        remove_theme(uow, "bad")


def post(browser: Browser, **form: object) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/admin/themes/new").text)
    assert token
    return browser.post("/admin/themes", data={"csrf_token": token[1], **form}, follow_redirects=True).text


def test_operators_make_themes_on_a_page(world: World) -> None:
    browser = world.browser("olga")
    said = {"key": "harbor", "title": "Harbor", "accent": "#ffcc00", "partners": "harbor auto group\nNobody"}
    page = post(browser, **said, logo=(BytesIO(b"<svg/>"), "logo.svg"))
    assert "none is called Nobody" in page
    page = post(browser, **said | {"partners": "Harbor Auto Group"}, logo=(BytesIO(b"<svg/>"), "logo.svg"))
    assert "SVG" in page
    page = post(browser, **said | {"partners": "Harbor Auto Group"})
    assert "the nearest that can be read is #856a00" in page
    page = post(
        browser,
        **said | {"partners": "Harbor Auto Group", "accent": "#856a00"},
        logo=(BytesIO(png()), "x.png"),
        brand=world.ids["aurora"],
    )
    assert "The theme Harbor is saved" in page
    with world.hub.reading() as uow:
        theme, uses = find_theme(uow, "harbor")
    assert theme.logo
    assert uses == {Use("brand", world.ids["aurora"]), Use("partner", world.ids["dealer"])}
    assert "Partner: Harbor Auto Group" in browser.get("/admin/themes").text
    page = post(browser, old="harbor", key="harbor", title="Harbor Cars", accent="#856a00")
    with world.hub.reading() as uow:
        assert find_theme(uow, "harbor") == (
            Theme("harbor", "Harbor Cars", "#856a00", theme.logo),
            frozenset(),
        )
    assert browser.send("/admin/themes/harbor/remove", "/admin/themes/harbor").status_code == 303
    assert "No themes yet" in browser.get("/admin/themes").text
    assert world.browser("ana").get("/admin/themes").status_code == 403


def test_mails_come_from_the_name_of_the_theme() -> None:
    assert (
        _sender("Training Hub <hub@example.com>", "Aurora Académie")
        == "=?utf-8?q?Aurora_Acad=C3=A9mie?= <hub@example.com>"
    )
    assert _sender("Training Hub <hub@example.com>", "") == "Training Hub <hub@example.com>"
