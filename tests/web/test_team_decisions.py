"""Giving, waiving and choosing on the pages."""

import html
import re

from hub.journal.views import list_audit
from tests.web.world import World


def page(world: World, who: str, path: str) -> str:
    response = world.browser(who).get(path)
    assert response.status_code == 200
    return html.unescape(response.text)


def test_a_goal_is_waived_with_a_preview_and_asked_for_again(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    sofia = world.browser("sofia")
    team = page(world, "sofia", "/team")
    paths = re.findall(r'href="(/team/goals/[^"]+/waive)"', team)
    assert paths
    before = page(world, "sofia", paths[0])
    assert "What would change" in before
    assert sofia.send(paths[0], paths[0], reason="").status_code == 400
    assert sofia.send(paths[0], paths[0], reason="x", until="soon").status_code == 400
    done = sofia.send(paths[0], paths[0], reason="Has the certificate", evidence="No. 7", until="2099-12-31")
    assert done.status_code == 303
    world.work()
    assert "Has the certificate (No. 7)" in page(world, "sofia", "/team")
    plan = page(world, "ana", "/my-training")
    assert "Has the certificate" in plan
    assert sofia.send(paths[0], "/team", reason="again").status_code == 409
    assert world.browser("marc").send(paths[0], reason="not his").status_code == 404
    with world.hub.reading() as uow:
        refused = [
            (r.action, r.reason) for r in list_audit(uow, actions=("goal_waived",), outcome="refused").rows
        ]
    assert sorted(refused) == [("goal_waived", "goal_waived"), ("goal_waived", "no_goal")]
    undo = re.search(r'href="(/team/decisions/[^"]+/end)"', page(world, "sofia", "/team"))
    assert undo is not None
    assert "comes back into the plan" in page(world, "sofia", undo[1])
    assert world.browser("marc").get(undo[1]).status_code == 404
    assert sofia.send(undo[1], "/team", dimension="service").status_code == 303
    world.work()
    assert "Has the certificate" not in page(world, "ana", "/my-training")


def test_a_goal_is_given_to_somebody_of_the_own_team_only(world: World) -> None:
    world.appoint("ana", "technician", "riverside", ["borealis"])
    sofia = world.browser("sofia")
    form = re.search(r'href="(/team/people/[^"]+/goals/new[^"]*)"', page(world, "sofia", "/team"))
    assert form is not None
    shown = page(world, "sofia", form[1])
    target = re.search(r'<option value="([^"]+:[^"]+)" >Understanding', shown)
    assert target is not None
    path = form[1].split("/new")[0]
    answer = sofia.send(path, form[1], dimension="service", kind="development")
    assert answer.status_code == 400
    sent = {"dimension": "service", "kind": "development", "target": target[1], "reason": "Helps at the desk"}
    assert sofia.send(path, form[1], **sent, due="9999-12-31").status_code == 400
    assert sofia.send(path, form[1], **sent, due="2099-05-01").status_code == 303
    world.work()
    assert "given by" in page(world, "ana", "/my-training")
    assert sofia.send(path, form[1], **sent).status_code == 409
    back = re.search(r'href="(/team/decisions/[^"]+/end)"', page(world, "sofia", "/team"))
    assert back is not None
    assert "leaves the plan" in page(world, "sofia", back[1])
    assert sofia.send(back[1], back[1], dimension="service").status_code == 303
    world.work()
    assert "given by" not in page(world, "ana", "/my-training")
    assert world.browser("marc").get(form[1]).status_code == 404
    assert world.browser("marc").send(path, **sent).status_code in (403, 404)


def test_a_learner_chooses_and_gives_up(world: World) -> None:
    ana = world.browser("ana")
    shown = page(world, "ana", "/my-training/catalogue?q=understanding")
    target = re.search(r'name="target" value="([^"]+)"', shown)
    assert target is not None
    assert "Nothing found" in page(world, "ana", "/my-training/catalogue?q=zzz")
    answer = ana.send("/my-training/choices", "/my-training/catalogue", target=target[1])
    assert answer.status_code == 303
    world.work()
    assert ana.send("/my-training/choices", "/my-training/catalogue", target=target[1]).status_code == 409
    assert ana.send("/my-training/choices", "/my-training/catalogue", target="x:y").status_code == 400
    plan = page(world, "ana", "/my-training")
    assert "chosen by yourself" in plan
    why = re.search(r'href="(/my-training/why/[^"]+)"', plan)
    assert why is not None
    drop = re.search(r'action="(/my-training/choices/[^"]+/drop)"', page(world, "ana", why[1]))
    assert drop is not None
    assert ana.send(drop[1], why[1]).status_code == 303
    world.work()
    assert "chosen by yourself" not in page(world, "ana", "/my-training")
