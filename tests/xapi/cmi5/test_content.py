"""Files of packages are read in the parts that a browser asks for, and only when it does not have them."""

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.store.blobs import CHUNK, BlobStore
from tests.web.world import PUBLIC_URL
from tests.xapi.cmi5.packages import package
from tests.xapi.cmi5.rig import Courses

FILM = bytes(n % 251 for n in range(CHUNK * 4))
pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what was read from the blob store."""
    sizes: list[int] = []
    real = BlobStore.chunks

    def note(blobs: BlobStore, *args: Any) -> Iterator[bytes]:
        for chunk in real(blobs, *args):
            sizes.append(len(chunk))
            yield chunk

    monkeypatch.setattr(BlobStore, "chunks", note)
    return sizes


class Browser:
    """Asks for the files of a session."""

    def __init__(self, courses: Courses) -> None:
        self._app = courses.world.app
        self._base = courses.launch().address.partition("?")[0].removesuffix("index.html")

    def ask(self, name: str = "film.mp4", method: str = "GET", **headers: str) -> TestResponse:
        told = {key.replace("_", "-"): value for key, value in headers.items()}
        url = (self._base + name).removeprefix(PUBLIC_URL)
        answer = self._app.test_client().open(url, method=method, headers=told, base_url=PUBLIC_URL)
        assert answer.data is not None
        answer.close()
        return answer


@pytest.fixture
def browser(courses: Courses) -> Browser:
    courses.add(package(files={"index.html": b"x", "film.mp4": FILM, "empty": b""}))
    return Browser(courses)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-", 5, len(FILM)),
        (f"bytes=7-{len(FILM) * 2}", 7, len(FILM)),
        ("bytes=-3", len(FILM) - 3, len(FILM)),
        (f"bytes=-{len(FILM) * 2}", 0, len(FILM)),
    ],
    ids=["one byte", "from", "beyond the end", "the last", "more than all"],
)
def test_a_range_is_all_that_is_read(
    browser: Browser, read: list[int], asked: str, start: int, stop: int
) -> None:
    answer = browser.ask(Range=asked)
    assert (answer.status_code, answer.data) == (206, FILM[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(FILM)}"
    assert answer.headers["Content-Length"] == str(stop - start)
    assert sum(read) == stop - start


@pytest.mark.parametrize("asked", ["pages=1-2", "bytes=0-1,5-6", "bytes=x", "bytes=5-2"])
def test_what_is_no_single_range_gets_the_whole(browser: Browser, read: list[int], asked: str) -> None:
    answer = browser.ask(Range=asked)
    assert (answer.status_code, answer.data, answer.headers["Accept-Ranges"]) == (200, FILM, "bytes")
    assert max(read) <= 2 * CHUNK, "in pieces"


def test_a_range_after_the_end_is_refused(browser: Browser, read: list[int]) -> None:
    for name, size in (("film.mp4", len(FILM)), ("empty", 0)):
        answer = browser.ask(name, Range=f"bytes={size}-")
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{size}")
        assert answer.data == b""
    assert browser.ask("empty").status_code == 200
    assert sum(read) == 0


def test_what_the_browser_has_is_not_sent_again(browser: Browser, read: list[int]) -> None:
    head = browser.ask(method="HEAD", Range="bytes=0-1")
    assert (head.status_code, head.headers["Content-Length"], head.data) == (200, str(len(FILM)), b"")
    etag = head.headers["ETag"]
    again = browser.ask(If_None_Match=etag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert "sandbox" in again.headers["Content-Security-Policy"]
    assert sum(read) == 0
    assert browser.ask(If_None_Match='"other"').data == FILM
    assert browser.ask(Range="bytes=0-1", If_Range=etag).data == FILM[:2]
    assert browser.ask(Range="bytes=0-1", If_Range='"other"').data == FILM


def test_another_version_has_another_tag(courses: Courses, browser: Browser) -> None:
    courses.read(package(files={"index.html": b"x", "film.mp4": b"y"}))
    assert Browser(courses).ask().headers["ETag"] != browser.ask().headers["ETag"]
