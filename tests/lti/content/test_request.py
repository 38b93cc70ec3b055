"""The hub asks a tool what it has: who may, and what the tool is told (Deep Linking 2.0, section 4.4)."""

import pytest

from hub.errors import NotAllowed
from hub.lti.content.request import start_content
from hub.lti.tools import set_tool_disabled, update_tool
from hub.lti.vocabulary import CLAIM
from tests.lti.content.choosing import SETTINGS, Choosing
from tests.lti.rig import Form, Rig


def test_the_request_tells_what_may_come_back_and_where_to(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.world.ids["north"], deep_linking_url="http://127.0.0.1:9/north/choose")
    claims = Choosing(rig).ask()
    data = claims[SETTINGS].pop("data")
    assert len(data) > 40
    assert claims[SETTINGS] == {
        "deep_link_return_url": rig.hub.settings.url("/lti/content"),
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["window", "iframe"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": False,
    }
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingRequest"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == rig.north.deployment_id
    assert claims[CLAIM + "target_link_uri"] == "http://127.0.0.1:9/north/choose"
    assert claims[CLAIM + "roles"] == ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]
    assert CLAIM + "resource_link" not in claims


def test_the_data_of_every_request_is_another(rig: Rig) -> None:
    choosing = Choosing(rig)
    first, second = choosing.ask(), choosing.ask()
    assert first[SETTINGS]["data"] != second[SETTINGS]["data"]


def test_one_course_can_be_asked_for(rig: Rig) -> None:
    assert Choosing(rig).ask(accept_multiple=False)[SETTINGS]["accept_multiple"] is False


def test_dl4_a_learner_starts_deep_linking(rig: Rig) -> None:
    choosing = Choosing(rig)
    record = rig.record()
    with pytest.raises(NotAllowed) as refused:
        start_content(rig.hub, "north", choosing.session("bob"), accept_multiple=True)
    assert (refused.value.status, refused.value.code) == (403, "not_operator")
    record.assert_refused("lti_content", "not_operator")


def test_dl4_an_operator_no_more_when_the_tool_comes_for_the_message(rig: Rig) -> None:
    choosing = Choosing(rig)
    login = start_content(rig.hub, "north", choosing.session(), accept_multiple=True)
    choosing.resign()
    record = rig.record()
    form = Form(rig.authorize(rig.request_for(login)).text)
    assert form.fields["error"] == "access_denied"
    record.assert_refused("launch", "not_operator")


def test_p15_nothing_is_asked_of_a_tool_that_is_switched_off(rig: Rig) -> None:
    choosing = Choosing(rig)
    with rig.hub.unit_of_work() as uow:
        set_tool_disabled(uow, rig.world.ids["north"], disabled=True)
    record = rig.record()
    with pytest.raises(NotAllowed):
        start_content(rig.hub, "north", choosing.session(), accept_multiple=True)
    record.assert_refused("lti_content", "tool_disabled")
