"""Reads the courses and the accounts of a Moodle through its web services.

The address of the source is that of the Moodle site, such as ``https://moodle.example.com``; the secret is a token of a
user who may call ``core_course_get_courses`` and ``core_enrol_get_enrolled_users``, and for sites with thousands of courses
``core_course_get_categories`` and ``core_course_get_courses_by_field``. Accounts belong to people by the field
"ID number" of their Moodle profile, which holds what the network files call them; those without one are left out. Moodle
tells it only to tokens that may see user identity, where ID numbers are part of that.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub.api import (
    CatalogueRow,
    CatalogueSource,
    OutgoingHttp,
    OutsideFailed,
    RosterRow,
    hookimpl,
)

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

USERS_PER_CALL = 500
_PASSING = frozenset({"sitemaintenance", "upgraderunning"})
_TAG = re.compile(r"<[^>]*>")


class Plugin:
    """Moodle as a source of courses and of accounts. A course's statements and launches name it by its address."""

    hub_api = "1.0"

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing: accounts it reads are the hub's to keep."""
        return []

    @hookimpl
    def read_catalogue(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[CatalogueRow]:
        """Yield every visible course. A course keeps its number in Moodle for good, so that renaming it changes its title."""
        for course in _courses(source, http):
            yield CatalogueRow(
                external_id=str(course["id"]),
                key=f"{source.connection}-{course['id']}",
                title=_text(course["fullname"]),
                activity_id=f"{_site(source)}/course/view.php?id={course['id']}",
                description=_text(course.get("summary") or ""),
            )

    @hookimpl
    def read_roster(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[RosterRow]:
        """Yield everybody who is enrolled somewhere, once. Moodle's LTI launches name people by these numbers."""
        told: dict[int, str] = {}
        for course in _courses(source, http):
            for user in _enrolled(source, http, course["id"]):
                if user["id"] not in told:
                    told[user["id"]] = str(user.get("idnumber") or "").strip()
                    if told[user["id"]]:
                        yield RosterRow(person_id=told[user["id"]], subject=str(user["id"]))
        if told and not any(told.values()):
            raise OutsideFailed(
                "moodle_hides_id_numbers",
                "Moodle tells of no account to which person it belongs.",
                "Fill in ID numbers, and let the token's user see them as user identity.",
                retryable=False,
            )


def _courses(source: CatalogueSource, http: OutgoingHttp) -> list[Mapping[str, Any]]:
    """Every course that people can see, without the front page, which Moodle keeps as a course too."""
    try:
        found = _call(source, http, "core_course_get_courses", {}, ("id", "fullname"))
    except OutsideFailed as error:
        if error.code != "too_large":
            raise
        found = _courses_by_category(source, http)
    if not found:  # a token that sees nothing must not retire every course
        raise OutsideFailed(
            "moodle_sees_nothing", "This token sees no courses of Moodle at all.", retryable=False
        )
    return [course for course in found if course.get("format") != "site" and course.get("visible", 1)]


def _courses_by_category(source: CatalogueSource, http: OutgoingHttp) -> list[Mapping[str, Any]]:
    """The same in smaller pieces. The token needs ``core_course_get_categories`` and ``core_course_get_courses_by_field``."""
    function, needed = "core_course_get_courses_by_field", ("id", "fullname")
    return [
        course
        for category in _call(source, http, "core_course_get_categories", {}, ("id",))
        if category.get("coursecount", 1)
        for course in _call(
            source, http, function, {"field": "category", "value": str(category["id"])}, needed, "courses"
        )
    ]


def _enrolled(source: CatalogueSource, http: OutgoingHttp, course_id: int) -> Iterator[Mapping[str, Any]]:
    """Who is enrolled in a course, without more about them than is needed."""
    seen: set[int] = set()
    start = 0
    while True:
        options = {"userfields": "id,idnumber", "limitfrom": str(start), "limitnumber": str(USERS_PER_CALL)}
        parameters = {"courseid": str(course_id)}
        for place, (name, value) in enumerate(options.items()):
            parameters |= {f"options[{place}][name]": name, f"options[{place}][value]": value}
        users = _call(source, http, "core_enrol_get_enrolled_users", parameters, ("id",))
        # A short page is not the last one: Moodle takes out of a page whom the token may not see.
        if seen.issuperset(user["id"] for user in users):
            return
        yield from users
        seen |= {user["id"] for user in users}
        start += USERS_PER_CALL


def _call(
    source: CatalogueSource,
    http: OutgoingHttp,
    function: str,
    parameters: Mapping[str, str],
    needed: tuple[str, ...],
    within: str = "",
) -> list[Mapping[str, Any]]:
    """The rows a web service function answers, or those ``within`` its answer, each with the fields needed.

    Moodle answers its own errors with 200 too.
    """
    answer = http.post(
        f"{_site(source)}/webservice/rest/server.php",
        connection=source.connection,
        form={"wstoken": source.secret, "wsfunction": function, "moodlewsrestformat": "json", **parameters},
    )
    if answer.status != 200:
        raise OutsideFailed("moodle_refused", f"Moodle answered {answer.status} to {function}.")
    rows = answer.json()
    if isinstance(rows, dict) and "exception" in rows:
        code = re.sub(r"[^a-z0-9_/]", "", str(rows.get("errorcode") or rows["exception"]).lower())[:60]
        raise OutsideFailed(
            "moodle_refused", f"Moodle refused {function}: {code}.", retryable=code in _PASSING
        )
    if within and isinstance(rows, dict):
        rows = rows.get(within)
    if not isinstance(rows, list) or not all(_has(row, needed) for row in rows):
        raise OutsideFailed("not_moodle", f"The answer to {function} is not one of Moodle.", retryable=False)
    return rows


def _has(row: object, needed: tuple[str, ...]) -> bool:
    if not isinstance(row, dict) or not all(name in row for name in needed):
        return False
    return type(row["id"]) is int and all(isinstance(row[name], str) for name in needed if name != "id")


def _site(source: CatalogueSource) -> str:
    return source.address.rstrip("/")


def _text(markup: str) -> str:
    """Moodle's HTML as plain text."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
