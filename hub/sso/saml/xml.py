"""Reading XML that anybody may have sent: no DTD, no entities, no network, nothing between the lines."""

import re
from collections.abc import Iterator

from lxml import etree

from hub.errors import HubError
from hub.sso.refusals import not_verified
from hub.sso.saml.names import ASSERTION, DSIG, METADATA, PROTOCOL, XENC

MAX_BYTES = 256 * 1024
MAX_ATTRIBUTES = 64
"""Attributes of one element, and prefixes of one message: the work of reading them grows with their square."""
_PREFIX = re.compile(rb"xmlns:([^\s=]+)")
_ID_OF = {ASSERTION: "ID", PROTOCOL: "ID", METADATA: "ID", DSIG: "Id", XENC: "Id"}


def parse_message(raw: bytes) -> etree._Element:
    """The root element of a message.

    Refuses ``message_too_large`` (also for more attributes or prefixes than any message has), ``bad_xml``, ``forbidden_xml`` (a DTD, an entity, a comment, a processing instruction:
    each of them is a way to make two readers see two messages), and ``ambiguous_id`` where an ID is there twice or is
    spelled so that two readers may not agree what it is.
    """
    if len(raw) > MAX_BYTES or len(set(_PREFIX.findall(raw))) > MAX_ATTRIBUTES:
        raise not_verified("message_too_large")
    root = parse_document(raw)
    if any(len(element.attrib) > MAX_ATTRIBUTES for element in root.iter("*")):
        raise not_verified("message_too_large")
    if root.getprevious() is not None or root.getnext() is not None:
        raise not_verified("forbidden_xml")
    if next(root.iter(etree.Comment, etree.ProcessingInstruction), None) is not None:
        raise not_verified("forbidden_xml")
    check_ids(root)
    return root


def parse_document(raw: bytes, *, without_comments: bool = False) -> etree._Element:
    """The root element of a document in UTF-8. Refuses ``bad_xml``, and ``forbidden_xml`` for a DTD or an entity."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise not_verified("bad_xml") from None
    # Looked for before parsing: libxml2 expands entities in attributes whatever it is told.
    if "<!DOCTYPE" in text or "<!ENTITY" in text or "\0" in text:
        raise not_verified("forbidden_xml")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=without_comments,
        remove_pis=without_comments,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise not_verified("bad_xml") from None
    if root.getroottree().docinfo.doctype or next(root.iter(etree.Entity), None) is not None:
        raise not_verified("forbidden_xml")
    return root


def check_ids(root: etree._Element) -> None:
    """Refuse ``ambiguous_id``: an ID in a namespace, spelled in another way, or there twice."""
    seen: set[str] = set()
    for element in root.iter("*"):
        for name, value in element.attrib.items():
            if str(name).rpartition("}")[2].lower() != "id":
                continue
            if name != _ID_OF.get(etree.QName(element).namespace or "") or value in seen or not value:
                raise not_verified("ambiguous_id")
            seen.add(str(value))


def children(element: etree._Element) -> list[etree._Element]:
    """Its child elements."""
    return [child for child in element if isinstance(child.tag, str)]


def one_child(element: etree._Element, name: str, refusal: HubError) -> etree._Element:
    """The one child with this name; raises ``refusal`` where there is none, or more than one."""
    found = element.findall(name)
    if len(found) != 1:
        raise refusal
    return found[0]


def leaf_text(element: etree._Element) -> str | None:
    """The whole text of an element that holds nothing else, without space around it; None where it holds more."""
    return None if len(element) else (element.text or "").strip(" \t\r\n")


def attribute(element: etree._Element, name: str) -> str:
    """An attribute's value, empty where there is none."""
    return str(element.get(name) or "")


def elements_named(root: etree._Element, local_name: str) -> Iterator[etree._Element]:
    """Every element in the tree with this local name, in whatever namespace."""
    return root.iter(f"{{*}}{local_name}")
