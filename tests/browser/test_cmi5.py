"""A packaged AU in a real browser: sandboxed, it fetches its token, reports, comes back, and the plan says it is done."""

import re
from dataclasses import replace
from functools import partial

import pytest
from playwright.sync_api import ConsoleMessage, expect

from hub.xapi.cmi5.courses import course_of_offering
from hub.xapi.cmi5.launch import Asked, start_launch
from hub.xapi.cmi5.waive import waive_au
from tests.browser.conftest import Site
from tests.browser.test_pages import overflow, severe
from tests.xapi.cmi5.packages import au, block, course, package
from tests.xapi.cmi5.rig import Courses

PAGE = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Brakes</title><link rel="stylesheet" href="look.css">
<script type="module" src="unit.js"></script></head>
<body><h1>Brakes</h1><p id="state">Loading</p><button id="finish" disabled>Finish</button></body></html>
"""
LOOK = b"#state { color: rgb(1, 2, 3); }"
UNIT = rb"""
const asked = new URLSearchParams(location.search);
const [endpoint, activityId, registration] = ["endpoint", "activityId", "registration"].map((name) => asked.get(name));
const actor = JSON.parse(asked.get("actor"));
const say = (text) => { document.getElementById("state").textContent = text; };
const began = Date.now();
let count = 0;

async function call(method, resource, parameters, body) {
  const query = new URLSearchParams(parameters);
  const headers = { Authorization: `Basic ${token}`, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json" };
  const answer = await fetch(`${endpoint}${resource}?${query}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${resource} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

function statement(verb, result) {
  const context = structuredClone(launch.contextTemplate);
  context.registration = registration;
  const categories = ["https://w3id.org/xapi/cmi5/context/categories/cmi5"];
  if (result && ("success" in result || "completion" in result)) categories.push("https://w3id.org/xapi/cmi5/context/categories/moveon");
  context.contextActivities.category = categories.map((id) => ({ id }));
  if (result?.score) context.extensions["https://w3id.org/xapi/cmi5/context/extensions/masteryscore"] = launch.masteryScore;
  return {
    id: crypto.randomUUID?.() ?? `00000000-0000-4000-8000-${String(began).slice(-11)}${count++}`,
    actor,
    verb: { id: `http://adlnet.gov/expapi/verbs/${verb}` },
    object: { id: activityId },
    timestamp: new Date(began + 1000 * count++).toISOString(),
    context,
    ...(result ? { result } : {}),
  };
}

let token, launch;
try {
  const fetched = await (await fetch(asked.get("fetch"), { method: "POST" })).json();
  token = fetched["auth-token"];
  const of = { activityId, agent: JSON.stringify(actor), registration, stateId: "LMS.LaunchData" };
  launch = await (await call("GET", "activities/state", of)).json();
  await call("GET", "agents/profile", { profileId: "cmi5LearnerPreferences", agent: JSON.stringify(actor) });
  await call("POST", "statements", {}, [statement("initialized")]);
  let kept = "nothing";
  try { kept = document.cookie || String(localStorage.length); } catch { kept = "no storage"; }
  say(`Ready, ${kept}, origin ${self.origin}`);
  document.getElementById("finish").disabled = false;
} catch (error) {
  say(String(error));
}

document.getElementById("finish").addEventListener("click", async () => {
  const duration = "PT1S";
  try {
    await call("POST", "statements", {}, [
      statement("completed", { completion: true, duration }),
      statement("passed", { success: true, score: { scaled: 0.9 }, duration }),
      statement("terminated", { duration }),
    ]);
    location.href = launch.returnURL;
  } catch (error) {
    say(String(error));
  }
});
"""


@pytest.fixture
def with_course(site: Site) -> Site:
    """Ana is to take a course of one AU."""
    content = package(
        course(au(moveOn="CompletedAndPassed", masteryScore="0.8")),
        {"index.html": PAGE, "look.css": LOOK, "unit.js": UNIT},
    )
    Courses(site.world).begin().add(content)
    return site


def test_from_the_plan_through_the_course_back_to_a_plan_that_is_done(with_course: Site) -> None:
    page = with_course.open("ana")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto("/my-training")
    page.get_by_role("button", name="Start Brake systems").click()
    state = page.locator("#state")
    expect(state).to_have_text(
        "Ready, no storage, origin null"
    )  # the hub's cookies and storage are out of its reach
    expect(state).to_have_css("color", "rgb(1, 2, 3)")
    page.get_by_role("button", name="Finish").click()
    expect(page).to_have_url(re.compile("/courses/[0-9a-f-]{36}$"))
    expect(page.get_by_role("heading", name="Brake systems", level=1)).to_be_visible()
    expect(page.get_by_text("Passed")).to_be_visible()
    with_course.world.work()
    page.goto("/my-training")
    expect(page.locator(".line-done", has_text="Brake systems")).to_be_visible()
    assert wrong == []


def test_on_a_host_of_its_own_a_course_has_storage_and_the_hub_is_out_of_reach(with_course: Site) -> None:
    hub = with_course.world.hub
    content_url = with_course.url.replace("127.0.0.1", "localhost")
    settings = hub.settings.model_copy(update={"content_url": content_url})
    with_course.world.app.extensions["hub"] = replace(hub, settings=settings)
    page = with_course.open("ana")
    page.goto("/my-training")
    page.get_by_role("button", name="Start Brake systems").click()
    expect(page.locator("#state")).to_have_text(
        f"Ready, 0, origin {content_url}"
    )  # no cookie, an empty storage
    page.get_by_role("button", name="Finish").click()
    expect(page).to_have_url(re.compile(f"^{with_course.url}/courses/"))


def test_the_pages_about_courses_are_accessible_at_every_width(with_course: Site) -> None:
    courses, world = Courses(with_course.world), with_course.world
    title = "Advanced Diagnostics of Networked Chassis Control Systems in the Current Model Range"
    nested = course(
        au("one", title, moveOn="Passed"),
        block("basics", au("two", moveOn="Completed"), block("more", au("three", title, moveOn="Passed"))),
        id="https://publisher.example/two",
    )
    courses.add(package(nested), key="two")
    with world.hub.unit_of_work() as uow:
        found = course_of_offering(uow, world.ids["two"])
        waive_au(
            uow, found.id, courses.nodes("two")["two"].id, world.ids["ana"], "Tested Out", world.ids["olga"]
        )
    start_launch(world.hub, world.ids["ana"], Asked(world.ids["two"], courses.nodes("two")["one"].id))
    pages = {
        f"/courses/{world.ids['two']}": "ana",
        "/admin/courses": "olga",
        f"/admin/courses/{world.ids['two']}?person={world.ids['ana']}": "olga",
    }
    for path, who in pages.items():
        page = with_course.open(who)
        complaints: list[str] = []
        page.on("console", partial(_note, complaints))
        page.goto(path, wait_until="networkidle")
        assert severe(page) == []
        page.emulate_media(color_scheme="dark")
        assert severe(page, "color-contrast") == []
        page.emulate_media(color_scheme="light")
        for width in (1280, 375, 360):
            page.set_viewport_size({"width": width, "height": 700})
            assert overflow(page) == 0, (path, width)
        assert severe(page) == []
        assert complaints == []
        page.context.close()


def _note(complaints: list[str], message: ConsoleMessage) -> None:
    complaints.append(message.text)
