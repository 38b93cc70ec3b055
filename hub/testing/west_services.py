"""The gradebook (AGS 2.0) and the roster (NRPS 2.0) of LMS West."""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, request

from hub.testing.lti_platform import AGS, NRPS, LtiPlatform

LINE_ITEM = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@dataclass(frozen=True)
class WestPerson:
    """An account in LMS West. `roles` are sent as they stand here: as URIs or short names."""

    sub: str
    name: str
    email: str = ""
    roles: tuple[str, ...] = ("http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",)


@dataclass(frozen=True)
class Placed:
    """Something of the hub in the course. `target` "" is the hub's home; `graded` whether launches name its line item."""

    resource: str
    title: str
    target: str = ""
    maximum: float = 100
    graded: bool = True


@dataclass(frozen=True)
class Grade:
    """The newest score of a person in a line item, scaled to the line item's maximum where it has a number."""

    resource: str
    user_id: str
    points: float | None
    maximum: float
    activity_progress: str
    grading_progress: str
    timestamp: str

    def as_json(self) -> dict[str, Any]:
        """The grade as the gradebook's address shows it."""
        return dict(vars(self))


class Gradebook:
    """Line items and scores of one course. Line item addresses carry a query string, as many LMSs' do."""

    def __init__(self, base_url: str, context: str, placed: Sequence[Placed]) -> None:
        self.placed = {each.resource: each for each in placed}
        self.scores: list[tuple[str, dict[str, Any]]] = []
        """Every score that was taken, in the order of arrival: the line item's resource, and the score as it was sent."""
        self.line_items_url = f"{base_url}/lti/contexts/{context}/lineitems"
        self._lock = threading.Lock()

    def line_item_url(self, resource: str) -> str:
        """The address of a line item."""
        return f"{self.line_items_url}/{resource}?type_id=1"

    def place(self, title: str, target: str, maximum: float | None) -> Placed:
        """Add something to the course."""
        with self._lock:
            placed = Placed(
                f"placed-{len(self.placed) + 1}", title, target, maximum or 100, maximum is not None
            )
            self.placed[placed.resource] = placed
        return placed

    def line_item(self, resource: str) -> dict[str, Any]:
        """A line item as AGS shows it."""
        placed = self.placed[resource]
        return {
            "id": self.line_item_url(resource),
            "label": placed.title,
            "scoreMaximum": placed.maximum,
            "resourceLinkId": resource,
        }

    def grades(self) -> list[Grade]:
        """Per line item and person the score with the newest timestamp."""
        newest: dict[tuple[str, str], dict[str, Any]] = {}
        for resource, score in list(self.scores):
            known = newest.get((resource, score["userId"]))
            if known is None or _time(score["timestamp"]) > _time(known["timestamp"]):
                newest[resource, score["userId"]] = score
        return [self._grade(resource, score) for (resource, _), score in sorted(newest.items())]

    def _grade(self, resource: str, score: dict[str, Any]) -> Grade:
        maximum = self.placed[resource].maximum
        given = score.get("scoreGiven")
        return Grade(
            resource=resource,
            user_id=score["userId"],
            points=None if given is None else given / score["scoreMaximum"] * maximum,
            maximum=maximum,
            activity_progress=score["activityProgress"],
            grading_progress=score["gradingProgress"],
            timestamp=score["timestamp"],
        )


def add_services(
    app: Flask, platform: LtiPlatform, book: Gradebook, people: Sequence[WestPerson], page_size: int
) -> None:
    """Line items, scores and results below /lti/contexts/<context>/lineitems, and the roster at .../members."""
    subjects = {person.sub for person in people}

    def line_items(context: str) -> Response:
        platform.check_service(f"{AGS}scope/lineitem", f"{AGS}scope/lineitem.readonly")
        if request.method == "POST":
            asked = request.get_json(force=True)
            made = book.place(str(asked["label"]), "", float(asked["scoreMaximum"]))
            return _answer(book.line_item(made.resource), LINE_ITEM, 201)
        wanted = request.args.get("resource_link_id")
        shown = [book.line_item(each) for each in book.placed if wanted in {None, each}]
        return _answer(shown, LINE_ITEMS)

    def line_item(context: str, resource: str) -> Response:
        platform.check_service(f"{AGS}scope/lineitem", f"{AGS}scope/lineitem.readonly")
        _check_line_item(book, resource)
        return _answer(book.line_item(resource), LINE_ITEM)

    def scores(context: str, resource: str) -> Response:
        platform.check_service(f"{AGS}scope/score")
        _check_line_item(book, resource)
        book.scores.append((resource, _read_score(subjects)))
        return make_response("", 200)

    def results(context: str, resource: str) -> Response:
        platform.check_service(f"{AGS}scope/result.readonly")
        _check_line_item(book, resource)
        url = book.line_item_url(resource)
        shown = [
            {
                "id": f"{url}&user={grade.user_id}",
                "scoreOf": url,
                "userId": grade.user_id,
                "resultScore": grade.points,
                "resultMaximum": grade.maximum,
            }
            for grade in book.grades()
            if grade.resource == resource and request.args.get("user_id") in {None, grade.user_id}
        ]
        return _answer(shown, RESULTS)

    def members(context: str) -> Response:
        platform.check_service(f"{NRPS}scope/contextmembership.readonly")
        return _members(context, people, page_size)

    items = "/lti/contexts/<context>/lineitems"
    app.add_url_rule(items, "line_items", line_items, methods=["GET", "POST"])
    app.add_url_rule(f"{items}/<resource>", "line_item", line_item)
    app.add_url_rule(f"{items}/<resource>/scores", "scores", scores, methods=["POST"])
    app.add_url_rule(f"{items}/<resource>/results", "results", results)
    app.add_url_rule("/lti/contexts/<context>/members", "members", members)


def _check_line_item(book: Gradebook, resource: str) -> None:
    """A line item is found only by its whole address; without the query string it is unknown, as in some LMSs."""
    if resource not in book.placed or request.args.get("type_id") != "1":
        abort(404, "There is no such line item.")


def _read_score(subjects: set[str]) -> dict[str, Any]:
    """The score in the body (AGS 2.0 section 3.4); 400, 404 or 415 for a wrong one."""
    if request.mimetype != SCORE:
        abort(415, f"The Content-Type must be {SCORE}.")
    score: dict[str, Any] = request.get_json(force=True)
    for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
        if not isinstance(score.get(name), str):
            abort(400, f"{name} is missing.")
    try:
        _time(score["timestamp"])
    except ValueError:
        abort(400, "The timestamp is no time with a zone.")
    if "scoreGiven" in score and not score.get("scoreMaximum", 0) > 0:
        abort(400, "scoreMaximum must be more than 0.")
    if score["userId"] not in subjects:
        abort(404, "There is no such user in this course.")
    return score


def _time(text: str) -> datetime:
    """A time with its zone. Raises ValueError for any other."""
    if not re.search(r"(Z|[+-]\d\d:\d\d)$", text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _members(context: str, people: Sequence[WestPerson], page_size: int) -> Response:
    wanted = request.args.get("role", "").rsplit("#", 1)[-1]
    found = [p for p in people if not wanted or any(role.rsplit("#", 1)[-1] == wanted for role in p.roles)]
    page = request.args.get("Page", 0, type=int)
    shown = [
        {"user_id": p.sub, "status": "Active", "roles": list(p.roles), "name": p.name, "email": p.email}
        for p in found[page * page_size : (page + 1) * page_size]
    ]
    answer = _answer({"id": request.base_url, "context": {"id": context}, "members": shown}, MEMBERS)
    if (page + 1) * page_size < len(found):
        role = f"&role={wanted}" if wanted else ""
        # Upper case on purpose: a client that lower-cases addresses loses the page.
        answer.headers["Link"] = f'<{request.base_url}?Page={page + 1}{role}>; rel="next"'
    return answer


def _answer(content: object, media_type: str, status: int = 200) -> Response:
    answer = make_response(jsonify(content), status)
    answer.content_type = media_type
    return answer
