"""Variables in custom parameters (LTI 1.3, appendix B)."""

import pytest

from hub.lti.resource_links import default_line_item_id, place_offering
from hub.lti.tools import update_tool
from hub.lti.vocabulary import CLAIM, NRPS_SCOPE
from tests.lti.rig import Rig


def custom_of(rig: Rig, custom: dict[str, str], person: str = "ann") -> dict[str, str]:
    """The parameters a tool is told when these stand at the course."""
    with rig.hub.unit_of_work() as uow:
        place_offering(uow, rig.world.ids["brakes"], custom=custom)
    told = dict(rig.launch(person)[CLAIM + "custom"])
    return {name: told[name] for name in custom}


def test_variables_have_the_values_of_this_launch(rig: Rig) -> None:
    link = rig.context()
    items = f"{rig.base}/lti/contexts/{link}/lineitems"
    subject = rig.subject("ann", "brakes")
    expected = {
        "$User.id": subject,
        "$Person.sourcedId": subject,
        "$Person.name.full": "ann Tester",
        "$Person.name.given": "ann",
        "$Person.name.family": "Tester",
        "$Person.email.primary": "ann@riverside.example",
        "$Membership.role": "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
        "$ResourceLink.id": link,
        "$ResourceLink.title": "Brakes",
        "$Context.id": link,
        "$Context.title": "Brakes",
        "$Context.label": "brakes",
        "$CourseSection.title": "Brakes",
        "$LineItem.url": f"{items}/{default_line_item_id(link)}",
        "$LineItems.url": items,
        "$Message.returnUrl": f"{rig.base}/my-training",
        "$Message.locale": "en",
        "$Message.documentTarget": "window",
        "$ToolPlatformInstance.url": rig.base,
        "$ToolPlatformInstance.name": "Partner Training Hub",
        "$ToolPlatform.productFamilyCode": "partner-training-hub",
    }
    custom = {name.strip("$"): name for name in expected}
    assert custom_of(rig, custom) == {name.strip("$"): value for name, value in expected.items()}


@pytest.mark.parametrize(
    "text",
    ["$Unknown.variable", "costs $User.id", "$User.id ", "$user.id", "$", "", "$Person.address.street1"],
)
def test_what_is_no_known_variable_goes_as_it_was_written(rig: Rig, text: str) -> None:
    assert custom_of(rig, {"value": text}) == {"value": text}


def test_p14_personal_variables_stay_unexpanded_for_a_tool_without_personal_data(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, shares_personal_data=False)
    personal = {
        "full": "$Person.name.full",
        "given": "$Person.name.given",
        "family": "$Person.name.family",
        "mail": "$Person.email.primary",
    }
    assert custom_of(rig, personal) == personal
    told = custom_of(rig, {"id": "$Person.sourcedId"})
    assert told["id"] not in {"$Person.sourcedId", rig.world.ids["ann"]}, (
        "the subject, never the hub's own id"
    )


def test_addresses_of_services_the_tool_may_not_use_stay_unexpanded(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, scopes=[NRPS_SCOPE])
    assert custom_of(rig, {"items": "$LineItems.url"}) == {"items": "$LineItems.url"}


def test_parameters_of_the_tool_come_first_and_those_of_the_course_win(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        update_tool(uow, rig.north.connection_id, custom={"unit": "1", "user": "$User.id"})
        place_offering(uow, rig.world.ids["brakes"], custom={"unit": "2"})
    claims = rig.launch()
    told = claims[CLAIM + "custom"]
    assert (told["unit"], told["user"]) == ("2", claims["sub"])
    assert {"hub_actor", "registration"} < told.keys()


def test_a_name_that_looks_like_a_variable_is_not_expanded_again(rig: Rig) -> None:
    from hub.network import tables as network

    detail = network.person_detail
    with rig.hub.unit_of_work() as uow:
        mine = detail.c.person_id == rig.world.ids["ann"]
        uow.connection.execute(detail.update().where(mine).values(given_name="$Person.email.primary"))
    assert custom_of(rig, {"given": "$Person.name.given"}) == {"given": "$Person.email.primary"}
