"""Row T26: a launch without cookies, proved by what the platform's own storage kept (LTI Client Side postMessages 1.0)."""

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.lti.tool.rig import West, record


class _Data(HTMLParser):
    """The data of the one element that goes on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if given.get("id") == "next":
            self.found = given
        if tag == "input":
            self.fields[given["name"]] = given["value"]


def _begin(west: West, target: str = "_parent") -> tuple[dict[str, str], str, str]:
    """The authentication request of a login in a frame, and the key and the value that are to be stored."""
    page = west.login(lti_storage_target=target)
    assert page.status_code == 200
    data = _Data(page.text).found
    assert data["data-target"] == target
    assert data["data-origin"] == "http://127.0.0.1:9"
    asked = parse_qs(urlsplit(data["href"]).query)
    return {name: values[0] for name, values in asked.items()}, data["data-key"], data["data-value"]


def _without_cookies(west: West) -> West:
    return west.another_browser()


def test_t26_launch_without_cookie_asks_the_storage(west: West) -> None:
    begun, key, _ = _begin(west)
    frame = _without_cookies(west)
    before = record(west)
    page = frame.post(begun["state"], frame.sign(frame.claims(begun)))
    before.assert_nothing()
    data = _Data(page.text)
    assert (page.status_code, data.found["data-key"], data.found["data-origin"]) == (
        200,
        key,
        "http://127.0.0.1:9",
    )
    assert "frame-ancestors http://127.0.0.1:9" in page.headers["Content-Security-Policy"]


def test_t26_right_answer_launches(west: West) -> None:
    begun, _, value = _begin(west)
    frame = _without_cookies(west)
    token = frame.sign(frame.claims(begun))
    before = record(west)
    page = frame.post(begun["state"], token, "/confirm", proof=value, headers={"Sec-Fetch-Dest": "iframe"})
    assert page.status_code == 200
    assert before.audited() == [("lti_entry", "done", "")]
    assert frame.press(page, Origin=west.base).location == "/my-training"


@pytest.mark.parametrize(
    ("proof", "reason"),
    [
        (None, "storage_silent"),
        ("", "storage_silent"),
        ("forged", "storage_wrong_answer"),
        ("\0", "storage_wrong_answer"),
    ],
)
def test_t26_silent_or_forged_answer(west: West, proof: str | None, reason: str) -> None:
    begun, _, _ = _begin(west)
    frame = _without_cookies(west)
    before = record(west)
    assert (
        frame.post(begun["state"], frame.sign(frame.claims(begun)), "/confirm", proof=proof).status_code
        == 400
    )
    before.assert_refused("lti_entry", reason)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_t26_proof_sent_by_another_site(west: West, origin: str) -> None:
    begun, _, value = _begin(west)
    frame = _without_cookies(west)
    before = record(west)
    token = frame.sign(frame.claims(begun))
    answer = frame.post(begun["state"], token, "/confirm", proof=value, headers={"Origin": origin})
    assert answer.status_code == 403
    before.assert_refused("lti_entry", "foreign_form")


def test_t26_answer_of_another_login(west: West) -> None:
    begun, _, _ = _begin(west)
    _, _, other = _begin(west)
    frame = _without_cookies(west)
    before = record(west)
    frame.post(begun["state"], frame.sign(frame.claims(begun)), "/confirm", proof=other)
    before.assert_refused("lti_entry", "storage_wrong_answer")


def test_t26_proof_where_the_login_offered_no_storage(west: West) -> None:
    begun = west.begin()
    before = record(west)
    west.post(begun["state"], west.sign(west.claims(begun)), "/confirm", proof="x")
    before.assert_refused("lti_entry", "storage_wrong_answer")


def test_t26_message_is_judged_all_the_same(west: West) -> None:
    begun, _, value = _begin(west)
    frame = _without_cookies(west)
    before = record(west)
    frame.post(begun["state"], frame.sign(frame.claims(begun, nonce="other")), "/confirm", proof=value)
    before.assert_refused("lti_entry", "wrong_nonce")


def test_t26_cookie_is_enough_where_it_comes_along(west: West) -> None:
    begun, _, _ = _begin(west, "lti_storage")
    assert west.post(begun["state"], west.sign(west.claims(begun))).status_code == 303


def test_t26_storage_target_is_text(west: West) -> None:
    page = west.login(lti_storage_target='"><script>alert(1)</script>')
    assert "<script>alert(1)" not in page.text
