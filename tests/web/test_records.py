"""Training elsewhere: seen by the learner and the own employer alone, and counted for nothing (B72)."""

import re
from datetime import date

import pytest
import sqlalchemy as sa

from hub.access.roles import grant_partner_admin
from hub.ids import new_id
from hub.network import tables as network
from hub.training.external_records import Said, declare_record, move_records, read_records
from hub.training.my_training.plan import read_plan
from tests.statements import statements
from tests.web.world import World

ELSEWHERE = "/my-training/elsewhere"


def plan_of_ana(world: World) -> object:
    with world.hub.reading() as uow:
        return read_plan(uow, world.ids["ana"])


@pytest.mark.requirement("B72")
def test_training_elsewhere_is_between_the_learner_and_the_employer(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    ana, before = world.browser("ana"), plan_of_ana(world)
    said = {"title": "First aid", "provider": "Red Cross", "completed_on": "2026-01-08", "note": "No. 12"}
    assert ana.send(ELSEWHERE, ELSEWHERE, **said).status_code == 303
    assert ana.send(ELSEWHERE, ELSEWHERE, **said).status_code == 409
    for wrong in (
        {"title": ""},
        {"completed_on": "soon"},
        {"completed_on": "2999-01-01"},
        {"expires_on": "2026-01-01"},
    ):
        answer = ana.send(ELSEWHERE, ELSEWHERE, **{**said, **wrong})
        assert answer.status_code == 400, wrong
        assert "Nothing was declared" in answer.text
    assert "Not looked at yet" in ana.get(ELSEWHERE).text
    # The employer's admin sees it, accepts it and adds another; managers and admins of others do not.
    with world.hub.unit_of_work() as uow:
        dealer = uow.find(network.person, id=world.ids["ana"]).partner_id
        grant_partner_admin(uow, world.ids["marc"], dealer)
    marc, theirs = world.browser("marc"), f"/partner/people/{world.ids['ana']}/elsewhere"
    assert "First aid" in marc.get(theirs).text
    record = re.search(r'action="(/partner/elsewhere/[^"]+)"', marc.get(theirs).text)
    assert record is not None
    assert marc.send(record[1], theirs, do="accept").status_code == 303
    assert marc.send(theirs, theirs, title="Forklift", completed_on="2026-02-01").status_code == 303
    page = ana.get(ELSEWHERE).text
    assert page.count("Accepted by the employer") == 2
    assert world.browser("sofia").get(theirs).status_code == 403
    assert "First aid" not in world.browser("sofia").get("/team?dimension=service").text
    removals = re.findall(r'action="(/my-training/elsewhere/[^"]+/remove)"', page)
    assert len(removals) == 1  # what the employer declared is the employer's
    assert world.browser("sofia").send(removals[0], ELSEWHERE).status_code == 404
    assert plan_of_ana(world) == before  # it counts for nothing
    with world.hub.unit_of_work() as uow:
        assert len(move_records(uow, world.ids["ana"], world.ids["sofia"])) == 2
        assert len(move_records(uow, world.ids["sofia"], world.ids["ana"])) == 2
        # Somebody else's employee: what was declared before is not for the new employer, nor for the old one any more.
        other = uow.connection.scalar(sa.select(network.partner.c.id).where(network.partner.c.id != dealer))
        moved = sa.update(network.person).where(network.person.c.id == world.ids["ana"])
        if other is not None:
            uow.connection.execute(moved.values(partner_id=other))
    if other is not None:
        assert marc.get(theirs).status_code == 404
        assert marc.send(record[1], "/my-training", do="refuse").status_code == 404
    assert ana.send(removals[0], ELSEWHERE).status_code == 303
    with world.hub.reading() as uow:
        assert [r.title for r in read_records(uow, world.ids["ana"])] == ["Forklift"]


@pytest.mark.requirement("B04", "B72")
def test_records_of_other_peoples_employees_are_as_if_they_were_not(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        grant_partner_admin(uow, world.ids["marc"], world.ids["dealer"])
    world.person("mila", "Mila", "Maker", "maker")
    with world.hub.unit_of_work() as uow:
        foreign = declare_record(
            uow, world.ids["mila"], Said("First aid", date(2026, 1, 8)), actor_id=world.ids["mila"]
        )
    marc = world.browser("marc")
    marc.get("/partner")  # from now on the session's use need not be noted

    def asked(path: str, **form: str) -> tuple[int, str, tuple[str, ...]]:
        with statements(world.hub) as ran:
            answer = marc.send(path, "/partner", **form) if form else marc.get(path)
        told = re.sub(r"[A-Z2-7]{8}", "", answer.text.partition("<main")[2].partition("</main")[0])
        return answer.status_code, told, tuple(ran)

    pages = [asked(f"/partner/people/{id}/elsewhere") for id in (world.ids["mila"], new_id())]
    judged = [asked(f"/partner/elsewhere/{id}", do="accept") for id in (foreign, new_id())]
    for one, other in (pages, judged):
        assert one[0] == 404
        assert one == other
    # Nor does a new employer learn what was declared under the former one.
    with world.hub.unit_of_work() as uow:
        person = network.person
        hired = sa.update(person).where(person.c.id == world.ids["mila"])
        uow.connection.execute(hired.values(partner_id=world.ids["dealer"]))
    theirs = f"/partner/people/{world.ids['mila']}/elsewhere"
    assert "First aid" not in marc.get(theirs).text
    assert marc.send(theirs, theirs, title="First aid", completed_on="2026-01-08").status_code == 303
