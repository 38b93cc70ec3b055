"""What comes through a setup link and still waits for an operator: another partner's issuer, and a tool's renewal."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.errors import BadInput, Missing
from hub.lti.registration import setup_steps
from hub.lti.registration.decide import decide_draft
from hub.lti.registration.drafts import Draft, list_drafts, read_draft, waiting_of_link
from hub.lti.registration.explain import EXPLANATIONS
from hub.lti.tool.platforms import connect_platform, read_platform
from hub.lti.tools import read_tool
from hub.network.systems.setup_links import NewLink, make_setup_link, read_setup_link
from tests.lti.registration.desk import TOOL, Desk

BROWSER = "browser-secret"
EAST = "https://east.example"


def platform(system: str, client_id: str = "hub", **changes: str) -> dict[str, str]:
    addresses = {name: f"{system}/{name}" for name in ("authorize_url", "token_url", "jwks_url")}
    return {"issuer": system, "client_id": client_id, **addresses, **changes}


def make(desk: Desk, parts: Any = ("tool", "platform")) -> tuple[NewLink, str]:
    with desk.hub.unit_of_work() as uow:
        link = make_setup_link(uow, desk.partners["riverside"], parts, "LMS West", None)
    return link, urlsplit(link.address).path.rpartition("/")[2]


def connect_another(desk: Desk, owner: str | None, **changes: str) -> None:
    """East is there already, and whose it is."""
    with desk.hub.unit_of_work() as uow:
        partner_id = desk.partners[owner] if owner else None
        settings: Any = platform(EAST, "hub-of-another", **changes)
        connect_platform(uow, "east", "LMS East", partner_id, **settings)


def waiting(desk: Desk, link: NewLink) -> list[Draft]:
    with desk.hub.reading() as uow:
        return waiting_of_link(uow, link.id)


@pytest.mark.parametrize("owner", ["lakeside", None])
@pytest.mark.parametrize(
    ("entered", "flags"),
    [
        (platform(EAST, "mine"), ["issuer_of_another", "audience_shared"]),
        (platform("https://EAST.example:443/", "mine"), ["issuer_of_another", "audience_shared"]),
        (platform("https://west.example", issuer=EAST), ["issuer_of_another"]),
        (platform("https://west.example", token_url=f"{EAST}/other"), ["audience_shared"]),
        (platform("https://west.example", token_audience=EAST), ["audience_shared"]),
    ],
)
def test_r5_platform_of_another_partners_system_waits_for_an_operator(
    desk: Desk, owner: str | None, entered: dict[str, str], flags: list[str]
) -> None:
    connect_another(desk, owner)
    link, code = make(desk)
    assert setup_steps.enter_platform(desk.hub, code, BROWSER, **entered) is None
    (draft,) = waiting(desk, link)
    assert draft.received is not None
    assert draft.received["flags"] == flags
    assert set(flags) <= EXPLANATIONS.keys()
    assert (draft.direction, draft.connection_id, draft.setup_link_id) == ("platform", None, link.id)
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id is None
        assert [each.id for each in list_drafts(uow, state="received")] == [draft.id]
    with pytest.raises(BadInput, match="Nothing has been connected"):
        setup_steps.try_connection(desk.hub, code, BROWSER)


def test_r5_operator_approves_the_platform_and_the_link_goes_on_with_it(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, "mine", deployment_id="7"))
    (draft,) = waiting(desk, link)
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, True, None)
    with desk.hub.reading() as uow:
        connection_id = read_setup_link(uow, link.id).connection_id
        assert connection_id is not None
        made = read_platform(uow, connection_id)
    assert (made.issuer, made.client_id, made.partner_id) == (EAST, "mine", desk.partners["riverside"])
    assert waiting(desk, link) == []
    setup_steps.finish(desk.hub, code, BROWSER)


def test_r5_platform_that_is_refused_is_never_made(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, "mine"))
    (draft,) = waiting(desk, link)
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, False, None)
    with desk.hub.reading() as uow:
        assert read_setup_link(uow, link.id).connection_id is None
    assert waiting(desk, link) == []


def test_r5_side_of_a_connected_lms_waits_as_well(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    tool = {"login_url": f"{TOOL}/login", "launch_url": f"{TOOL}/launch", "jwks_url": f"{TOOL}/jwks"}
    made = setup_steps.enter_tool(desk.hub, code, BROWSER, **tool)
    assert setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, "mine")) is None
    with desk.hub.reading() as uow, pytest.raises(Missing):
        read_platform(uow, made.connection_id)
    (draft,) = waiting(desk, link)
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, True, None)
    with desk.hub.reading() as uow:
        assert read_platform(uow, made.connection_id).client_id == "mine"


def test_r5_platform_that_waits_may_be_approved_when_the_link_has_its_tool_by_then(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    assert setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, "mine")) is None
    tool = {"login_url": f"{TOOL}/login", "launch_url": f"{TOOL}/launch", "jwks_url": f"{TOOL}/jwks"}
    made = setup_steps.enter_tool(desk.hub, code, BROWSER, **tool)
    (draft,) = waiting(desk, link)
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, True, None)
    with desk.hub.reading() as uow:
        assert read_platform(uow, made.connection_id).client_id == "mine"


def test_r5_correction_takes_the_place_of_what_waits(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    for client_id in ("mien", "mine", "mine"):
        assert setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, client_id)) is None
    (draft,) = waiting(desk, link)
    assert draft.received is not None
    assert draft.received["settings"]["client_id"] == "mine"


@pytest.mark.parametrize("owner", ["riverside", "lakeside"])
def test_platform_of_ones_own_system_or_one_that_is_nobody_elses_needs_nobody(desk: Desk, owner: str) -> None:
    connect_another(desk, owner)
    link, code = make(desk)
    system = EAST if owner == "riverside" else "https://west.example"
    assert setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(system, "mine")) is not None
    assert waiting(desk, link) == []


def test_what_is_wrong_with_the_platform_is_said_at_once(desk: Desk) -> None:
    connect_another(desk, "lakeside")
    link, code = make(desk)
    record = desk.record()
    with pytest.raises(BadInput):
        setup_steps.enter_platform(desk.hub, code, BROWSER, **platform(EAST, "mine", jwks_url="ftp://x"))
    record.assert_refused("setup_link", "bad_platform")
    assert waiting(desk, link) == []


def test_r5_renewal_of_a_tool_through_its_setup_link_waits_for_an_operator(desk: Desk) -> None:
    link, code = make(desk, ["tool"])
    first = setup_steps.open_registration(desk.hub, code, BROWSER, "tool", f"{TOOL}/register")
    assert desk.register(first.code).status_code == 201
    with desk.hub.reading() as uow:
        connection_id = read_setup_link(uow, link.id).connection_id
        assert connection_id is not None
        before = read_tool(uow, connection_id)
    assert before.closed == ""
    again = setup_steps.open_registration(desk.hub, code, BROWSER, "tool", f"{TOOL}/register")
    moved = desk.metadata(
        redirect_uris=[f"{TOOL}/new"],
        configuration={
            "target_link_uri": f"{TOOL}/new",
            "messages": [{"type": "LtiResourceLinkRequest"}],
        },
    )
    answer = desk.register(again.code, moved)
    assert (answer.status_code, answer.get_json()["client_id"]) == (201, before.client_id)
    (draft,) = waiting(desk, link)
    assert draft.received is not None
    assert draft.received["flags"] == ["tool_renewed"]
    assert "tool_renewed" in EXPLANATIONS
    with desk.hub.reading() as uow:
        assert read_tool(uow, connection_id) == before
    with desk.hub.unit_of_work() as uow:
        decide_draft(uow, draft.id, True, None)
    with desk.hub.reading() as uow:
        assert read_tool(uow, connection_id).redirect_uris == (f"{TOOL}/new",)
        assert read_draft(uow, draft.id).state == "approved"
