"""The team page: one dimension at a time, and nothing of the others."""

import html

from tests.web.world import World


def team(world: World, who: str, **query: object) -> str:
    return html.unescape(world.browser(who).get("/team", query_string=query).text)


def test_a_manager_sees_the_own_dimension_only(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.appoint("ana", "seller", "hilltop")
    service, sales = team(world, "sofia"), team(world, "marc")
    assert "Ana Lopes" in service
    assert "Ana Lopes" in sales
    assert "High-Voltage Battery Handling" in service
    assert "Understanding Customer Needs" not in service
    assert "Understanding Customer Needs" in sales
    assert "High-Voltage Battery Handling" not in sales


def test_the_figures_count_what_is_reached_and_overdue(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    world.person("ben", "Ben", "Silva")
    world.appoint("ben", "technician", "riverside", days=300)
    world.complete("ana", "brake-safety", "north")
    page = team(world, "sofia")
    assert '1 <span class="figure-of">of 3</span>' in page
    assert "1 overdue" in page
    assert "Reached" in page


def test_the_search_finds_by_name_and_says_when_it_does_not(world: World) -> None:
    for name, given in (("ben", "Ben"), ("mia", "Mia"), ("noa", "Noa"), ("lea", "Lea")):
        world.person(name, given, "Silva")
        world.appoint(name, "technician", "riverside")
    found = team(world, "sofia", q="mia silva")
    assert "Mia Silva" in found
    assert "Ben Silva" not in found
    assert "Nobody in this team is called “<zzz>”." in team(world, "sofia", q="<zzz>")
    assert "<zzz>" not in world.browser("sofia").get("/team?q=<zzz>").text


def test_a_manager_without_people_reads_why(world: World) -> None:
    assert "Nobody works there at the moment" in team(world, "sofia")


def test_pages_of_a_large_team(world: World) -> None:
    for number in range(27):
        world.person(f"p{number}", f"Person{number:02}", "Silva")
        world.appoint(f"p{number}", "technician", "riverside")
    first, second = team(world, "sofia"), team(world, "sofia", page=2)
    assert "Page 1 of 2" in first
    assert first.count("<details") == 25
    assert second.count("<details") == 2
    for odd in ("0", "-1", "99999999999", "x", ""):
        assert world.browser("sofia").get(f"/team?page={odd}").status_code == 200


def test_whoever_looks_after_nobody_has_no_team(world: World) -> None:
    answer = world.browser("ana").get("/team")
    assert answer.status_code == 403
    assert "You do not look after anybody here." in answer.text
    assert 'href="/team"' not in world.browser("ana").get("/my-training").text
    assert 'href="/team"' in world.browser("sofia").get("/my-training").text


def test_another_dimension_than_the_own_is_refused(world: World) -> None:
    assert world.browser("sofia").get("/team?dimension=sales").status_code == 403
