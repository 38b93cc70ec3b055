"""The picker: what of the catalogue a teacher of another LMS sees and sends back (Deep Linking 2.0, section 4.5)."""

import pytest
import sqlalchemy as sa

from hub.lti.content.pick_response import MAX_PICKED
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM
from hub.network.systems.connections import create_connection
from hub.network.tables import partner
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_offering, set_offering, set_offerings, set_path
from tests.lti.content.picking import Picking, Ticks
from tests.lti.tool.rig import CLIENT, DEPLOYMENT, ISSUER, record

OTHER_PARTNER = "00000000-0000-4000-8000-00000000000b"


def add_course(picking: Picking, name: str, lms: str) -> str:
    """A course at an LMS; the key that forms name it by."""
    with picking.west.hub.unit_of_work() as uow:
        row = CatalogueRow(name, name, name.capitalize(), f"https://courses.example/{name}")
        picking.west.world.ids[name] = set_offering(uow, picking.west.world.ids[lms], row)
    return picking.key(name)


def test_courses_and_paths_are_picked_many_at_once(picking: Picking) -> None:
    west = picking.west
    token = picking.begin()
    page = picking.page(token)
    wanted = {picking.key("brakes"), picking.key("batteries"), picking.key("safety", "path")}
    assert {*Ticks(page.text).all} == wanted
    assert Ticks(page.text).kind == "checkbox"
    claims = picking.sent(picking.press(token, "send", *wanted))
    now = int(west.hub.clock.now().timestamp())
    assert (claims["iss"], claims["aud"]) == (CLIENT, [ISSUER])
    assert (claims["iat"], claims["exp"]) == (now, now + 300)
    assert len(claims["nonce"]) > 30
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert claims[CLAIM + "version"] == "1.3.0"
    assert claims[CLAIM + "deployment_id"] == DEPLOYMENT
    assert claims[DEEP_LINKING_CLAIM + "data"] == "west-data"
    items = {item["url"]: item for item in claims[DEEP_LINKING_CLAIM + "content_items"]}
    assert {*items} == {
        west.target("brakes"),
        west.target("batteries"),
        west.target("safety", "path"),
    }
    safety = items[west.target("safety", "path")]
    assert safety == {
        "type": "ltiResourceLink",
        "url": west.target("safety", "path"),
        "title": "Safety",
        "text": "Two courses",
        "lineItem": {"label": "Safety", "scoreMaximum": 100, "resourceId": west.world.ids["safety"]},
        "window": {"targetName": "_blank"},
    }


def test_what_was_picked_opens(picking: Picking) -> None:
    token = picking.begin()
    claims = picking.sent(picking.press(token, "send", picking.key("brakes")))
    (item,) = claims[DEEP_LINKING_CLAIM + "content_items"]
    assert picking.west.launch(item["url"]).status_code == 303


def test_no_line_item_where_the_platform_takes_none(picking: Picking) -> None:
    token = picking.begin(accept_lineitem=False, accept_presentation_document_targets=["iframe"])
    claims = picking.sent(picking.press(token, "send", picking.key("brakes")))
    (item,) = claims[DEEP_LINKING_CLAIM + "content_items"]
    assert not {"lineItem", "window"} & item.keys()


def test_a_line_item_where_the_platform_says_nothing(picking: Picking) -> None:
    token = picking.begin(accept_lineitem=None)
    claims = picking.sent(picking.press(token, "send", picking.key("brakes")))
    assert "lineItem" in claims[DEEP_LINKING_CLAIM + "content_items"][0]


@pytest.mark.parametrize("accept", [False, "false", None])
def test_one_alone_where_the_platform_takes_one(picking: Picking, accept: object) -> None:
    token = picking.begin(accept_multiple=accept)
    assert Ticks(picking.page(token).text).kind == "radio"
    seen = record(picking.west)
    answer = picking.press(token, "send", picking.key("brakes"), picking.key("batteries"))
    assert answer.status_code == 400
    seen.assert_refused("lti_pick", "too_many")
    claims = picking.sent(picking.press(token, "send", picking.key("brakes")))
    assert len(claims[DEEP_LINKING_CLAIM + "content_items"]) == 1


def test_data_goes_back_as_it_came_and_not_at_all_where_there_was_none(picking: Picking) -> None:
    token = picking.begin(data='"><script>é')
    claims = picking.sent(picking.press(token, "cancel"))
    assert claims[DEEP_LINKING_CLAIM + "data"] == '"><script>é'
    claims = picking.sent(picking.press(picking.begin(data=None), "cancel"))
    assert DEEP_LINKING_CLAIM + "data" not in claims


def test_cancel_sends_nothing_picked(picking: Picking) -> None:
    claims = picking.sent(picking.press(picking.begin(), "cancel", picking.key("brakes")))
    assert claims[DEEP_LINKING_CLAIM + "content_items"] == []


def test_search_keeps_what_is_ticked(picking: Picking) -> None:
    token, brakes = picking.begin(), picking.key("brakes")
    page = picking.press(token, "search", brakes, q="BATT")
    assert Ticks(page.text).ticked == [brakes]
    assert Ticks(page.text).all == [brakes, picking.key("batteries")]
    assert Ticks(picking.press(token, "search", q="100%_").text).all == []


def test_more_than_a_page(picking: Picking) -> None:
    west = picking.west
    rows = [CatalogueRow(f"c{n}", f"c{n}", f"Course {n:03}", f"https://x.example/{n}") for n in range(100)]
    with west.hub.unit_of_work() as uow:
        set_offerings(uow, west.world.ids["south"], rows)
    token = picking.begin()
    page = picking.press(token, "search", q="course 0")
    assert len(Ticks(page.text).all) == 50
    more = picking.press(token, "more", q="course 0", shown="50")
    assert len(Ticks(more.text).all) == 100
    assert 'value="more"' not in more.text


def test_many_queries_are_not_needed_for_many_courses(picking: Picking) -> None:
    west = picking.west
    token = picking.begin()

    def queries() -> int:
        seen: list[object] = []

        def count(*args: object) -> None:
            seen.append(args)

        sa.event.listen(west.hub.engine, "before_cursor_execute", count)
        try:
            assert picking.page(token).status_code == 200
        finally:
            sa.event.remove(west.hub.engine, "before_cursor_execute", count)
        return len(seen)

    before = queries()
    rows = [CatalogueRow(f"c{n}", f"c{n}", f"Course {n:03}", f"https://x.example/{n}") for n in range(300)]
    with west.hub.unit_of_work() as uow:
        set_offerings(uow, west.world.ids["south"], rows)
    assert queries() == before


def test_only_what_the_partner_may_use_is_shown(picking: Picking) -> None:
    west, token = picking.west, picking.begin()
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(partner).values(id=OTHER_PARTNER, name="Harbor"))
        west.world.ids["harbor"] = create_connection(uow, "harbor", "lms", "Harbor's LMS", OTHER_PARTNER)
        west.world.ids["library"] = create_connection(uow, "library", "lms", "Library", None)
    shared, foreign = add_course(picking, "shared", "library"), add_course(picking, "foreign", "harbor")
    west.world.ids["west"] = west.west.connection_id
    own_of_west = add_course(picking, "looping", "west")
    with west.hub.unit_of_work() as uow:
        keys = [find_offering(uow, "shared").key, find_offering(uow, "foreign").key]
        west.world.ids["mixed"] = set_path(uow, "mixed", "Mixed", "", keys)
    seen = Ticks(picking.page(token).text).all
    assert shared in seen
    assert not {foreign, own_of_west, picking.key("mixed", "path")} & {*seen}
    for target in (foreign, own_of_west, picking.key("mixed", "path")):
        marks = record(west)
        assert picking.press(token, "send", target).status_code == 400
        marks.assert_refused("lti_pick", "unknown_target")


def test_retired_courses_are_not_offered(picking: Picking) -> None:
    west, token = picking.west, picking.begin()
    with west.hub.unit_of_work() as uow:
        set_offerings(uow, west.world.ids["north"], [])
    assert Ticks(picking.page(token).text).all == []


def test_what_the_catalogue_says_cannot_break_out_of_the_page(picking: Picking) -> None:
    west, token = picking.west, picking.begin()
    with west.hub.unit_of_work() as uow:
        row = CatalogueRow("x", "x", "<script>alert(1)</script>", "https://x.example/x")
        set_offering(uow, west.world.ids["south"], row)
    page = picking.page(token)
    assert "<script>" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors http://127.0.0.1:9 http://127.0.0.1:9" in policy
    assert "X-Frame-Options" not in page.headers


def test_one_audit_row_tells_what_was_picked(picking: Picking) -> None:
    token, seen = picking.begin(), record(picking.west)
    picking.press(token, "send", picking.key("brakes"))
    assert seen.audited() == [("lti_pick", "done", "")]
    assert seen.changed() <= {"lti_pick", "signing_key", "change"}


def test_more_than_anybody_picks(picking: Picking) -> None:
    token, seen = picking.begin(), record(picking.west)
    answer = picking.press(token, "send", *(f"offering:{n}" for n in range(MAX_PICKED + 1)))
    assert answer.status_code == 400
    seen.assert_refused("lti_pick", "too_many")
