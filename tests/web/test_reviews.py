"""Goals of performance reviews are seen by the person; others do not find them anywhere, operators only with a purpose (B71)."""

import pytest
import sqlalchemy as sa

from hub.audiences.assigning.reassign import reassign_people
from hub.errors import Missing
from hub.journal.tables import audit
from hub.training.courses.offerings import find_target
from hub.training.goals.decide_goals import give_goal
from hub.training.goals.goal import GoalKey
from hub.training.my_training.plan import may_launch
from hub.xapi.cmi5.views import read_own_course
from tests.web.world import World

TITLE = "Understanding Customer Needs"


@pytest.mark.requirement("B71")
def test_reviews_are_shown_to_the_person_and_to_operators_who_say_why(world: World) -> None:
    through = world.appoint("ana", "technician", "riverside")
    with world.hub.unit_of_work() as uow:
        goal = GoalKey(
            world.ids["ana"], "offering", find_target(uow, "offering", "needs"), "review", "service"
        )
        give_goal(uow, goal, [through], reason="", actor_id=world.ids["sofia"])
        reassign_people(uow, [world.ids["ana"]])
    world.complete("ana", "needs", "south")
    ana, olga = world.browser("ana"), world.browser("olga")
    why = f"/my-training/why/{goal.id}"
    weighed = f"/my-training/weighed?target=offering:{goal.target_id}"
    assert TITLE in ana.get("/my-training").text
    assert "Credited" in ana.get(why).text
    assert "Asked for, and reached" in ana.get(weighed).text
    assert TITLE not in world.browser("sofia").get("/team?dimension=service").text  # an external appointment
    learner = f"/admin/learners/{world.ids['ana']}"
    for page in (learner, "/admin/credits"):
        assert f'<p class="entry-title">{TITLE} <span class="chip">' not in olga.get(page).text
    assert olga.send(f"{learner}/performance", learner, purpose=" ").status_code == 400
    shown = olga.send(f"{learner}/performance", learner, purpose="A complaint of 3 May")
    assert f'<p class="entry-title">{TITLE} <span class="chip">Service</span>' in shown.text
    with world.hub.reading() as uow:
        (row,) = uow.connection.execute(sa.select(audit).where(audit.c.action == "reviews_looked_at")).all()
    assert (row.subject_id, row.actor_id) == (world.ids["ana"], world.ids["olga"])
    assert row.detail["purpose"] == "A complaint of 3 May"
    # Who looks at the person's pages sees what others may see.
    olga.send(f"{learner}/look")
    assert TITLE not in olga.get("/my-training").text
    assert olga.get(why).status_code == 404
    assert "Asked for, and reached" not in olga.get(weighed).text
    with world.hub.reading() as uow:
        asked = goal.person_id, goal.target_id
        assert may_launch(uow, *asked)
        assert not may_launch(uow, *asked, reviews=False)
        with pytest.raises(Missing, match="not in your plan"):
            read_own_course(uow, *asked, reviews=False)
