"""What is known of platforms and their deployments (rows R5 and T17), and who may be looked up by it."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Missing
from hub.journal import tables as journal
from hub.lti.tool.placements import placements_of, subject_at
from hub.lti.tool.platform_deployments import decide_deployment, find_deployment, list_platform_deployments
from hub.lti.tool.platforms import (
    add_platform,
    connect_platform,
    find_platform,
    read_platform,
    set_platform_disabled,
    update_platform,
)
from hub.lti.tool.tables import lti_platform
from hub.lti.vocabulary import AGS_SCOPES, NRPS_SCOPE
from hub.network import tables as network
from hub.network.people.identities import pairwise_subject, pairwise_subjects
from hub.training import tables as training
from tests.lti.tool.rig import CLIENT, ISSUER, West, record

GOOD: dict[str, Any] = {
    "issuer": "https://new.example",
    "client_id": "hub",
    "authorize_url": "https://new.example/authorize",
    "token_url": "https://new.example/token",
    "jwks_url": "https://new.example/jwks",
    "deployment_id": "1",
}


def test_connecting_tells_what_to_enter_at_the_platform(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        told = connect_platform(uow, "new", "LMS New", **GOOD)
        platform = read_platform(uow, told.connection_id)
        (deployment,) = list_platform_deployments(uow, told.connection_id)
    assert told.login_url == f"{west.base}/lti/tool/login"
    assert told.redirect_uris == (told.launch_url,) == (f"{west.base}/lti/tool/launch",)
    assert told.jwks_url == f"{west.base}/lti/jwks"
    assert platform.origin == "https://new.example"
    assert set(platform.scopes) == {*AGS_SCOPES, NRPS_SCOPE}
    assert (platform.unknown_people, platform.disabled, platform.partner_id) == ("link", False, None)
    assert (deployment.deployment_id, deployment.state) == ("1", "approved")


BAD = [
    ("issuer", ""),
    ("issuer", "x" * 256),
    ("client_id", ""),
    ("client_id", "a\0b"),
    ("deployment_id", ""),
    ("authorize_url", "http://new.example/authorize"),
    ("token_url", "ftp://new.example/token"),
    ("jwks_url", "https://user@new.example/jwks"),
    ("jwks_url", "https://[new/jwks"),
    ("unknown_people", "create"),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_wrong_settings_are_refused_by_name(shared: West, name: str, value: str) -> None:
    before = record(shared)
    with pytest.raises(BadInput) as caught, shared.hub.unit_of_work() as uow:
        connect_platform(uow, "new", "LMS New", **(GOOD | {name: value}))
    assert (caught.value.code, [p.place for p in caught.value.problems]) == ("bad_platform", [name])
    before.assert_nothing()


def test_r5_issuer_and_client_of_another_connection(shared: West) -> None:
    before = record(shared)
    with pytest.raises(Conflict, match="already has this issuer") as caught, shared.hub.unit_of_work() as uow:
        connect_platform(uow, "new", "LMS New", **(GOOD | {"issuer": ISSUER, "client_id": CLIENT}))
    assert caught.value.code == "platform_taken"
    before.assert_nothing()


def test_r5_changing_into_another_connections_registration(shared: West) -> None:
    before = record(shared)
    with pytest.raises(Conflict), shared.hub.unit_of_work() as uow:
        update_platform(uow, shared.east.connection_id, client_id=CLIENT)
    before.assert_nothing()


def test_r5_registered_twice(shared: West) -> None:
    with pytest.raises(Conflict) as caught, shared.hub.unit_of_work() as uow:
        add_platform(uow, shared.west.connection_id, **GOOD)
    assert caught.value.code == "platform_exists"


def test_tool_can_become_platform_too(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        add_platform(uow, west.world.ids["north"], **GOOD)
        assert read_platform(uow, west.world.ids["north"]).slug == "north"


def test_new_address_of_keys_forgets_the_old_keys(west: West) -> None:
    west.launch()
    with west.hub.unit_of_work() as uow:
        update_platform(uow, west.west.connection_id, jwks_url="https://west.example/jwks")
        row = uow.connection.execute(
            sa.select(lti_platform).where(lti_platform.c.connection_id == west.west.connection_id)
        ).one()
    assert (row.jwks, row.jwks_at, row.jwks_tried_at) == (None, None, None)


def test_changes_stand_in_the_journal(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        update_platform(uow, west.west.connection_id, product="moodle")
        set_platform_disabled(uow, west.west.connection_id, disabled=True)
        set_platform_disabled(uow, west.west.connection_id, disabled=True)
        bodies = list(
            uow.connection.scalars(
                sa.select(journal.change.c.body)
                .where(
                    journal.change.c.kind == "lti_platform_changed",
                    journal.change.c.subject_id == west.west.connection_id,
                )
                .order_by(journal.change.c.position)
            )
        )
    assert [(body["product"], body["disabled"]) for body in bodies] == [
        ("", False),
        ("moodle", False),
        ("moodle", True),
    ]


@pytest.mark.parametrize(("issuer", "client_id"), [("nobody", CLIENT), (ISSUER, "nobody"), ("\0", "\0")])
def test_finding_nothing(shared: West, issuer: str, client_id: str) -> None:
    with shared.hub.reading() as uow:
        assert find_platform(uow, issuer, client_id) is None


def test_deciding_the_same_again_changes_nothing(west: West) -> None:
    west.decide("1", "refused")
    before = record(west)
    west.decide("1", "refused")
    before.assert_nothing()


@pytest.mark.parametrize(
    ("deployment_id", "state", "partner_id", "error"),
    [
        ("nobody", "approved", None, Missing),
        ("1", "perhaps", None, BadInput),
        ("1", "approved", "nobody", Missing),
    ],
)
def test_decisions_that_cannot_be(
    shared: West, deployment_id: str, state: Any, partner_id: str | None, error: type[Exception]
) -> None:
    before = record(shared)
    with pytest.raises(error), shared.hub.unit_of_work() as uow:
        decide_deployment(uow, shared.west.connection_id, deployment_id, state, partner_id)
    before.assert_nothing()


def test_two_partners_behind_one_registration_know_a_person_by_names_of_their_own(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=west.another_partner, name="Hilltop"))
    _give_course_to(west, "brakes", None)
    west.launch(west.target("brakes"))
    west.launch(x__deployment_id="hilltop")
    west.decide("hilltop", "approved", west.another_partner)
    west.know("bob", "hilltop|7f-Ann")
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(network.person)
            .where(network.person.c.id == west.world.ids["bob"])
            .values(partner_id=west.another_partner)
        )
    answer = west.launch(west.target("brakes"), x__deployment_id="hilltop", x__resource_link={"id": "link-2"})
    assert answer.status_code == 303
    with west.hub.reading() as uow:
        known = {
            (placement.deployment_id, name): subject_at(uow, placement, west.world.ids[name])
            for placement in placements_of(uow, "offering", [west.world.ids["brakes"]])
            for name in ("ann", "bob")
        }
        assert find_deployment(uow, west.west.connection_id, "hilltop")
    assert known == {
        ("1", "ann"): "7f-Ann",
        ("1", "bob"): None,
        ("hilltop", "ann"): None,
        ("hilltop", "bob"): "7f-Ann",
    }


def test_many_subjects_at_once_are_those_given_one_by_one(west: West) -> None:
    ann, bob = west.world.ids["ann"], west.world.ids["bob"]
    with west.hub.unit_of_work() as uow:
        first = pairwise_subject(uow, west.world.ids["north"], ann)
        subjects = pairwise_subjects(uow, west.world.ids["north"], [ann, bob, ann])
        assert subjects == {ann: first, bob: pairwise_subject(uow, west.world.ids["north"], bob)}
        assert pairwise_subjects(uow, west.world.ids["north"], [ann, bob]) == subjects
        assert pairwise_subjects(uow, west.world.ids["north"], []) == {}


def test_a_course_of_another_partner_is_as_if_it_were_not_there(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=west.another_partner, name="Hilltop"))
    assert west.launch(west.target("brakes")).status_code == 303
    _give_course_to(west, "brakes", west.another_partner)
    target = west.target("brakes")
    begun = west.begin(target_link_uri=target)
    before = record(west)
    token = west.sign(west.claims(begun, x__target_link_uri=target))
    assert west.post(begun["state"], token).status_code == 404
    before.assert_refused("lti_entry", "unknown_target")


def _give_course_to(west: West, name: str, partner_id: str | None) -> None:
    """Let the LMS of a course belong to a partner, or to everybody."""
    its_lms = sa.select(training.offering.c.connection_id).where(
        training.offering.c.id == west.world.ids[name]
    )
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.update(network.connection)
            .where(network.connection.c.id.in_(its_lms))
            .values(partner_id=partner_id)
        )
