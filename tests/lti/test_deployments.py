"""Many deployments of one tool: who is launched in which, and what is refused where one is switched off (P8, P15)."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing, NotAllowed
from hub.ids import new_id
from hub.lti.deployments import Deployment, list_deployments, read_deployment, save_deployment
from hub.lti.launch import start_launch
from hub.lti.vocabulary import CLAIM, SCORE_SCOPE
from hub.network import tables as network
from tests.lti.rig import Form, Rig

DEPLOYMENT = CLAIM + "deployment_id"


@pytest.fixture
def lakeside(rig: Rig) -> Deployment:
    """Bob works for Lakeside, which has a deployment of LMS North of its own."""
    partner_id = new_id()
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(network.partner).values(id=partner_id, name="Lakeside Motors"))
        bob = network.person.c.id == rig.world.ids["bob"]
        uow.connection.execute(sa.update(network.person).where(bob).values(partner_id=partner_id))
        return save_deployment(
            uow, rig.north.connection_id, "lakeside-1", partner_id=partner_id, name="Lakeside", disabled=False
        )


def switch(rig: Rig, deployment: Deployment, *, disabled: bool) -> None:
    with rig.hub.unit_of_work() as uow:
        save_deployment(
            uow,
            deployment.connection_id,
            deployment.deployment_id,
            partner_id=deployment.partner_id,
            name=deployment.name,
            disabled=disabled,
        )


def default_of(rig: Rig) -> Deployment:
    with rig.hub.reading() as uow:
        return read_deployment(uow, rig.north.connection_id, rig.north.deployment_id)


def test_people_are_launched_in_their_partners_deployment_and_others_in_the_default_one(
    rig: Rig, lakeside: Deployment
) -> None:
    assert rig.start("bob").fields["lti_deployment_id"] == "lakeside-1"
    assert rig.launch("bob")[DEPLOYMENT] == "lakeside-1"
    assert rig.start("ann").fields["lti_deployment_id"] == rig.north.deployment_id
    assert rig.launch("ann")[DEPLOYMENT] == rig.north.deployment_id
    assert rig.launch("bob", "tires")[DEPLOYMENT] == rig.south.deployment_id, "of another tool"


def test_a_launch_stays_in_the_deployment_it_was_begun_in(rig: Rig, lakeside: Deployment) -> None:
    request = rig.request_for(rig.start("bob"))
    with rig.hub.unit_of_work() as uow:
        save_deployment(
            uow,
            rig.north.connection_id,
            "lakeside-0",
            partner_id=lakeside.partner_id,
            name="",
            disabled=False,
        )
    rig.sign_in("bob")
    assert rig.claims(Form(rig.authorize(request).text).fields["id_token"])[DEPLOYMENT] == "lakeside-1"
    assert rig.launch("bob")[DEPLOYMENT] == "lakeside-0"


def test_p15_a_deactivated_deployment_begins_no_launch(rig: Rig, lakeside: Deployment) -> None:
    switch(rig, lakeside, disabled=True)
    record = rig.record()
    with pytest.raises(NotAllowed, match="switched off for your company"):
        start_launch(rig.hub, rig.world.ids["bob"], rig.world.ids["brakes"], "session-1")
    record.assert_refused("launch", "deployment_disabled")
    assert rig.launch("ann")["sub"], "the other deployment goes on"
    switch(rig, lakeside, disabled=False)
    assert rig.launch("bob")["sub"]


def test_p15_a_deployment_deactivated_during_a_launch(rig: Rig, lakeside: Deployment) -> None:
    request = rig.request_for(rig.start("bob"))
    switch(rig, lakeside, disabled=True)
    rig.sign_in("bob")
    record = rig.record()
    assert Form(rig.authorize(request).text).fields["error"] == "access_denied"
    record.assert_refused("launch", "deployment_disabled")


def test_p15_a_score_for_somebody_launched_in_a_deactivated_deployment(
    rig: Rig, lakeside: Deployment
) -> None:
    ann, bob = rig.launch("ann")["sub"], rig.launch("bob")["sub"]
    path, token = rig.line_item_path(), rig.token(SCORE_SCOPE)
    switch(rig, lakeside, disabled=True)
    record = rig.record()
    answer = rig.post_score(path, token, rig.score(bob))
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "deployment_disabled")
    record.assert_refused("score", "deployment_disabled")
    assert rig.post_score(path, token, rig.score(ann)).status_code == 200
    switch(rig, lakeside, disabled=False)
    assert rig.post_score(path, token, rig.score(bob)).status_code == 200


def test_p15_a_tool_without_any_active_deployment_is_refused_everywhere(rig: Rig) -> None:
    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    request = rig.request_for(rig.start())
    switch(rig, default_of(rig), disabled=True)
    record = rig.record()
    with pytest.raises(NotAllowed):
        start_launch(rig.hub, rig.world.ids["ann"], rig.world.ids["brakes"], "session-1")
    record.assert_refused("launch", "deployment_disabled")
    record = rig.record()
    assert rig.authorize(request).status_code == 403
    record.assert_refused("launch", "deployment_disabled")
    record = rig.record()
    assert rig.ask_token().status_code == 400
    record.assert_refused("lti_token", "deployment_disabled")
    record = rig.record()
    assert rig.post_score(path, token, rig.score(subject)).status_code == 401
    record.assert_refused("score", "deployment_disabled")
    switch(rig, default_of(rig), disabled=False)
    assert rig.post_score(path, token, rig.score(subject)).status_code == 401, "its old tokens stay dead"
    assert rig.post_score(path, rig.token(), rig.score(subject)).status_code == 200


@pytest.mark.parametrize("below", ["", "/ITEM", "/ITEM/results"])
def test_p8_a_context_of_a_deployment_of_another_tool(rig: Rig, lakeside: Deployment, below: str) -> None:
    """Both tools have a deployment with the same id, which is theirs alone."""
    with rig.hub.unit_of_work() as uow:
        save_deployment(
            uow,
            rig.south.connection_id,
            "lakeside-1",
            partner_id=lakeside.partner_id,
            name="Lakeside",
            disabled=False,
        )
    assert rig.launch("bob", "brakes")[DEPLOYMENT] == rig.launch("bob", "tires")[DEPLOYMENT]
    items, _, item = rig.line_item_path("tires").rpartition("/")
    token = rig.token()
    record = rig.record()
    answer = rig.call("GET", items + below.replace("ITEM", item), token)
    assert (answer.status_code, answer.json and answer.json["code"]) == (404, "no_context")
    record.assert_refused("result" if "results" in below else "line_item", "no_context")


def test_deployments_are_listed_with_the_default_one(rig: Rig, lakeside: Deployment) -> None:
    with rig.hub.reading() as uow:
        assert {d.deployment_id: d for d in list_deployments(uow, rig.north.connection_id)} == {
            "lakeside-1": lakeside,
            rig.north.deployment_id: default_of(rig),
        }
    assert default_of(rig).partner_id is None


def test_the_same_again_changes_nothing(rig: Rig, lakeside: Deployment) -> None:
    record = rig.record()
    switch(rig, lakeside, disabled=False)
    record.assert_nothing()
    switch(rig, replace(lakeside, name="Lakeside Motors"), disabled=False)
    assert record.audited() == [("deployment_changed", "done", "")]
    assert record.changed() == {"lti_deployment", "change"}


@pytest.mark.parametrize(
    ("deployment_id", "partner", "error"),
    [
        ("x" * 101, None, BadInput),
        ("with\nnewline", None, BadInput),
        ("\0", None, BadInput),
        ("ä", None, BadInput),
        ("default", "partner", BadInput),
        ("new", "nobody", Missing),
    ],
)
def test_a_deployment_that_cannot_be(
    rig: Rig, deployment_id: str, partner: str | None, error: type[HubError]
) -> None:
    id = rig.north.deployment_id if deployment_id == "default" else deployment_id
    partner_id = rig.world.ids.get(partner, new_id()) if partner else None
    record = rig.record()
    with pytest.raises(error), rig.hub.unit_of_work() as uow:
        save_deployment(uow, rig.north.connection_id, id, partner_id=partner_id, name="", disabled=False)
    record.assert_nothing()


def test_a_deployment_needs_a_tool(rig: Rig) -> None:
    with pytest.raises(Missing), rig.hub.unit_of_work() as uow:
        save_deployment(uow, new_id(), None, partner_id=None, name="", disabled=False)
    with pytest.raises(Missing), rig.hub.reading() as uow:
        read_deployment(uow, rig.north.connection_id, "nowhere")
