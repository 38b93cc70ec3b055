"""What the one way out does with answers: no redirect, no flood, no trickle, no cookie."""

import gzip
import threading
from collections.abc import Callable, Iterator

import flask
import pytest

import hub.http
from hub.errors import OutsideFailed
from hub.http import OutgoingHttp
from hub.testing.serve import serve


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets answers go that the server holds back; at the end in any case."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def reached() -> list[str]:
    """Paths the server was asked for."""
    return []


@pytest.fixture
def server(reached: list[str], release: threading.Event) -> Iterator[str]:
    app = flask.Flask("outside", static_folder=None)
    app.before_request(lambda: reached.append(flask.request.path))

    def trickle() -> Iterator[bytes]:
        while not release.wait(0.02):
            yield b"x"

    def hold() -> str:
        release.wait(10)
        return "late"

    def cookie() -> flask.Response:
        answer = flask.make_response(flask.request.headers.get("Cookie", "none"))
        answer.set_cookie("visitor", "7")
        return answer

    big = b"x" * (hub.http.MAX_BYTES + 1)
    routes: dict[str, Callable[[], flask.typing.ResponseReturnValue]] = {
        "/redirect": lambda: flask.redirect("/inside"),
        "/inside": lambda: "secret",
        "/big": lambda: big,
        "/full": lambda: big[1:],
        "/endless": lambda: flask.Response(b"x" * 65536 for _ in range(10_000)),
        "/bomb": lambda: flask.Response(
            gzip.compress(b"0" * 30_000_000), headers={"Content-Encoding": "gzip"}
        ),
        "/trickle": lambda: flask.Response(trickle()),
        "/hold": hold,
        "/cookie": cookie,
        "/broken": lambda: flask.Response(iter([b"{"]), headers={"Content-Length": "100"}),
        "/gzip": lambda: flask.Response(gzip.compress(b'{"keys": []}'), headers={"Content-Encoding": "gzip"}),
        "/error": lambda: flask.Response("no", 503, headers={"Retry-After": "7"}),
        "/echo": lambda: dict(flask.request.headers) | {"body": flask.request.get_data(as_text=True)},
    }
    for path, view in routes.items():
        app.add_url_rule(path, path, view, methods=["GET", "POST"])
    with serve(app) as address:
        yield address


@pytest.fixture
def http(server: str) -> OutgoingHttp:
    return OutgoingHttp([server.removeprefix("http://")])


@pytest.mark.requirement("WB3", "R1")
def test_redirect_is_an_answer_and_is_not_followed(
    http: OutgoingHttp, server: str, reached: list[str]
) -> None:
    answer = http.get(f"{server}/redirect")
    assert (answer.status, answer.headers["Location"]) == (302, "/inside")
    assert reached == ["/redirect"]


@pytest.mark.requirement("WB3")
@pytest.mark.parametrize("path", ["/big", "/endless", "/bomb"])
def test_answer_above_the_limit_is_cut_off_and_not_tried_again(
    http: OutgoingHttp, server: str, path: str
) -> None:
    with pytest.raises(OutsideFailed) as failure:
        http.get(server + path)
    assert (failure.value.code, failure.value.retryable) == ("too_large", False)


def test_answer_of_exactly_the_limit_arrives_whole(http: OutgoingHttp, server: str) -> None:
    assert len(http.get(f"{server}/full").body) == hub.http.MAX_BYTES


@pytest.mark.requirement("WB3")
@pytest.mark.parametrize("path", ["/hold", "/trickle"])
def test_answer_that_does_not_come_or_does_not_end_is_a_timeout(
    http: OutgoingHttp, server: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.http, "TIMEOUT", (0.15, 0.15))
    with pytest.raises(OutsideFailed) as failure:
        http.get(server + path)
    assert (failure.value.code, failure.value.retryable) == ("timeout", True)


def test_patience_is_what_a_caller_says_it_is(http: OutgoingHttp, server: str) -> None:
    with pytest.raises(OutsideFailed) as failure:
        http.post(f"{server}/hold", body=b"much to do", patience=0.15)
    assert failure.value.code == "timeout"


def test_answer_that_breaks_off_may_be_tried_again(http: OutgoingHttp, server: str) -> None:
    with pytest.raises(OutsideFailed) as failure:
        http.get(f"{server}/broken")
    assert (failure.value.code, failure.value.retryable) == ("unreachable", True)


def test_one_system_cannot_set_a_cookie_that_a_later_call_carries(http: OutgoingHttp, server: str) -> None:
    assert [http.get(f"{server}/cookie").body for _ in range(2)] == [b"none", b"none"]


def test_error_is_an_answer_with_its_status_and_headers(http: OutgoingHttp, server: str) -> None:
    answer = http.get(f"{server}/error")
    assert (answer.status, answer.headers["Retry-After"], answer.body) == (503, "7", b"no")


def test_compressed_json_is_read(http: OutgoingHttp, server: str) -> None:
    assert http.get(f"{server}/gzip").json() == {"keys": []}


def test_answer_that_is_not_json_may_be_tried_again(http: OutgoingHttp, server: str) -> None:
    with pytest.raises(OutsideFailed) as failure:
        http.get(f"{server}/inside").json()
    assert (failure.value.code, failure.value.retryable) == ("not_json", True)


def test_post_sends_the_body_and_names_the_hub(http: OutgoingHttp, server: str) -> None:
    headers = {"Content-Type": "text/plain"}
    told = http.post(f"{server}/echo", headers=headers, body=b"hello", auth=("me", "word")).json()
    assert told["body"] == "hello"
    assert told["Content-Type"] == "text/plain"
    assert told["Authorization"] == "Basic bWU6d29yZA=="
    assert told["User-Agent"].startswith("PartnerTrainingHub/")
    assert http.post(f"{server}/echo", form={"a": "b c"}).json()["body"] == "a=b+c"


def test_one_slow_system_cannot_hold_more_than_its_share_of_calls(
    http: OutgoingHttp,
    server: str,
    reached: list[str],
    release: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub.http, "CALLS_IN_FLIGHT", 2)
    holding = [
        threading.Thread(target=http.get, args=(f"{server}/hold",), kwargs={"connection": "slow"})
        for _ in range(2)
    ]
    for thread in holding:
        thread.start()
    while len(reached) < 2:
        release.wait(0.01)
    with monkeypatch.context() as impatient:
        impatient.setattr(hub.http, "TIMEOUT", (0.05, 0.05))
        with pytest.raises(OutsideFailed) as failure:
            http.get(f"{server}/inside", connection="slow")
    assert (failure.value.code, failure.value.retryable) == ("busy", True)
    assert http.get(f"{server}/inside", connection="other").body == b"secret"
    release.set()
    for thread in holding:
        thread.join()
    assert http.get(f"{server}/inside", connection="slow").body == b"secret"
