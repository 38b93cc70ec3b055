"""Row BR5, the road to the picker (DL4), and what a launch costs whatever else the hub knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from hub.ids import new_id
from hub.lti.tool.entries import list_entries
from hub.lti.tool.tables import lti_platform
from hub.lti.tools import add_tool
from hub.lti.vocabulary import DEEP_LINKING_CLAIM, DEEP_LINKING_REQUEST
from hub.network import tables as network
from tests.lti.tool.rig import ANN, INSTRUCTOR, LEARNER, West, record


def _connect_north(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        add_tool(
            uow,
            west.world.ids["north"],
            login_url="http://127.0.0.1:9/north/login",
            launch_url="http://127.0.0.1:9/north/launch",
            jwks_url=f"{west.keys.address}/jwks",
        )


def test_br5_course_that_leads_back_to_the_hub(west: West) -> None:
    """LMS West opens a course of LMS North, whose own page opens it in the hub once more, as LMS Other would."""
    _connect_north(west)
    west.know("ann", ANN, west.other)
    west.open(west.launch(west.target("brakes")))
    uri = west.target("brakes")
    begun = west.begin(iss="https://other.example", client_id="hub-at-other", target_link_uri=uri)
    claims = west.claims(begun, iss="https://other.example", x__deployment_id="o-1", x__target_link_uri=uri)
    page = west.refuse(begun, west.sign(claims), "launch_loop", 409)
    assert "LMS Other" in page.text
    assert "LMS North" in page.text


def test_opening_a_course_again_is_no_loop(west: West) -> None:
    _connect_north(west)
    west.open(west.launch(west.target("brakes")))
    assert west.launch(west.target("brakes")).status_code == 303


def test_br5_later_it_is_no_loop(west: West) -> None:
    _connect_north(west)
    west.know("ann", ANN, west.other)
    west.open(west.launch(west.target("brakes")))
    west.hub.clock.advance(minutes=3)  # type: ignore[attr-defined]
    uri = west.target("brakes")
    begun = west.begin(iss="https://other.example", client_id="hub-at-other", target_link_uri=uri)
    claims = west.claims(begun, iss="https://other.example", x__deployment_id="o-1", x__target_link_uri=uri)
    assert west.post(begun["state"], west.sign(claims)).status_code == 303


def _deep_linking(west: West, roles: list[str], **settings: Any) -> tuple[dict[str, str], str]:
    begun = west.begin(target_link_uri=west.target("pick"))
    claims = west.claims(
        begun,
        x__target_link_uri=west.target("pick"),
        x__message_type=DEEP_LINKING_REQUEST,
        x__resource_link=None,
        x__roles=roles,
    )
    claims[DEEP_LINKING_CLAIM + "deep_linking_settings"] = {
        "deep_link_return_url": "http://127.0.0.1:9/west/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
    } | settings
    return begun, west.sign(claims)


def test_dl4_learner_chooses_nothing(west: West) -> None:
    west.refuse(*_deep_linking(west, [LEARNER]), "not_instructor", 403)


def test_instructor_goes_on_to_the_picker(west: West) -> None:
    begun, token = _deep_linking(west, [INSTRUCTOR])
    before = record(west)
    answer = west.post(begun["state"], token)
    assert answer.status_code == 303
    assert "/lti/tool/pick?token=" in answer.location
    assert ("lti_entry", "done", "") in before.audited()
    with west.hub.reading() as uow:
        (entry,) = list_entries(uow, west.world.ids["ann"])
    assert (entry.role, entry.target_kind) == ("Instructor", "pick")


def test_picker_is_no_place_for_a_resource_link(west: West) -> None:
    begun = west.begin(target_link_uri=west.target("pick"))
    token = west.sign(west.claims(begun, x__target_link_uri=west.target("pick")))
    west.refuse(begun, token, "bad_target")


@contextmanager
def _queries(west: West) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.split(" ", 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}:
            seen.append(statement)

    sa.event.listen(west.hub.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(west.hub.engine, "before_cursor_execute", note)


def _cost(west: West) -> tuple[int, int]:
    with _queries(west) as of_login:
        begun = west.begin()
    token = west.sign(west.claims(begun))
    with _queries(west) as of_launch:
        assert west.post(begun["state"], token).status_code == 303
    return len(of_login), len(of_launch)


def test_ten_thousand_platforms_cost_no_query_more(west: West) -> None:
    west.launch()  # keys are fetched, the placement is known
    before = _cost(west)
    ids = [new_id() for _ in range(10_000)]
    with west.hub.unit_of_work() as uow:
        connections = [
            {"id": id, "slug": f"many-{i}", "kind": "lms", "name": "One of many", "disabled": False}
            for i, id in enumerate(ids)
        ]
        uow.insert_new(network.connection, connections)
        address = "https://many.example/"
        platforms = [
            {
                "connection_id": id,
                "issuer": f"https://many-{i}.example",
                "client_id": "hub",
                "authorize_url": address,
                "token_url": address,
                "jwks_url": address,
                "token_audience": "",
                "product": "",
                "scopes": [],
                "unknown_people": "link",
                "disabled": False,
            }
            for i, id in enumerate(ids)
        ]
        uow.insert_new(lti_platform, platforms)
    assert _cost(west) == before
    assert before[0] <= 4  # two of them count logins from the network
    assert before[1] <= 14
