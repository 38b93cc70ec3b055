"""Line items of the tool's own."""

from typing import Any

import pytest

from hub.lti.vocabulary import AGS_ENDPOINT_CLAIM, LINE_ITEM_TYPE, LINE_ITEMS_TYPE, SCORE_TYPE
from tests.lti.rig import Rig

QUIZ = {"label": "Quiz", "scoreMaximum": 10, "tag": "grade", "resourceId": "quiz-1"}


@pytest.fixture
def items(rig: Rig) -> str:
    return rig.line_items_path()


@pytest.fixture
def token(rig: Rig) -> str:
    return rig.token()


def test_a_course_has_one_line_item_from_the_start(rig: Rig, items: str, token: str) -> None:
    answer = rig.call("GET", items, token)
    assert answer.content_type == LINE_ITEMS_TYPE
    context = items.split("/")[3]
    default = {
        "id": rig.base + rig.line_item_path(),
        "label": "Brakes",
        "scoreMaximum": 100,
        "resourceLinkId": context,
    }
    assert answer.json == [default]
    one = rig.call("GET", rig.line_item_path(), token)
    assert one.content_type == LINE_ITEM_TYPE
    assert one.json == default


def test_create_read_update_delete(rig: Rig, items: str, token: str) -> None:
    record = rig.record()
    made = rig.call("POST", items, token, QUIZ, LINE_ITEM_TYPE)
    assert made.status_code == 201
    assert made.content_type == LINE_ITEM_TYPE
    assert made.json is not None
    url = made.json["id"]
    assert made.headers["Location"] == url
    assert made.json == QUIZ | {"id": url}
    path = url.removeprefix(rig.base)
    assert rig.call("GET", path, token).json == made.json
    changed = QUIZ | {"label": "Big quiz", "scoreMaximum": 20.5, "tag": None, "id": "ignored"}
    updated = rig.call("PUT", path, token, changed, LINE_ITEM_TYPE)
    assert updated.status_code == 200
    assert updated.json == {"id": url, "label": "Big quiz", "scoreMaximum": 20.5, "resourceId": "quiz-1"}
    assert rig.call("PUT", path, token, changed, LINE_ITEM_TYPE).json == updated.json
    assert rig.call("GET", path, token).json == updated.json
    assert rig.call("DELETE", path, token).status_code == 204
    assert rig.call("GET", path, token).status_code == 404
    assert [action for action, outcome, _ in record.audited() if outcome == "done"] == [
        "line_item_created",
        "line_item_updated",
        "line_item_deleted",
    ]


def test_a_line_item_of_the_tools_own_is_not_bound_to_the_course(rig: Rig, items: str, token: str) -> None:
    body = QUIZ | {"resourceLinkId": items.split("/")[3]}
    made = rig.call("POST", items, token, body, LINE_ITEM_TYPE)
    assert made.status_code == 201
    assert "resourceLinkId" not in (made.json or {})
    assert rig.launch()[AGS_ENDPOINT_CLAIM]["lineitem"] == rig.base + rig.line_item_path()


def test_a_score_on_it_is_about_the_line_item_and_completes_no_course(
    rig: Rig, items: str, token: str
) -> None:
    subject = rig.launch()["sub"]
    made = rig.call("POST", items, token, QUIZ, LINE_ITEM_TYPE).json
    assert made is not None
    assert rig.post_score(made["id"].removeprefix(rig.base), token, rig.score(subject)).status_code == 200
    (statement,) = rig.statements()
    assert statement["object"]["id"] == made["id"]
    parents = statement["context"]["contextActivities"]["parent"]
    assert [parent["id"] for parent in parents] == ["https://lms.example/courses/brakes"]


def test_deleting_one_takes_its_results_but_not_its_statements(rig: Rig, items: str, token: str) -> None:
    subject = rig.launch()["sub"]
    made = rig.call("POST", items, token, QUIZ, LINE_ITEM_TYPE).json
    assert made is not None
    path = made["id"].removeprefix(rig.base)
    rig.post_score(path, token, rig.score(subject))
    assert rig.call("DELETE", path, token).status_code == 204
    assert len(rig.statements()) == 1


def test_a_new_maximum_scales_the_results(rig: Rig, token: str) -> None:
    subject, path = rig.launch()["sub"], rig.line_item_path()
    rig.post_score(path, token, rig.score(subject, scoreGiven=7, scoreMaximum=10))
    rig.call("PUT", path, token, {"label": "Brakes", "scoreMaximum": 30}, LINE_ITEM_TYPE)
    (result,) = rig.call("GET", f"{path}/results", token).json or []
    assert (result["resultScore"], result["resultMaximum"]) == (21, 30)
    with_link = {"label": "Brakes", "scoreMaximum": 30, "resourceLinkId": "elsewhere"}
    shown = rig.call("PUT", path, token, with_link, LINE_ITEM_TYPE).json
    assert shown is not None
    assert shown["resourceLinkId"] == path.split("/")[3], "a tool cannot move a line item"


def test_a_line_item_may_have_a_range_and_say_how_work_is_reviewed(rig: Rig, items: str, token: str) -> None:
    body = QUIZ | {
        "startDateTime": "2026-05-01T08:00:00+02:00",
        "endDateTime": "2026-06-01T00:00:00Z",
        "submissionReview": {"reviewableStatus": ["Submitted", "Completed"], "custom": {"unit": "7"}},
    }
    made = rig.call("POST", items, token, body, LINE_ITEM_TYPE).json
    assert made is not None
    expected = body | {
        "id": made["id"],
        "startDateTime": "2026-05-01T06:00:00+00:00",
        "endDateTime": "2026-06-01T00:00:00+00:00",
    }
    assert made == expected
    path = made["id"].removeprefix(rig.base)
    assert rig.call("GET", path, token).json == expected
    record = rig.record()
    assert rig.call("PUT", path, token, made, LINE_ITEM_TYPE).json == expected
    assert record.changed() == set(), "the same again changes nothing"
    assert rig.call("PUT", path, token, QUIZ, LINE_ITEM_TYPE).json == QUIZ | {"id": made["id"]}


@pytest.mark.parametrize("query", ["x=1", "x=1&x=2", "lineitem=?x=1/", "limit=0", "page=1", "%00=%00"])
def test_addresses_of_a_line_item_may_carry_a_query_string(rig: Rig, token: str, query: str) -> None:
    """Learning systems add parameters of their own to addresses they were given."""
    path, subject = rig.line_item_path(), rig.launch()["sub"]
    assert rig.call("GET", f"{path}?{query}", token).status_code == 200
    scored = rig.call("POST", f"{path}/scores?{query}", token, rig.score(subject), SCORE_TYPE)
    assert scored.status_code == 200
    if query.startswith("x"):
        assert len(rig.call("GET", f"{path}/results?{query}", token).json or []) == 1


def test_a_query_string_in_the_middle_of_an_address_reaches_no_score(rig: Rig, token: str) -> None:
    """A client that appends /scores to an address with a query string asks for something else."""
    path, subject = rig.line_item_path(), rig.launch()["sub"]
    answer = rig.call("POST", f"{path}?x=1/scores", token, rig.score(subject), SCORE_TYPE)
    assert answer.status_code == 405
    assert rig.statements() == []


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("", {"Brakes", "A", "B", "C"}),
        ("tag=grade", {"A", "B"}),
        ("tag=Grade", set()),
        ("resource_id=quiz-1", {"A", "C"}),
        ("resource_id=quiz-1&tag=grade", {"A"}),
        ("resource_link_id=LINK", {"Brakes"}),
        ("resource_link_id=LINK&tag=grade", set()),
        ("resource_link_id=other", set()),
        ("limit=1000000000", {"Brakes", "A", "B", "C"}),
        ("unknown=1", {"Brakes", "A", "B", "C"}),
    ],
)
def test_filters(rig: Rig, items: str, token: str, query: str, labels: set[str]) -> None:
    for label, more in {
        "A": {"tag": "grade", "resourceId": "quiz-1"},
        "B": {"tag": "grade", "resourceId": "quiz-2"},
        "C": {"tag": "other", "resourceId": "quiz-1"},
    }.items():
        rig.call("POST", items, token, {"label": label, "scoreMaximum": 1} | more, LINE_ITEM_TYPE)
    shown = rig.call("GET", f"{items}?{query.replace('LINK', items.split('/')[3])}", token).json
    assert {item["label"] for item in shown or []} == labels


def test_p13_pages_keep_their_filters_and_are_bounded(rig: Rig, items: str, token: str) -> None:
    from hub.lti import paging

    for i in range(5):
        for tag in ("Grade", "other"):
            rig.call(
                "POST", items, token, {"label": f"{tag} {i}", "scoreMaximum": 1, "tag": tag}, LINE_ITEM_TYPE
            )
    assert [len(page) for page in _pages(rig, f"{items}?limit=2&tag=Grade", token)] == [2, 2, 1]
    assert {item["tag"] for page in _pages(rig, f"{items}?limit=2&tag=Grade", token) for item in page} == {
        "Grade"
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paging, "LARGEST_PAGE", 4)
        assert [len(page) for page in _pages(rig, f"{items}?limit=1000000000", token)] == [4, 4, 3]


def test_p13_a_page_of_another_address_is_refused(rig: Rig, items: str, token: str) -> None:
    rig.call("POST", items, token, QUIZ, LINE_ITEM_TYPE)
    link = rig.call("GET", f"{items}?limit=1", token).headers["Link"]
    query = link.partition("?")[2].partition(">")[0]
    record = rig.record()
    assert rig.call("GET", f"{rig.line_items_path('batteries')}?{query}", token).status_code == 400
    assert record.audited() == [("line_item", "refused", "bad_page")]


def _pages(rig: Rig, path: str, token: str) -> list[list[dict[str, Any]]]:
    pages = []
    while path:
        answer = rig.call("GET", path, token)
        pages.append(answer.json or [])
        # As pylti1p3 reads it: in lower case.
        path = (
            answer.headers.get("Link", "").lower().partition("<")[2].partition(">")[0].removeprefix(rig.base)
        )
    return pages
