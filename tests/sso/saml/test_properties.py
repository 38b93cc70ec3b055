"""Whatever is done to a signed message: it is refused, or still says what was signed."""

import copy
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.errors import NotAllowed
from hub.sso.saml.assertion import Asserted
from hub.sso.saml.redirect_binding import read_redirect
from hub.testing.saml_signing import sign
from tests.sso.saml.forge import NOW, evil_twin, provider_signer, raw, read, signed

Edit = Callable[[list[etree._Element], int, int], None]
EVIL = "admin-1"


@cache
def original(both: bool) -> tuple[bytes, Asserted]:
    """A right message, and what it says."""
    response = signed(attributes={"mail": ("tess@riverside.example",), "groups": ("a", "b")})
    if both:
        sign(response, provider_signer())
    return raw(response), read(response)


def _parent(element: etree._Element) -> etree._Element:
    found = element.getparent()
    return element if found is None else found


def _copy_into(all: list[etree._Element], one: int, other: int) -> None:
    all[other].append(copy.deepcopy(all[one]))


def _copy_before(all: list[etree._Element], one: int, other: int) -> None:
    _parent(all[other]).insert(0, copy.deepcopy(all[one]))


def _move_into(all: list[etree._Element], one: int, other: int) -> None:
    if all[one] not in list(all[other].iterancestors()) and all[one] is not all[other]:
        all[other].append(all[one])


def _remove(all: list[etree._Element], one: int, other: int) -> None:
    if all[one].getparent() is not None:
        _parent(all[one]).remove(all[one])


def _text(all: list[etree._Element], one: int, other: int) -> None:
    all[one].text = EVIL


def _tail(all: list[etree._Element], one: int, other: int) -> None:
    all[one].tail = EVIL


def _attribute(all: list[etree._Element], one: int, other: int) -> None:
    names = sorted(str(name) for name in all[one].attrib)
    if names:
        values = sorted(str(value) for value in all[other].attrib.values()) or [EVIL]
        all[one].set(names[other % len(names)], values[one % len(values)])


def _evil_twin(all: list[etree._Element], one: int, other: int) -> None:
    try:
        twin = evil_twin(all[0])
    except ValueError:
        return
    all[one].insert(other % (len(all[one]) + 1), twin)


EDITS: list[Edit] = [_copy_into, _copy_before, _move_into, _remove, _text, _tail, _attribute, _evil_twin]


@given(
    both=st.booleans(),
    edits=st.lists(
        st.tuples(st.sampled_from(EDITS), st.integers(0, 80), st.integers(0, 80)), min_size=1, max_size=4
    ),
)
def test_sa2_no_edit_makes_a_signed_message_say_something_else(
    both: bool, edits: list[tuple[Edit, int, int]]
) -> None:
    message, said = original(both)
    root = etree.fromstring(message)
    for edit, one, other in edits:
        everything = list(root.iter("*"))
        edit(everything, one % len(everything), other % len(everything))
    for signed_part in ("assertion", "response"):
        try:
            found = read(etree.tostring(root), signed_part)
        except NotAllowed:
            continue
        assert found == said


@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_sa1_no_byte_makes_a_signed_message_say_something_else(place: int, byte: int) -> None:
    message, said = original(both=False)
    changed = bytearray(message)
    changed[place % len(changed)] = byte
    try:
        found = read(bytes(changed))
    except NotAllowed:
        return
    assert found == said


@given(message=st.binary(max_size=200))
def test_sa5_any_bytes_are_refused_in_words(message: bytes) -> None:
    with suppress(NotAllowed):  # and with no other error
        read(message, now=NOW)


@given(
    query=st.one_of(
        st.binary(max_size=100),
        st.from_regex(rb"SAMLRequest=[A-Za-z0-9%+/=&;]{0,80}&SigAlg=a&Signature=b", fullmatch=True),
    )
)
def test_sa15_any_query_is_refused_in_words(query: bytes) -> None:
    with suppress(NotAllowed):  # and with no other error
        read_redirect(query)
