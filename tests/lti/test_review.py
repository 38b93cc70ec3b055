"""Submission review: looking at what a learner handed in, in the tool that has it."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import HubError
from hub.ids import new_id
from hub.lti.launch import LoginInitiation
from hub.lti.resource_links import default_line_item_id
from hub.lti.review import start_review
from hub.lti.tools import update_tool
from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, CLAIM, INSTRUCTOR, LEARNER, LINE_ITEM_TYPE
from hub.network import tables as network
from hub.network.people.person import grant_role
from tests.lti.rig import Form, Rig
from tests.world import LONG_AGO

REVIEW = {
    "reviewableStatus": ["Completed"],
    "label": "Open the test",
    "url": "http://127.0.0.1:9/north/review",
    "custom": {"of": "$User.id", "mode": "review"},
}


@pytest.fixture
def handed_in(rig: Rig) -> Rig:
    """Ann has a result in brakes; cid runs the hub."""
    rig.post_score(rig.line_item_path(), rig.token(), rig.score(rig.launch()["sub"]))
    with rig.hub.unit_of_work() as uow:
        grant_role(uow, rig.world.ids["cid"], "operator")
    return rig


def begin(rig: Rig, viewer: str = "cid", person: str = "ann", item: str = "") -> LoginInitiation:
    rig.sign_in(viewer)
    line_item_id = item or default_line_item_id(rig.context())
    ids = rig.world.ids
    return start_review(rig.hub, ids[viewer], ids.get(person, person), line_item_id, "session-1")


def claims_of(rig: Rig, login: LoginInitiation, redirect_uri: str | None = None) -> dict[str, Any]:
    request = rig.request_for(login, redirect_uri=redirect_uri or login.fields["target_link_uri"])
    return rig.claims(Form(rig.authorize(request).text).fields["id_token"])


def manage(rig: Rig, manager: str) -> None:
    """Let somebody look after Riverside in service."""
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(
            sa.insert(network.rep_assignment).values(
                id=new_id(),
                person_id=rig.world.ids[manager],
                dimension="service",
                location_id=rig.world.ids["Riverside"],
                valid_from=LONG_AGO,
            )
        )


def test_an_operator_is_told_to_the_tool_as_instructor_with_the_learner_in_question(handed_in: Rig) -> None:
    subject = handed_in.subject("ann", "brakes")
    claims = claims_of(handed_in, begin(handed_in))
    assert claims[CLAIM + "message_type"] == "LtiSubmissionReviewRequest"
    assert claims[CLAIM + "roles"] == [INSTRUCTOR]
    assert claims[CLAIM + "for_user"] == {
        "user_id": subject,
        "name": "ann Tester",
        "given_name": "ann",
        "family_name": "Tester",
        "email": "ann@riverside.example",
        "roles": [LEARNER],
    }
    assert claims["sub"] != subject
    assert claims["given_name"] == "cid"
    assert claims[AGS_ENDPOINT_CLAIM]["lineitem"] == handed_in.base + handed_in.line_item_path()
    assert claims[CLAIM + "resource_link"]["id"] == handed_in.context()
    assert not {"hub_actor", "registration"} & claims[CLAIM + "custom"].keys(), "nothing is learned here"


def test_the_line_item_says_where_and_with_which_parameters(handed_in: Rig) -> None:
    body = {"label": "Brakes", "scoreMaximum": 100, "submissionReview": REVIEW}
    answer = handed_in.call("PUT", handed_in.line_item_path(), handed_in.token(), body, LINE_ITEM_TYPE)
    assert answer.json is not None
    assert answer.json["submissionReview"] == REVIEW
    login = begin(handed_in)
    assert login.fields["target_link_uri"] == REVIEW["url"]
    claims = claims_of(handed_in, login, "http://127.0.0.1:9/north/launch")
    assert claims[CLAIM + "target_link_uri"] == REVIEW["url"]
    assert claims[CLAIM + "custom"] == {"of": claims["sub"], "mode": "review"}


def test_p14_a_tool_without_personal_data_is_told_the_learners_subject_alone(handed_in: Rig) -> None:
    with handed_in.hub.unit_of_work() as uow:
        update_tool(uow, handed_in.north.connection_id, shares_personal_data=False)
    subject = handed_in.subject("ann", "brakes")
    assert claims_of(handed_in, begin(handed_in))[CLAIM + "for_user"] == {
        "user_id": subject,
        "roles": [LEARNER],
    }


def test_who_looks_after_the_learner_may_review_until_that_ends(handed_in: Rig) -> None:
    manage(handed_in, "bob")
    assert claims_of(handed_in, begin(handed_in, "bob"))[CLAIM + "for_user"]["name"] == "ann Tester"
    login = begin(handed_in, "bob")
    with handed_in.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(network.rep_assignment).values(valid_to=uow.now))
    record = handed_in.record()
    form = Form(handed_in.authorize(handed_in.request_for(login)).text)
    assert form.fields["error"] == "access_denied"
    record.assert_refused("launch", "may_not_review")


@pytest.mark.parametrize(
    ("viewer", "person", "item", "status", "reason"),
    [
        ("bob", "ann", "", 403, "may_not_review"),
        ("ann", "ann", "", 403, "may_not_review"),
        ("cid", "cid", "", 403, "may_not_review"),
        ("cid", "\0", "", 403, "may_not_review"),
        ("cid", "bob", "", 404, "no_submission"),
        ("cid", "ann", "batteries", 404, "no_submission"),
        ("cid", "ann", "\0", 404, "no_submission"),
        ("cid", "ann", "made up", 404, "no_submission"),
    ],
)
def test_what_cannot_be_reviewed(
    handed_in: Rig, viewer: str, person: str, item: str, status: int, reason: str
) -> None:
    items = {
        "batteries": default_line_item_id(handed_in.context("batteries")),
        "made up": new_id(),
    }
    record = handed_in.record()
    with pytest.raises(HubError) as refused:
        begin(handed_in, viewer, person, items.get(item, item))
    assert (refused.value.status, refused.value.code) == (status, reason)
    record.assert_refused("review", reason)


def test_a_line_item_that_goes_while_the_review_begins(handed_in: Rig) -> None:
    token = handed_in.token()
    made = handed_in.call(
        "POST", handed_in.line_items_path(), token, {"label": "Q", "scoreMaximum": 1}, LINE_ITEM_TYPE
    ).json
    assert made is not None
    path = made["id"].removeprefix(handed_in.base)
    handed_in.post_score(path, token, handed_in.score(handed_in.subject("ann", "brakes")))
    login = begin(handed_in, item=path.rpartition("/")[2])
    handed_in.call("DELETE", path, token)
    record = handed_in.record()
    form = Form(handed_in.authorize(handed_in.request_for(login)).text)
    assert form.fields["error"] == "access_denied"
    record.assert_refused("launch", "no_submission")


def test_p10_a_reviewer_is_no_learner_of_the_course(handed_in: Rig) -> None:
    reviewer = claims_of(handed_in, begin(handed_in))["sub"]
    token, record = handed_in.token(), handed_in.record()
    answer = handed_in.post_score(handed_in.line_item_path(), token, handed_in.score(reviewer))
    assert answer.status_code == 404
    assert record.audited() == [("score", "refused", "user_not_in_context")]
