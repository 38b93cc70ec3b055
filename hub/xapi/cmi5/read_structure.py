"""Reading a course structure strictly: every rule of its schema and of section 13, all problems at once."""

import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from hub.errors import Problem
from hub.xapi.cmi5.course_xml import Element, parse_course_xml, refused
from hub.xapi.cmi5.structure import AssignableUnit, Block, CourseStructure, Objective
from hub.xapi.cmi5.vocabulary import LAUNCH_METHODS, MOVE_ON_VALUES, LaunchMethod, MoveOn

MAX_PROBLEMS = 100
MAX_ID = 300
"""Characters of an id: what can be looked up everywhere."""
LAUNCH_PARAMETER_NAMES = frozenset({"endpoint", "fetch", "actor", "registration", "activityId"})

_IRI = re.compile(r"""[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]+""")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_TEXTS = (("title", 1, 1), ("description", 1, 1))
_PARTS = ("au", "block")
Rule = tuple[str | tuple[str, ...], int, int | None]
"""Name or names of an element, and how often one of them may stand there."""


def read_structure(content: bytes, files: Collection[str] | None = None) -> CourseStructure:
    """The course of a ``cmi5.xml``. ``files`` are those beside it in a package; None for a structure without a package.

    BadInput ``bad_course`` with every problem, each with its line and element. Section: cmi5, 13 and 14.
    """
    reader = _Reader(parse_course_xml(content), files)
    course = reader.read()
    if reader.problems:
        raise refused(*reader.problems[:MAX_PROBLEMS])
    return course


class _Reader:
    def __init__(self, root: Element, files: Collection[str] | None) -> None:
        self.root = root
        self.files = files
        self.problems: list[Problem] = []
        self._ids: dict[str, Element] = {}
        self._objectives: set[str] = set()

    def read(self) -> CourseStructure:
        """The course; what is wrong goes to ``problems``."""
        root = self.root
        self._check(root, (), ("course", 1, 1), ("objectives", 0, 1), (_PARTS, 1, None))
        course = root.one("course") or Element("course", root.line, f"{root.path}/course", {"id": "x:x"})
        if root.one("course"):
            self._check(course, ("id",), *_TEXTS)
        objectives = tuple(self._read_objectives(root.one("objectives")))
        return CourseStructure(
            self._id(course),
            self._texts(course, "title"),
            self._texts(course, "description"),
            objectives,
            tuple(self._part(part) for part in root.all(*_PARTS)),
        )

    def _read_objectives(self, listed: Element | None) -> Iterator[Objective]:
        if listed is None:
            return
        self._check(listed, (), ("objective", 1, None))
        for each in listed.all("objective"):
            self._check(each, ("id",), *_TEXTS, ordered=False)
            id = self._id(each)
            self._objectives.add(id)
            yield Objective(id, self._texts(each, "title"), self._texts(each, "description"))

    def _part(self, element: Element) -> Block | AssignableUnit:
        return self._block(element) if element.name == "block" else self._au(element)

    def _block(self, element: Element) -> Block:
        self._check(element, ("id",), *_TEXTS, ("objectives", 0, 1), (_PARTS, 1, None))
        return Block(
            self._id(element),
            self._texts(element, "title"),
            self._texts(element, "description"),
            tuple(self._part(part) for part in element.all(*_PARTS)),
            self._references(element),
        )

    def _au(self, element: Element) -> AssignableUnit:
        options = (("launchParameters", 0, 1), ("entitlementKey", 0, 1))
        self._check(
            element,
            ("id", "moveOn", "masteryScore", "launchMethod", "activityType"),
            *_TEXTS,
            ("objectives", 0, 1),
            ("url", 1, 1),
            *options,
        )
        url = element.one("url")
        if url is not None:
            self._leaf(url)
            self._check_url(url)
        found = {name: element.one(name) for name, _, _ in options}
        texts = {name: self._leaf(part) for name, part in found.items() if part is not None}
        return AssignableUnit(
            self._id(element),
            self._texts(element, "title"),
            self._texts(element, "description"),
            url.text if url is not None else "",
            cast(MoveOn, self._choice(element, "moveOn", MOVE_ON_VALUES, "NotApplicable")),
            self._mastery_score(element),
            cast(LaunchMethod, self._choice(element, "launchMethod", LAUNCH_METHODS, "AnyWindow")),
            self._activity_type(element),
            texts.get("launchParameters"),
            texts.get("entitlementKey"),
            self._references(element),
        )

    def _check(
        self, element: Element, attributes: Collection[str], *rules: Rule, ordered: bool = True
    ) -> None:
        """Which attributes and children an element has, how often, and in which order."""
        for name in sorted(element.attributes.keys() - set(attributes)):
            self._wrong(element, f"has no attribute {name}")
        if element.text:
            self._wrong(element, "must not hold text of its own")
        ranks = {
            name: rank
            for rank, (names, _, _) in enumerate(rules)
            for name in ((names,) if isinstance(names, str) else names)
        }
        highest = 0
        for child in element.children:
            if child.name not in ranks:
                self._wrong(child, f"does not belong into {element.name}")
            elif ordered and ranks[child.name] < highest:
                self._wrong(child, f"stands too late in {element.name}")
            highest = max(highest, ranks.get(child.name, 0))
        for names, least, most in rules:
            wanted = (names,) if isinstance(names, str) else names
            count = sum(1 for _ in element.all(*wanted))
            if count < least:
                self._wrong(element, f"needs a {' or '.join(wanted)}")
            elif most is not None and count > most:
                self._wrong(element, f"has more than one {' or '.join(wanted)}")

    def _leaf(self, element: Element) -> str:
        if element.children or element.foreign:
            self._wrong(element, "must hold text only")
        if "\0" in element.text:
            self._wrong(element, "must not hold the character NUL")
        for name in sorted(element.attributes):
            self._wrong(element, f"has no attribute {name}")
        return element.text

    def _id(self, element: Element) -> str:
        id = element.attributes.get("id", "").strip()
        if not _IRI.fullmatch(id):
            self._wrong(element, "needs an id that is a full IRI, such as https://example.com/au/1")
        elif len(id) > MAX_ID or len(id.encode()) > 2 * MAX_ID:
            self._wrong(element, f"must have an id of at most {MAX_ID} characters")
        elif id in self._ids and id != "x:x":
            self._wrong(element, f"has the id {id}, which line {self._ids[id].line} has too")
        self._ids.setdefault(id, element)
        return id

    def _texts(self, element: Element, name: str) -> dict[str, str]:
        holder = element.one(name)
        if holder is None:
            return {}
        self._check(holder, (), ("langstring", 1, None))
        texts: dict[str, str] = {}
        for each in holder.all("langstring"):
            language = each.attributes.get("lang", "und").strip()
            if set(each.attributes) - {"lang"}:
                self._wrong(each, "has no attribute but lang")
            if not _LANGUAGE.fullmatch(language):
                self._wrong(each, f"has the lang {language!r}, which is no language tag")
            if each.children:
                self._wrong(each, "must hold text only")
            texts.setdefault(language, each.text)
        return texts

    def _references(self, element: Element) -> tuple[str, ...]:
        listed = element.one("objectives")
        if listed is None:
            return ()
        self._check(listed, (), ("objective", 1, None))
        found = []
        for each in listed.all("objective"):
            self._check(each, ("idref",))
            idref = each.attributes.get("idref", "").strip()
            if idref not in self._objectives:
                self._wrong(each, f"refers to the objective {idref!r}, which the course does not list")
            found.append(idref)
        return tuple(found)

    def _choice(self, element: Element, name: str, values: Collection[str], default: str) -> str:
        value = element.attributes.get(name, default).strip()
        if value not in values:
            self._wrong(element, f"has the {name} {value!r}; it must be one of {', '.join(values)}")
        return value

    def _mastery_score(self, element: Element) -> float | None:
        told = element.attributes.get("masteryScore")
        if told is None:
            return None
        try:
            value = Decimal(told.strip()) if _DECIMAL.fullmatch(told.strip()) else None
        except InvalidOperation:
            value = None
        if value is None or not 0 <= value <= 1:
            self._wrong(element, f"has the masteryScore {told!r}; it must be a decimal number from 0 to 1")
            return None
        return round(float(value), 4)

    def _activity_type(self, element: Element) -> str:
        told = element.attributes.get("activityType", "").strip()
        if told and not _IRI.fullmatch(told):
            self._wrong(element, f"has the activityType {told!r}, which is no IRI")
        return told

    def _check_url(self, element: Element) -> None:
        """Absolute and http(s), or a file of the package; nothing in its query that the launch sets (8.1)."""
        url = element.text
        try:
            parts = urlsplit(url)
            asked = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
        except ValueError:
            self._wrong(element, "is no URL")
            return
        if not url or any(c.isspace() or ord(c) < 32 or c == "\\" for c in url):
            self._wrong(element, "must be a URL, without spaces and backslashes")
        elif parts.scheme or url.startswith("//"):
            if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
                self._wrong(element, "must begin with http:// or https:// and a host, or be relative")
        elif self.files is None:
            self._wrong(element, "must be a full URL: there is no package around this file")
        elif unquote(parts.path) not in self.files:
            self._wrong(element, f"names the file {unquote(parts.path)!r}, which the package does not hold")
        for name in sorted(asked & LAUNCH_PARAMETER_NAMES):
            self._wrong(element, f"has the query parameter {name}, which the launch sets")

    def _wrong(self, element: Element, message: str) -> None:
        self.problems.append(Problem(f"{element.name} {message}", element.place))


def launch_file(url: str) -> str | None:
    """The file of the package that a relative URL names; None for a full URL."""
    parts = urlsplit(url)
    return None if parts.scheme or parts.netloc else unquote(parts.path)
