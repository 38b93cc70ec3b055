"""A course structure's XML as a small tree that knows its lines; nothing that XML can do to its reader happens here."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from hub.errors import BadInput, Problem
from hub.xapi.cmi5.vocabulary import NAMESPACE

MAX_BYTES = 10 * 1024 * 1024
MAX_ELEMENTS = 200_000
MAX_DEPTH = 100


@dataclass
class Element:
    """An element of the cmi5 namespace. ``foreign`` counts elements of others, which extensions may add (13.1.5)."""

    name: str
    line: int
    path: str
    attributes: dict[str, str]
    children: "list[Element]" = field(default_factory=list)
    foreign: int = 0
    text: str = ""

    def all(self, *names: str) -> "Iterator[Element]":
        """The children with one of these names, in order."""
        return (child for child in self.children if child.name in names)

    def one(self, name: str) -> "Element | None":
        """The first child of this name."""
        return next(self.all(name), None)

    @property
    def place(self) -> str:
        """Where it stands, for a person with an editor: ``line 12, courseStructure/au``."""
        return f"line {self.line}, {self.path}"


def parse_course_xml(content: bytes) -> Element:
    """The root element. BadInput ``bad_course`` for what is no XML, too large or deep, or has a document type."""
    if len(content) > MAX_BYTES:
        raise refused(Problem(f"is larger than {MAX_BYTES // 1024 // 1024} MB", "cmi5.xml"))
    handler = _Builder()
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(handler)
    try:
        parser.parse(io.BytesIO(content))
    except SAXParseException as error:
        raise refused(Problem(f"is not XML: {error.getMessage()}", f"line {error.getLineNumber()}")) from None
    except DefusedXmlException:
        raise refused(Problem("must not have a document type or entities", "cmi5.xml")) from None
    except (ValueError, LookupError):
        raise refused(Problem("is in an encoding that cannot be read; use UTF-8", "cmi5.xml")) from None
    if handler.root is None:
        raise refused(
            Problem(f"the root element must be courseStructure of the namespace {NAMESPACE}", "line 1")
        )
    return handler.root


def refused(*problems: Problem) -> BadInput:
    """The error of a package that cannot be used, with everything that is wrong."""
    return BadInput(
        "bad_course",
        "This is not a cmi5 course package the hub can use; nothing was changed.",
        "Correct what the problems name and upload it again.",
        problems,
    )


class _Builder(ContentHandler):
    """Builds the tree; text of elements and everything inside foreign elements is as bounded as the file is."""

    def __init__(self) -> None:
        super().__init__()
        self.root: Element | None = None
        self._open: list[Element | None] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self._locator: Any = None

    def setDocumentLocator(self, locator: Any) -> None:  # noqa: N802
        """Remember who knows the line."""
        self._locator = locator

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802
        """Add an element below the one that is open; None stands for a foreign one and all inside it."""
        namespace, local = name
        self._texts.append([])
        line = self._locator.getLineNumber()
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise refused(
                Problem(
                    f"has more than {MAX_ELEMENTS} elements or is nested deeper than {MAX_DEPTH}",
                    f"line {line}",
                )
            )
        parent = self._open[-1] if self._open else None
        if namespace != NAMESPACE or (self._open and parent is None):
            if parent is not None:
                parent.foreign += 1
            self._open.append(None)
            return
        own = {key[1]: value for key, value in attrs.items() if key[0] is None}
        element = Element(local, line, f"{parent.path}/{local}" if parent else local, own)
        if parent is not None:
            parent.children.append(element)
        elif local == "courseStructure":
            self.root = element
        self._open.append(element)

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802
        """Close it. Leading and trailing white space never counts (cmi5, 13.1)."""
        element, text = self._open.pop(), "".join(self._texts.pop())
        if element is not None:
            element.text = text.strip()

    def characters(self, content: str) -> None:
        """Text of the element that is open."""
        if self._texts:
            self._texts[-1].append(content)
