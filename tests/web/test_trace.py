"""What ran for a page, at its foot: for operators who ask, and for nobody else."""

import html

import pytest

from hub.audiences.rules.rule import switch_plugin
from hub.hooks import recording
from tests.web.world import FirstNinetyDays, World

HEADING = "Hooks of this page"


@pytest.fixture
def with_panel(world: World) -> World:
    """Ana has a panel; Olga, who runs the hub, looks at her pages."""
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
    world.appoint("ana", "technician", "riverside", days=3)
    return world


def test_operator_sees_which_hooks_ran_for_somebodys_page(with_panel: World) -> None:
    browser = with_panel.browser("olga")
    assert HEADING not in browser.get("/my-training").text
    assert "No hook ran." in browser.get("/my-training?trace=1").text
    browser.send(f"/admin/learners/{with_panel.ids['ana']}/look")
    page = html.unescape(browser.get("/my-training?trace=1").text)
    assert HEADING in page
    foot = page.partition(HEADING)[2]
    assert "first_90_days 1.0.0" in foot
    assert "plan_panels" in foot
    assert "[Panel(title=" in foot
    assert f"person_id='{with_panel.ids['ana']}'" in foot
    assert recording.active == 0


@pytest.mark.parametrize("who", ["ana", "sofia"])
def test_nobody_else_sees_it(with_panel: World, who: str) -> None:
    page = with_panel.browser(who).get("/my-training?trace=1")
    assert page.status_code == 200
    assert HEADING not in page.text
    assert HEADING not in with_panel.browser().get("/?trace=1", follow_redirects=True).text


def test_what_a_plugin_says_cannot_become_part_of_the_page(
    with_panel: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*_: object, **__: object) -> list[object]:
        raise ValueError("<script>alert(1)</script>")

    monkeypatch.setattr(FirstNinetyDays, "fails", property(raises))
    browser = with_panel.browser("olga")
    browser.send(f"/admin/learners/{with_panel.ids['ana']}/look")
    page = browser.get("/my-training?trace=1").text
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
