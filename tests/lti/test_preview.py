"""The preview of a launch: the same as the launch, and nothing written."""

import pytest

from hub.errors import Missing
from hub.lti.id_token import LIFETIME
from hub.lti.preview import WILL_BE_MADE, Preview, preview_launch
from hub.lti.tools import set_tool_disabled, update_tool
from hub.lti.vocabulary import CLAIM
from tests.lti.rig import Rig


def preview(rig: Rig, person: str = "ann", course: str = "brakes") -> Preview:
    with rig.hub.reading() as uow:
        return preview_launch(uow, rig.world.ids[person], rig.world.ids[course])


def test_it_shows_what_the_launch_tells(rig: Rig) -> None:
    told = rig.launch()
    shown = preview(rig)
    assert shown.claims == told | {"nonce": WILL_BE_MADE}
    assert shown.claims["exp"] - shown.claims["iat"] == LIFETIME.total_seconds()
    assert shown.fields == dict(rig.start().fields) | {"login_hint": WILL_BE_MADE}
    assert shown.hindrance == ""


def test_nothing_is_written_and_no_subject_is_issued(rig: Rig) -> None:
    record = rig.record()
    shown = preview(rig)
    assert shown.claims["sub"] == WILL_BE_MADE
    record.assert_nothing()
    told = rig.launch()
    assert shown.claims[CLAIM + "resource_link"] == told[CLAIM + "resource_link"], "ids are known before"


@pytest.mark.parametrize("hindrance", ["not_assigned", "tool_disabled", "tool_pending"])
def test_it_says_why_the_launch_would_be_refused(rig: Rig, hindrance: str) -> None:
    with rig.hub.unit_of_work() as uow:
        if hindrance == "tool_disabled":
            set_tool_disabled(uow, rig.north.connection_id, disabled=True)
        if hindrance == "tool_pending":
            update_tool(uow, rig.north.connection_id, state="pending")
    assert preview(rig, "cid" if hindrance == "not_assigned" else "ann").hindrance == hindrance


def test_a_course_that_is_not_launched_by_lti_has_none(rig: Rig) -> None:
    from hub.network.systems.connections import create_connection

    with rig.hub.unit_of_work() as uow:
        rig.world.ids["plain"] = create_connection(uow, "plain", "lms", "No LTI")
    rig.world.add_courses("plain", "oil")
    with pytest.raises(Missing):
        preview(rig, course="oil")
