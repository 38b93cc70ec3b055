"""What was chosen in a tool becomes courses: all at once, once, and for the session that asked."""

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing, NotAllowed
from hub.lti.content.import_items import ImportCounts, import_chosen
from hub.lti.content.offered import read_content
from hub.lti.content.tables import lti_content_request
from hub.lti.tables import lti_line_item, lti_resource_link
from hub.lti.tools import set_tool_disabled
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offerings
from hub.training.tables import offering
from tests.lti.content.choosing import GOOD, Choosing
from tests.lti.rig import Form, Rig

OIL = {"type": "ltiResourceLink", "title": "Oil & filters", "url": "http://127.0.0.1:9/north/oil"}


@pytest.fixture
def choosing(rig: Rig) -> Choosing:
    return Choosing(rig)


def take(choosing: Choosing, request_id: str, *indexes: int) -> ImportCounts:
    return import_chosen(choosing.rig.hub, request_id, indexes, choosing.session())


def chosen(choosing: Choosing) -> dict[str, sa.Row[tuple[object, ...]]]:
    """Imported courses with their place and line item, by key."""
    query = (
        sa.select(
            offering,
            lti_resource_link.c.target_link_uri,
            lti_resource_link.c.custom,
            lti_line_item.c.label,
            lti_line_item.c.score_maximum,
            lti_line_item.c.resource_id,
            lti_line_item.c.tag,
        )
        .join(lti_resource_link, lti_resource_link.c.offering_id == offering.c.id)
        .join(lti_line_item, lti_line_item.c.resource_link_id == lti_resource_link.c.id)
        .where(offering.c.external_id.startswith("chosen:"))
    )
    with choosing.rig.hub.reading() as uow:
        return {row.key: row for row in uow.connection.execute(query)}


def test_many_items_become_courses_at_once(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD, OIL)
    assert chosen(choosing) == {}
    assert take(choosing, request_id, 0, 1) == ImportCounts(2, 0, 0)
    courses = chosen(choosing)
    brakes, oil = courses["north-brakes"], courses["north-oil-filters"]
    assert (brakes.title, brakes.description) == ("Brakes", "All about brakes")
    assert (brakes.target_link_uri, brakes.custom) == ("http://127.0.0.1:9/north/brakes", {"unit": "7"})
    assert (brakes.label, brakes.score_maximum, brakes.resource_id, brakes.tag) == (
        "Brakes",
        10,
        "b-1",
        "final",
    )
    assert brakes.activity_id.startswith("urn:uuid:")
    assert (oil.activity_id, oil.score_maximum) == ("http://127.0.0.1:9/north/oil", 100)


def test_only_what_is_ticked_is_imported(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD, OIL)
    assert take(choosing, request_id, 1) == ImportCounts(1, 0, 0)
    assert [*chosen(choosing)] == ["north-oil-filters"]


def test_the_same_again_changes_nothing(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD, OIL)
    take(choosing, request_id, 0, 1)
    before = chosen(choosing)
    assert take(choosing, request_id, 0, 1) == ImportCounts(0, 0, 2)
    record = choosing.rig.record()
    again = choosing.offer(GOOD, OIL)
    assert take(choosing, again, 0, 1) == ImportCounts(0, 0, 2)
    assert chosen(choosing) == before
    assert not {"offering", "lti_resource_link", "lti_line_item", "change"} & record.changed()


def test_new_words_and_a_new_maximum_change_a_course_and_keep_its_key(choosing: Choosing) -> None:
    take(choosing, choosing.offer(GOOD), 0)
    before = chosen(choosing)["north-brakes"]
    renamed = {**GOOD, "title": "Brakes 2", "lineItem": {"scoreMaximum": 20}}
    assert take(choosing, choosing.offer(renamed), 0) == ImportCounts(0, 1, 0)
    after = chosen(choosing)["north-brakes"]
    assert (after.id, after.activity_id) == (before.id, before.activity_id)
    assert (after.title, after.label, after.score_maximum) == ("Brakes 2", "Brakes 2", 20)


def test_equal_titles_get_keys_of_their_own(choosing: Choosing) -> None:
    items = [{**GOOD, "custom": {"unit": str(n)}} for n in range(3)]
    assert take(choosing, choosing.offer(*items), 0, 1, 2).added == 3
    keys = sorted(chosen(choosing))
    assert keys[0] == "north-brakes"
    assert len({*keys}) == 3


def test_a_synchronized_catalogue_does_not_retire_what_was_chosen(choosing: Choosing) -> None:
    rig = choosing.rig
    take(choosing, choosing.offer(OIL), 0)
    row = CatalogueRow("b", "only-one", "Only one", "https://north.example/only")
    with rig.hub.unit_of_work() as uow:
        assert set_offerings(uow, rig.world.ids["north"], [row]).retired == 2
    assert chosen(choosing)["north-oil-filters"].retired is False


def test_an_imported_course_is_launched_where_the_tool_said(choosing: Choosing) -> None:
    rig = choosing.rig
    take(choosing, choosing.offer(GOOD), 0)
    rig.world.ids["chosen"] = chosen(choosing)["north-brakes"].id
    rig.assign("ann", "chosen")
    request = rig.request_for(rig.start("ann", "chosen"), redirect_uri="http://127.0.0.1:9/north/launch")
    claims = rig.claims(Form(rig.authorize(request).text).fields["id_token"])
    assert claims[CLAIM + "target_link_uri"] == "http://127.0.0.1:9/north/brakes"
    assert claims[CLAIM + "custom"]["unit"] == "7"


def test_import_leaves_one_audit_row_with_counts(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD, OIL)
    record = choosing.rig.record()
    take(choosing, request_id, 0, 1)
    assert record.audited() == [("offering_imported", "done", "")]
    assert choosing.last_detail() == {"added": 2, "changed": 0, "unchanged": 0}


def test_dl2_refused_items_are_shown_with_reasons_and_cannot_be_imported(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD, {**GOOD, "url": "https://evil.example/"}, {"type": "html"})
    assert choosing.reasons(request_id) == ["", "foreign_url", "type_not_accepted"]
    record = choosing.rig.record()
    with pytest.raises(BadInput):
        take(choosing, request_id, 0, 1)
    record.assert_refused("lti_content", "item_refused")


def test_dl2_two_items_where_one_was_asked_for(choosing: Choosing) -> None:
    asked = choosing.ask(accept_multiple=False)
    answer = choosing.post(choosing.answer(asked, GOOD, OIL))
    request_id = answer.headers["Location"].rpartition("/")[2]
    assert choosing.reasons(request_id) == ["", "too_many"]


def test_dl2_ten_thousand_items_are_cut_to_what_one_can_look_at(choosing: Choosing) -> None:
    items = [{"type": "ltiResourceLink", "title": f"Course {n}", "custom": {"n": n}} for n in range(10_000)]
    request_id = choosing.offer(*items)
    kept = choosing.kept(request_id)
    assert len(kept.items) == 500
    assert kept.problems == ["9500 items are left out: the hub reads the first 500 at a time."]
    assert take(choosing, request_id, *range(500)) == ImportCounts(500, 0, 0)


def test_an_empty_answer_and_the_tools_own_words(choosing: Choosing) -> None:
    told = {DEEP_LINKING_CLAIM + "errormsg": "<b>No</b>\0courses"}
    kept = choosing.kept(choosing.offer(**told))
    assert kept.items == []
    assert kept.problems == ["The learning system says: <b>No</b> courses"]


def test_an_answer_without_items(choosing: Choosing) -> None:
    token = choosing.answer(choosing.ask(), drop="content_items")
    assert choosing.post(token).status_code == 303


@pytest.mark.parametrize("indexes", [(), (2,), (-1,), (0, 2)], ids=str)
def test_nothing_that_was_offered_is_ticked(choosing: Choosing, indexes: tuple[int, ...]) -> None:
    request_id = choosing.offer(GOOD, OIL)
    record = choosing.rig.record()
    with pytest.raises(BadInput):
        take(choosing, request_id, *indexes)
    record.assert_refused("lti_content", "nothing_chosen")


@pytest.mark.parametrize(("person", "session"), [("bob", "session-1"), ("ann", "session-2")])
def test_dl3_import_by_another_person_or_session(choosing: Choosing, person: str, session: str) -> None:
    request_id = choosing.offer(GOOD)
    record = choosing.rig.record()
    with pytest.raises(NotAllowed):
        import_chosen(choosing.rig.hub, request_id, [0], choosing.session(person, session))
    record.assert_refused("lti_content", "other_session")


@pytest.mark.parametrize("request_id", ["nothing", "\0", "00000000-0000-0000-0000-000000000000"])
def test_a_request_there_is_not(choosing: Choosing, request_id: str) -> None:
    record = choosing.rig.record()
    with pytest.raises(Missing):
        import_chosen(choosing.rig.hub, request_id, [0], choosing.session())
    record.assert_refused("lti_content", "no_content")


def test_a_request_that_is_not_answered(choosing: Choosing) -> None:
    choosing.ask()
    with choosing.rig.hub.reading() as uow:
        request_id = str(uow.connection.scalar(sa.select(lti_content_request.c.id)))
        with pytest.raises(Missing):
            read_content(uow, request_id, choosing.session())


def test_a_request_that_is_too_old(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD)
    choosing.rig.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
    with pytest.raises(Missing):
        take(choosing, request_id, 0)


def test_p15_import_from_a_tool_that_is_switched_off(choosing: Choosing) -> None:
    request_id = choosing.offer(GOOD)
    with choosing.rig.hub.unit_of_work() as uow:
        set_tool_disabled(uow, choosing.rig.world.ids["north"], disabled=True)
    record = choosing.rig.record()
    with pytest.raises(HubError):
        take(choosing, request_id, 0)
    record.assert_refused("lti_content", "tool_disabled")
