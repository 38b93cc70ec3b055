"""A Moodle as its web services show it: a loopback server that answers with responses in Moodle's own form.

Written after Moodle's public sources and documentation, read on 22 November 2026: fields and parameters of
``core_course_get_courses``, ``core_course_get_categories`` and ``core_course_get_courses_by_field``
(``course/externallib.php``) and ``core_enrol_get_enrolled_users`` (``enrol/externallib.php``) in
github.com/moodle/moodle, and the form of errors of the REST protocol (docs.moodle.org, "Creating a web service client":
``exception``, ``errorcode``, ``message``, with status 200).
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask

from hub.testing.serve import serve

TOKEN = "3ba3f6b5d7c14ae2b1a9c4f0e6d85a7b"
FRONT_PAGE = {"id": 1, "shortname": "site", "fullname": "Riverside Moodle", "format": "site", "visible": 1}


def course(number: int, fullname: str, **changes: Any) -> dict[str, Any]:
    """A course as ``core_course_get_courses`` gives it to somebody who may edit it."""
    return {
        "id": number,
        "shortname": f"C{number}",
        "categoryid": 1,
        "categorysortorder": 10_000 + number,
        "fullname": fullname,
        "displayname": fullname,
        "idnumber": "",
        "summary": "",
        "summaryformat": 1,
        "format": "topics",
        "showgrades": 1,
        "newsitems": 5,
        "startdate": 1767225600,
        "enddate": 0,
        "numsections": 4,
        "maxbytes": 0,
        "showreports": 0,
        "visible": 1,
        "hiddensections": 0,
        "groupmode": 0,
        "groupmodeforce": 0,
        "defaultgroupingid": 0,
        "timecreated": 1767225600,
        "timemodified": 1767225600,
        "enablecompletion": 1,
        "completionnotify": 0,
        "lang": "",
        "forcetheme": "",
        "courseformatoptions": [{"name": "hiddensections", "value": 0}],
        "showactivitydates": True,
        "showcompletionconditions": True,
    } | changes


def user(number: int, idnumber: str = "") -> dict[str, Any]:
    """Somebody who is enrolled, as ``core_enrol_get_enrolled_users`` gives them: empty fields are left out."""
    return {"id": number, "fullname": f"User {number}"} | ({"idnumber": idnumber} if idnumber else {})


class Moodle:
    """A site with courses and who is enrolled in them. ``hidden`` are users whom the token may not see."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.host = address.removeprefix("http://")
        self.courses: list[dict[str, Any]] = [FRONT_PAGE]
        self.enrolled: dict[int, list[dict[str, Any]]] = {}
        self.hidden: set[int] = set()
        self.broken: Any = None
        """What every call answers instead, if set: JSON, or a text."""
        self.status = 200
        self.asked: list[dict[str, str]] = []

    def answer(self, form: dict[str, str]) -> Any:
        self.asked.append(form)
        if self.broken is not None:
            return self.broken
        if form.get("wstoken") != TOKEN:
            return _error("moodle_exception", "invalidtoken", "Invalid token - token not found")
        if form.get("wsfunction") == "core_course_get_courses":
            return self.courses
        if form.get("wsfunction") == "core_course_get_categories":
            counts = Counter(each.get("categoryid", 0) for each in self.courses)
            return [{"id": n, "name": f"Category {n}", "coursecount": c} for n, c in counts.items() if n]
        if form.get("wsfunction") == "core_course_get_courses_by_field":
            assert form["field"] == "category"
            courses = [each for each in self.courses if str(each.get("categoryid")) == form["value"]]
            return {"courses": courses, "warnings": []}
        if form.get("wsfunction") == "core_enrol_get_enrolled_users":
            return self._page(form)
        return _error("webservice_access_exception", "accessexception", "Access control exception")

    def _page(self, form: dict[str, str]) -> Any:
        places = [name for name in form if name.startswith("options[") and name.endswith("[name]")]
        options = {form[name]: form[name.replace("[name]", "[value]")] for name in places}
        start, most = int(options.get("limitfrom", 0)), int(options.get("limitnumber", 0)) or 10**9
        shown = self.enrolled.get(int(form["courseid"]), [])[start : start + most]
        return [each for each in shown if each["id"] not in self.hidden]


def _error(exception: str, code: str, message: str) -> dict[str, str]:
    return {"exception": exception, "errorcode": code, "message": message}


@contextmanager
def serve_moodle() -> Iterator[Moodle]:
    """A Moodle on loopback. As Moodle does, it answers its own errors with status 200."""
    app = flask.Flask("moodle", static_folder=None)
    with serve(app) as address:
        site = Moodle(address)

        def rest() -> tuple[flask.Response, int]:
            assert flask.request.form.get("moodlewsrestformat") == "json"
            assert not flask.request.args, "tokens do not belong into addresses"
            answer = site.answer(flask.request.form.to_dict())
            if isinstance(answer, str):
                return flask.Response(answer, mimetype="text/html"), site.status
            return flask.jsonify(answer), site.status

        app.add_url_rule("/webservice/rest/server.php", "rest", rest, methods=["POST"])
        yield site
