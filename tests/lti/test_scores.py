"""Scores that are accepted: what becomes of them, and how the LMS reads them back."""

from typing import Any

import pytest
import sqlalchemy as sa

from hub.lti.vocabulary import LINE_ITEM_TYPE, RESULTS_TYPE
from tests.lti.rig import Rig, later

VERBS = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def rig(shared: Rig) -> Rig:
    """Every test has a learner of its own, so that one rig serves all."""
    return shared


@pytest.fixture
def path(rig: Rig) -> str:
    return rig.line_item_path()


@pytest.fixture
def ann(rig: Rig) -> str:
    """The subject of Ann, a newcomer, at north, where she has launched brakes."""
    return str(rig.launch(rig.newcomer())["sub"])


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.token()


def test_a_score_becomes_a_statement(rig: Rig, path: str, ann: str, token: str) -> None:
    record = rig.record()
    answer = rig.post_score(path, token, rig.score(ann, comment="Well done, Ann Tester!"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert record.audited() == [("score", "done", "")]
    assert record.changed() == {"statement", "statement_id", "statement_term", "lti_result"}
    (statement,) = rig.statements(ann)
    id, registration = statement.pop("id"), statement["context"].pop("registration")
    assert id[14] == registration[14] == "5"
    extensions = f"{rig.base}/xapi/extensions/ags-"
    assert statement == {
        "actor": {"objectType": "Agent", "account": {"homePage": rig.base, "name": ann}},
        "verb": {"id": VERBS + "completed", "display": {"en-US": "completed"}},
        "object": {"objectType": "Activity", "id": "https://lms.example/courses/brakes"},
        "result": {"completion": True, "score": {"scaled": 0.8, "raw": 80, "min": 0, "max": 100}},
        "context": {
            "extensions": {
                f"{extensions}activity-progress": "Completed",
                f"{extensions}grading-progress": "FullyGraded",
                f"{extensions}line-item": rig.base + path,
            }
        },
        "timestamp": "2026-05-04T09:00:00+00:00",
        "stored": "2026-05-04T09:00:00+00:00",
        "authority": {"objectType": "Agent", "account": {"homePage": rig.base, "name": rig.north.client_id}},
        "version": "1.0.3",
    }


def test_the_statement_names_the_registration_of_the_launch(rig: Rig, path: str, token: str) -> None:
    claims = rig.launch(rig.newcomer())
    ann = claims["sub"]
    rig.post_score(path, token, rig.score(ann))
    custom = claims["https://purl.imsglobal.org/spec/lti/claim/custom"]
    assert rig.statements(ann)[0]["context"]["registration"] == custom["registration"]


@pytest.mark.requirement("I1")
def test_the_same_score_again_changes_nothing(rig: Rig, path: str, ann: str, token: str) -> None:
    score = rig.score(ann)
    first = rig.post_score(path, token, score)
    record = rig.record()
    spellings: list[dict[str, Any]] = [
        score,
        dict(reversed(score.items())),
        score | {"scoreGiven": 80.0, "scoreMaximum": 1e2},
        score | {"comment": None},
        score | {"timestamp": "2026-05-04T11:00:00.000+02:00"},
        score | {"timestamp": "2026-05-04T09:00:00Z"},
        score | {"timestamp": "2026-05-04T09:00:00,000+00"},
    ]
    for again in spellings:
        answer = rig.post_score(path, token, again)
        assert (answer.status_code, answer.data) == (first.status_code, first.data)
    record.assert_nothing()


def test_a_repetition_is_known_even_when_the_course_has_changed_since(
    rig: Rig, path: str, ann: str, token: str
) -> None:
    from hub.training.tables import offering

    rig.post_score(path, token, rig.score(ann))
    with rig.hub.unit_of_work() as uow:
        before = uow.connection.execute(sa.select(offering.c.id, offering.c.activity_id)).all()
        uow.connection.execute(sa.update(offering).values(activity_id=offering.c.activity_id + "/2"))
    record = rig.record()
    assert rig.post_score(path, token, rig.score(ann)).status_code == 200
    record.assert_nothing()
    with rig.hub.unit_of_work() as uow:
        for row in before:
            change = sa.update(offering).where(offering.c.id == row.id).values(activity_id=row.activity_id)
            uow.connection.execute(change)


@pytest.mark.parametrize(
    ("activity", "grading", "given", "verb", "completion"),
    [
        ("Completed", "FullyGraded", 80, "completed", True),
        ("Completed", "FullyGraded", None, "completed", True),
        ("Completed", "Pending", 80, "progressed", None),
        ("Completed", "PendingManual", None, "progressed", None),
        ("Completed", "Failed", None, "progressed", None),
        ("Completed", "NotReady", None, "progressed", None),
        ("Submitted", "FullyGraded", 80, "scored", None),
        ("InProgress", "FullyGraded", 80, "scored", None),
        ("InProgress", "FullyGraded", None, "progressed", None),
        ("InProgress", "Pending", 40, "progressed", None),
        ("Started", "NotReady", None, "progressed", None),
        ("Initialized", "NotReady", None, "progressed", None),
    ],
)
def test_what_a_score_says(
    rig: Rig,
    path: str,
    ann: str,
    token: str,
    activity: str,
    grading: str,
    given: float | None,
    verb: str,
    completion: bool | None,
) -> None:
    score = rig.score(ann, activityProgress=activity, gradingProgress=grading, scoreGiven=given)
    assert rig.post_score(path, token, score).status_code == 200
    (statement,) = rig.statements(ann)
    assert statement["verb"]["id"] == VERBS + verb
    assert statement.get("result", {}).get("completion") is completion
    assert ("score" in statement.get("result", {})) is (given is not None)


@pytest.mark.requirement("I3")
@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_p10_older_than_stored_is_kept_while_the_result_stays_with_the_newest(
    rig: Rig, path: str, ann: str, token: str, order: tuple[int, ...]
) -> None:
    scores = [rig.score(ann, scoreGiven=10 * i, timestamp=later(rig, minutes=i)) for i in range(3)]
    for i in order:
        record = rig.record()
        assert rig.post_score(path, token, scores[i]).status_code == 200
        assert record.audited() == [("score", "done", "")]
    assert sorted(s["result"]["score"]["raw"] for s in rig.statements(ann)) == [0, 10, 20]
    assert [r["resultScore"] for r in _results(rig, path, token, ann)] == [20]


@pytest.mark.requirement("I3")
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_scores_with_one_timestamp_are_several_and_their_order_does_not_matter(
    rig: Rig, path: str, ann: str, token: str, order: tuple[int, ...]
) -> None:
    for i in order:
        assert rig.post_score(path, token, rig.score(ann, scoreGiven=50 + i)).status_code == 200
    points = {statement["id"]: statement["result"]["score"]["raw"] for statement in rig.statements(ann)}
    assert len(points) == 3
    assert [r["resultScore"] for r in _results(rig, path, token, ann)] == [points[max(points)]]


@pytest.mark.parametrize(
    ("given", "maximum", "scaled", "result"),
    [(110, 100, 1, 110), (1.1, 1, 1, 110), (7, 10, 0.7, 70), (1, 3, 1 / 3, 100 / 3), (0, 5, 0, 0)],
)
def test_p11_extra_credit_is_kept_as_sent(
    rig: Rig, path: str, ann: str, token: str, given: float, maximum: float, scaled: float, result: float
) -> None:
    assert (
        rig.post_score(path, token, rig.score(ann, scoreGiven=given, scoreMaximum=maximum)).status_code == 200
    )
    (statement,) = rig.statements(ann)
    score, extensions = statement["result"]["score"], statement["context"]["extensions"]
    assert score["scaled"] == scaled
    assert score["raw"] == given
    kept = extensions.get(f"{rig.base}/xapi/extensions/ags-score-maximum")
    assert (score.get("max"), kept) == ((None, maximum) if given > maximum else (maximum, None))
    (shown,) = _results(rig, path, token, ann)
    assert shown["resultScore"] == result
    assert shown["resultMaximum"] == 100


def test_results_as_the_tool_reads_them(rig: Rig, path: str, ann: str, token: str) -> None:
    rig.post_score(path, token, rig.score(ann, comment="Good", scoringUserId="teacher-1"))
    answer = rig.call("GET", f"{path}/results?user_id={ann}", token)
    assert answer.content_type == RESULTS_TYPE
    url = rig.base + path
    assert answer.json == [
        {
            "id": f"{url}/results?user_id={ann}",
            "scoreOf": url,
            "userId": ann,
            "resultScore": 80,
            "resultMaximum": 100,
            "comment": "Good",
            "scoringUserId": "teacher-1",
        }
    ]
    assert rig.call("GET", answer.json[0]["id"].removeprefix(rig.base), token).json == answer.json


def test_a_score_without_points_clears_the_result_and_a_new_comment_replaces_the_old(
    rig: Rig, path: str, ann: str, token: str
) -> None:
    rig.post_score(path, token, rig.score(ann, comment="Good"))
    rig.post_score(path, token, rig.score(ann, scoreGiven=None, timestamp=later(rig, minutes=1)))
    (shown,) = _results(rig, path, token, ann)
    assert not shown.keys() & {"resultScore", "comment"}


def test_results_come_in_pages_and_hide_the_order_they_are_in(rig: Rig, token: str) -> None:
    people = [rig.newcomer() for _ in range(3)]
    subjects = {rig.launch(person)["sub"] for person in people}
    quiz = {"label": "Quiz", "scoreMaximum": 1}
    made = rig.call("POST", rig.line_items_path(), token, quiz, LINE_ITEM_TYPE).json or {}
    path = made["id"].removeprefix(rig.base)
    for subject in subjects:
        rig.post_score(path, token, rig.score(subject))
    seen, url, pages = set(), f"{path}/results?limit=1", 0
    while url:
        answer = rig.call("GET", url, token)
        assert answer.json is not None
        seen |= {result["userId"] for result in answer.json}
        pages += 1
        link = answer.headers.get("Link", "")
        assert not any(rig.world.ids[person] in link for person in people)
        # As pylti1p3 reads it: in lower case.
        url = link.lower().partition("<")[2].partition(">")[0].removeprefix(rig.base)
    assert (seen, pages) == (subjects, 3)
    one = rig.call("GET", f"{path}/results?user_id={min(subjects)}", token).json
    assert [result["userId"] for result in one or []] == [min(subjects)]
    assert rig.call("GET", f"{path}/results?user_id=stranger", token).json == []


def test_a_query_string_that_a_tool_carries_along_does_no_harm(
    rig: Rig, path: str, ann: str, token: str
) -> None:
    answer = rig.call(
        "POST",
        f"{path}/scores?type_id=4&tenant=x",
        token,
        rig.score(ann),
        "application/vnd.ims.lis.v1.score+json; charset=utf-8",
    )
    assert answer.status_code == 200
    assert rig.call("GET", f"{path}/results?type_id=4", token).json != []


def test_results_cannot_be_written_nor_scores_read(rig: Rig, path: str, token: str) -> None:
    assert rig.call("GET", f"{path}/scores", token).status_code == 405
    assert rig.call("POST", f"{path}/results", token).status_code == 405


def _results(rig: Rig, path: str, token: str, subject: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = rig.call("GET", f"{path}/results?user_id={subject}", token).json or []
    return shown
