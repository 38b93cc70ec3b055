"""What operators see of one learner, of a launch before it happens, of keys, and of systems that register themselves."""

from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.journal.outbox import enqueue
from hub.journal.tables import outbox
from hub.lti.bridge.pass_back import AGS_SCORE
from hub.lti.launch import start_launch
from hub.lti.platform_keys import list_platform_keys
from hub.lti.registration.drafts import list_drafts
from hub.lti.resource_links import default_line_item_id, place_offering
from hub.lti.tables import lti_launch, lti_line_item, lti_result
from tests.web.test_connections import text
from tests.web.world import Browser, World

REGISTRATION = {"name": "LMS East", "slug": "lms-east", "partner": "Harbor Auto Group"}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def test_a_learner_is_found_and_shown_with_launches_and_credits(world: World, olga: Browser) -> None:
    world.appoint("ana", "technician", "riverside", brands=["borealis"])
    start_launch(world.hub, world.ids["ana"], world.ids["brake-safety"], "session")
    world.complete("ana", "battery", "north")
    assert "Whom do you look for?" in olga.get("/admin/learners").text
    assert f'/admin/learners/{world.ids["ana"]}"' in olga.get("/admin/learners?who=lopes").text
    assert "Nobody found" in olga.get("/admin/learners?who=zzz").text
    page = text(olga.get(f"/admin/learners/{world.ids['ana']}").text)
    for words in ("Ana Lopes", "Brake Safety Essentials", "Did not arrive", "High-Voltage", "Never yet."):
        assert words in page
    assert olga.get("/admin/learners/nobody").status_code == 404


def test_a_launch_is_shown_before_it_happens_and_nothing_is_written(world: World, olga: Browser) -> None:
    world.appoint("ana", "technician", "riverside")
    ana, course = world.ids["ana"], world.ids["brake-safety"]
    assert "Whose launch?" in olga.get("/admin/preview").text
    assert "Brake Safety Essentials (LMS North)" in olga.get(f"/admin/preview?person={ana}").text
    page = text(olga.get(f"/admin/preview?person={ana}&offering={course}").text)
    for words in ("would go through", "login_hint", "LtiResourceLinkRequest", "https://north.example/launch"):
        assert words in page
    other = text(olga.get(f"/admin/preview?person={ana}&offering={world.ids['needs']}").text)
    assert "not_assigned" in other
    assert olga.get(f"/admin/preview?person={ana}&offering=x").status_code == 404
    with world.hub.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(lti_launch)) == 0


def test_a_new_key_signs_when_an_operator_makes_one(world: World, olga: Browser) -> None:
    assert "No key yet" in olga.get("/admin/keys").text
    for _ in range(2):
        assert olga.send("/admin/keys", "/admin/keys").status_code == 303
    page = text(olga.get("/admin/keys").text)
    assert "Signs" in page
    assert "Still published" in page
    with world.hub.reading() as uow:
        assert [key.signs for key in list_platform_keys(uow)].count(True) == 1
    assert "older than a year" not in olga.get("/admin").text
    world.hub.clock.advance(days=366)  # type: ignore[attr-defined]
    assert "older than a year" in world.browser("olga").get("/admin").text


@pytest.mark.parametrize("direction", ["tool", "platform"])
def test_a_registration_is_opened(world: World, olga: Browser, direction: str) -> None:
    form = {**REGISTRATION, "direction": direction, "registration_url": "https://east.example/register"}
    page = f"/admin/connect/registration?direction={direction}"
    opened = olga.send("/admin/connect/registration", page, **form)
    assert opened.status_code == 200
    assert ("openid_configuration=" if direction == "tool" else "/lti/tool/register/") in opened.text
    assert "Waits for the LMS" in text(olga.get("/admin/registrations").text)
    refused = olga.send("/admin/connect/registration", page, direction=direction)
    assert refused.status_code == 400
    assert 'id="name-problem"' in refused.text
    if direction == "tool":
        wrong = olga.send("/admin/connect/registration", page, **{**form, "registration_url": "ftp://x"})
        assert 'id="registration_url-problem"' in wrong.text


def test_what_a_tool_sent_is_decided_by_an_operator(world: World, olga: Browser) -> None:
    form = {**REGISTRATION, "direction": "tool", "registration_url": "https://east.example/register"}
    opened = olga.send("/admin/connect/registration", "/admin/connect/registration", **form).text
    token = opened.partition("registration_token=")[2].partition('"')[0].partition("&")[0]
    answer = world.app.test_client().post(
        "/lti/register",
        headers={"Authorization": f"Bearer {token}"},
        json={
            "application_type": "web",
            "client_name": "East",
            "grant_types": ["client_credentials", "implicit"],
            "response_types": ["id_token"],
            "initiate_login_uri": "https://east.example/login",
            "redirect_uris": ["https://east.example/launch"],
            "jwks_uri": "https://east.example/jwks",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "",
            "https://purl.imsglobal.org/spec/lti-tool-configuration": {
                "domain": "east.example",
                "target_link_uri": "https://east.example/launch",
                "claims": ["iss", "sub"],
                "messages": [{"type": "LtiResourceLinkRequest"}],
            },
        },
    )
    assert answer.status_code == 201, answer.text
    page = text(olga.get("/admin/registrations").text)
    assert "Waits for you" in page
    assert "https://east.example/login" in page
    assert "1 registration of an LMS to decide on" in text(olga.get("/admin").text)
    with world.hub.reading() as uow:
        id = list_drafts(uow)[0].id
    decided = olga.send(f"/admin/registrations/{id}", "/admin/registrations", do="approve")
    assert urlsplit(decided.location).path == "/admin/connections/lms-east"
    assert "Approved" in text(olga.get("/admin/registrations").text)
    again = olga.post(f"/admin/registrations/{id}", data={})
    assert again.status_code == 400


def test_a_parked_score_is_sent_again_or_let_be(world: World, olga: Browser) -> None:
    page = f"/admin/learners/{world.ids['ana']}"
    for number, (do, state) in enumerate((("resend", "waiting"), ("dismiss", "dismissed"))):
        with world.hub.unit_of_work() as uow:
            body = {
                "placement_id": "p",
                "target_kind": "offering",
                "target_id": world.ids["needs"],
                "statement_id": "s",
                "given": "7",
                "maximum": "10",
                "progress": "Completed",
            }
            enqueue(uow, AGS_SCORE, world.ids["north"], f"ags:{number}", body, world.ids["ana"])
            row = sa.select(outbox.c.id).where(outbox.c.key == f"ags:{number}")
            id = uow.connection.scalar(row) or ""
            values = {"state": "parked", "code": "refused_404", "status": 404}
            uow.connection.execute(sa.update(outbox).where(outbox.c.id == id).values(**values))
        shown = text(olga.get(page).text)
        assert "7 of 10" in shown
        assert "refused_404" in shown
        assert "Score → LMS North" in text(olga.get("/admin/deliveries?state=parked").text)
        assert olga.send(f"{page}/scores", page, score=id, do=do).status_code == 303
        with world.hub.reading() as uow:
            assert uow.connection.scalar(sa.select(outbox.c.state).where(outbox.c.id == id)) == state


def test_work_is_looked_at_in_the_lms_that_shows_it(world: World, olga: Browser) -> None:
    ana, now = world.ids["ana"], world.hub.clock.now()
    with world.hub.unit_of_work() as uow:
        item = default_line_item_id(place_offering(uow, world.ids["brake-safety"]).id)
        shows = {"reviewable_status": ["Completed"], "label": "Open the test", "url": "", "custom": {}}
        uow.connection.execute(
            sa.update(lti_line_item).where(lti_line_item.c.id == item).values(submission_review=shows)
        )
        uow.connection.execute(
            sa.insert(lti_result).values(
                line_item_id=item,
                person_id=ana,
                timestamp=now,
                statement_id=new_id(),
                score={"activityProgress": "Completed"},
            )
        )
    page = f"/admin/learners/{ana}"
    assert "Brake Safety Essentials: Open the test" in text(olga.get(page).text)
    answer = olga.send(f"{page}/review", page, line_item=item)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://north.example/")
    assert olga.send(f"{page}/review", page, line_item="nothing").status_code == 404
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(lti_result).values(score={"activityProgress": "Started"}))
    assert "Open the test" not in olga.get(page).text, "not in this state"


def test_r7_pages_and_forms_are_for_operators(world: World, olga: Browser) -> None:
    marc = world.browser("marc")
    for path in (
        "/admin/learners",
        "/admin/preview",
        "/admin/keys",
        "/admin/registrations",
        "/admin/setup-links",
    ):
        assert marc.get(path).status_code == 403
    for path in (
        "/admin/keys",
        "/admin/setup-links",
        "/admin/setup-links/x/revoke",
        "/admin/registrations/x",
        "/admin/connect/registration",
        f"/admin/learners/{world.ids['ana']}/scores",
        f"/admin/learners/{world.ids['ana']}/review",
    ):
        assert olga.post(path, data={}).status_code == 400
        assert marc.send(path).status_code == 403
