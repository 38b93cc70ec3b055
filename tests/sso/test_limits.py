"""What is counted where only refusals count."""

import pytest

from hub.errors import NotAllowed
from hub.limits import Limit
from hub.runtime import Hub
from hub.sso.limits import TooManyRequests, counted_refusals
from tests.sso.rig import Record

TWICE = Limit("test_refusals", 2, 60)
HERE, THERE = "192.0.2.7", "192.0.2.8"


def attempt(hub: Hub, address: str, *, works: bool) -> str:
    """The code of the refusal; empty where there was none."""
    try:
        with counted_refusals(hub, TWICE, address):
            if not works:
                raise NotAllowed("unknown_code", "No.")
    except NotAllowed as error:
        return error.code
    return ""


def test_what_works_is_not_counted_and_what_is_refused_is_until_nothing_is_tried_any_more(hub: Hub) -> None:
    record = Record(hub)
    assert [attempt(hub, HERE, works=True) for _ in range(9)] == [""] * 9
    assert [attempt(hub, HERE, works=False) for _ in range(3)] == ["unknown_code"] * 3
    for works in (False, True):
        with pytest.raises(TooManyRequests):
            attempt(hub, HERE, works=works)
    assert attempt(hub, THERE, works=True) == ""
    assert record.audit_since() == [("sign_in", "refused", "too_many_requests")]
