"""What of a tool's offer can become a course: row DL2 of the protocol tables."""

import math
from typing import Any

import pytest

from hub.lti.content.check_items import MAX_ITEMS, Item, LineItemWish, as_json, check_items, from_json
from tests.lti.content.choosing import GOOD, SIZED

HOSTS = frozenset({"127.0.0.1", "lms.example"})


def check(*offered: object, accept_multiple: bool = True) -> list[Item]:
    return check_items(offered, HOSTS, accept_multiple=accept_multiple)


def test_a_good_item() -> None:
    assert check(GOOD) == [
        Item(
            "Brakes",
            "All about brakes",
            "http://127.0.0.1:9/north/brakes",
            {"unit": "7"},
            LineItemWish("Brakes", 10.0, "final", "b-1"),
        )
    ]


def test_an_item_may_say_next_to_nothing() -> None:
    assert check({"type": "ltiResourceLink"}) == [Item("Untitled")]


def test_a_missing_title_is_the_end_of_the_address() -> None:
    (item,) = check({"type": "ltiResourceLink", "url": "https://lms.example/course/oil-change/"})
    assert (item.title, item.url) == ("oil-change", "https://lms.example/course/oil-change/")


def test_an_item_is_kept_as_it_is() -> None:
    for item in check(GOOD, {"type": "html"}, {"type": "ltiResourceLink"}):
        assert from_json(as_json(item)) == item


def test_numbers_and_booleans_become_texts() -> None:
    (item,) = check({**GOOD, "custom": {"a": 1, "b": 1.5, "c": True, "d": None}})
    assert item.custom == {"a": "1", "b": "1.5", "c": "true", "d": ""}


def test_control_characters_and_length_of_texts() -> None:
    (item,) = check({**GOOD, "title": "A\0B\r\nC" + "x" * 500, "text": 7})
    assert item.title.startswith("A B C")
    assert len(item.title) == 255
    assert item.text == ""


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        ({"type": "https://vendor.example/widget", "title": "W"}, "item_type"),
        ({"type": "LTIRESOURCELINK"}, "item_type"),
        ({"type": None}, "item_type"),
        ({"type": ["ltiResourceLink"]}, "item_type"),
        ({"title": "no type"}, "item_type"),
        ("text", "item_type"),
        (None, "item_type"),
        ([], "item_type"),
        ({"type": "link", "url": "https://lms.example/"}, "type_not_accepted"),
        ({"type": "html", "html": "<script>alert(1)</script>"}, "type_not_accepted"),
        ({"type": "file", "url": "https://lms.example/a.pdf"}, "type_not_accepted"),
        ({"type": "image", "url": "https://lms.example/a.png"}, "type_not_accepted"),
        ({**GOOD, "url": "https://evil.example/course"}, "foreign_url"),
        ({**GOOD, "url": "https://lms.example.evil.example/course"}, "foreign_url"),
        ({**GOOD, "url": "https://evil.example#lms.example"}, "foreign_url"),
        ({**GOOD, "url": "javascript:alert(1)"}, "unsafe_url"),
        ({**GOOD, "url": "JaVaScRiPt:alert(1)"}, "unsafe_url"),
        ({**GOOD, "url": " javascript:alert(1)"}, "unsafe_url"),
        ({**GOOD, "url": "data:text/html,hello"}, "unsafe_url"),
        ({**GOOD, "url": "//lms.example/course"}, "unsafe_url"),
        ({**GOOD, "url": "/course"}, "unsafe_url"),
        ({**GOOD, "url": "https://"}, "unsafe_url"),
        ({**GOOD, "url": "https://[::1"}, "unsafe_url"),
        ({**GOOD, "url": "https://lms.example:port/"}, "unsafe_url"),
        ({**GOOD, "url": "https://lms.example\\@evil.example/"}, "unsafe_url"),
        ({**GOOD, "url": "https://user@lms.example/"}, "unsafe_url"),
        ({**GOOD, "url": "https://lms.example/a\0b"}, "unsafe_url"),
        ({**GOOD, "url": "http://lms.example/course"}, "unsafe_url"),
        ({**GOOD, "url": "https://lms.example/" + "a" * 3000}, "unsafe_url"),
        ({**GOOD, "url": 7}, "unsafe_url"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": 0}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": -1}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": 1e300}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": math.inf}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": 10**400}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": True}}, "bad_line_item"),
        ({**GOOD, "lineItem": {**SIZED, "scoreMaximum": "10"}}, "bad_line_item"),
        ({**GOOD, "lineItem": {"label": "no maximum"}}, "bad_line_item"),
        ({**GOOD, "lineItem": 10}, "bad_line_item"),
        ({**GOOD, "custom": {"hub_actor": "somebody"}}, "bad_custom"),
        ({**GOOD, "custom": {"registration": "mine"}}, "bad_custom"),
        ({**GOOD, "custom": {"a": ["list"]}}, "bad_custom"),
        ({**GOOD, "custom": {"a": "\0"}}, "bad_custom"),
        ({**GOOD, "custom": {"": "a"}}, "bad_custom"),
        ({**GOOD, "custom": {"a": "x" * 3000}}, "bad_custom"),
        ({**GOOD, "custom": {str(n): "x" for n in range(51)}}, "bad_custom"),
        ({**GOOD, "custom": [{"a": "b"}]}, "bad_custom"),
    ],
    ids=lambda value: str(value)[:90],
)
def test_dl2_item_that_cannot_be_a_course(offered: Any, reason: str) -> None:
    good, bad = check({**GOOD, "custom": {}}, offered)
    assert good.reason == ""
    assert bad.reason == reason
    assert bad.problem.endswith(".")


def test_dl2_two_items_where_one_was_asked_for() -> None:
    first, second = check(GOOD, {**GOOD, "title": "Oil", "custom": {}}, accept_multiple=False)
    assert (first.reason, second.reason) == ("", "too_many")


def test_dl2_the_same_course_twice() -> None:
    first, second = check(GOOD, {**GOOD, "title": "Other words"})
    assert (first.reason, second.reason) == ("", "same_twice")


def test_dl2_ten_thousand_items() -> None:
    items = check(*({**GOOD, "custom": {"n": n}} for n in range(10_000)))
    assert len(items) == MAX_ITEMS
    assert {item.reason for item in items} == {""}
