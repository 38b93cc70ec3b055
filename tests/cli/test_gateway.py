"""The gate in front of the web application, in a real server: senders that are slow hold nobody up and hear why."""

import contextlib
import hashlib
import http.client
import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hub.cli import web_server
from hub.cli.long_answers import LOOK_SECONDS
from hub.cli.request_environ import UnclearLength, join_headers
from hub.cli.wsgi import largest_of
from hub.config import Settings
from hub.testing.serve import free_port
from tests.cli.gated import ANSWER_SECONDS, LARGEST, LONG, SECONDS, SLOWEST, THREADS, VERY_LONG

ROOT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where a server with two threads and little patience listens."""
    number = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--factory", "--log-level", "warning"]
    command += ["--port", str(number), "tests.cli.gated:gateway"]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            _wait(number)
            yield number
        finally:
            server.terminate()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A client."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def begin_to_send(port: int, what: bytes = b"Content-Length: 5000\r\n\r\n[") -> socket.socket:
    sender = socket.create_connection((LOOPBACK, port), timeout=20)
    sender.sendall(b"POST /slow HTTP/1.1\r\nHost: hub.example\r\n" + what)
    return sender


def told(port: int, session: requests.Session, **options: Any) -> dict[str, Any]:
    answer = session.post(f"http://{LOOPBACK}:{port}/told", timeout=20, **options)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_slow_senders_hold_nobody_up(port: int, session: requests.Session) -> None:
    def is_answered_meanwhile() -> bool:
        senders = [begin_to_send(port) for _ in range(10 * THREADS)]
        assert told(port, session, data=b"quick")["length"] == 5
        given_up, _, _ = select.select(senders, [], [], 0)
        for sender in senders:
            sender.close()
        return not given_up

    # On a busy machine even a quick one may take as long as the slow ones are given, but not each time.
    assert any(is_answered_meanwhile() for _ in range(5))


@pytest.mark.parametrize(
    "beginning",
    [
        b"Content-Length: 5000\r\n\r\n[",
        b"Content-Length: 1500000\r\n\r\n[",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1234\r\n",
        b"Content-Length: 5000\r\n\r\n",
    ],
    ids=["short", "long", "chunked", "nothing"],
)
def test_a_sender_that_stops_is_told_and_let_go(port: int, beginning: bytes) -> None:
    with begin_to_send(port, beginning) as sender:
        started = time.monotonic()
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        assert (answer.status, b"too_slow" in answer.read()) == (408, True)
        assert SECONDS / 2 < time.monotonic() - started < 5 * SECONDS
        assert sender.recv(1) == b""  # the connection is closed


def test_a_sender_that_trickles_is_told_too(port: int) -> None:
    with begin_to_send(port, b"Content-Length: 1500000\r\n\r\n") as sender:
        started = time.monotonic()
        sender.settimeout(0.05)
        received = b""
        while not received and time.monotonic() - started < 10 * SECONDS:
            sender.sendall(b"x")
            try:
                received = sender.recv(1000)
            except TimeoutError:
                continue
        assert received.startswith(b"HTTP/1.1 408 ")


def test_a_sender_that_is_gone_leaves_the_others_alone(port: int, session: requests.Session) -> None:
    begin_to_send(port).close()
    assert told(port, session, data=b"still here")["length"] == 10


@pytest.mark.parametrize("size", [0, 1, 600_000, LARGEST])
@pytest.mark.parametrize("chunked", [False, True], ids=["with length", "chunked"])
def test_a_body_comes_through_as_it_was_sent(
    port: int, session: requests.Session, size: int, chunked: bool
) -> None:
    body = bytes(n * 7 % 251 for n in range(1000)) * (size // 1000 + 1)
    body = body[:size]
    pieces = (body[start : start + 50_000] for start in range(0, size, 50_000))
    found = told(port, session, data=pieces if chunked else body)
    assert (found["length"], found["sha256"]) == (size, hashlib.sha256(body).hexdigest())


def test_of_a_body_that_is_too_large_no_more_is_kept_than_tells_so(
    port: int, session: requests.Session
) -> None:
    large = told(port, session, data=b"x" * (LARGEST + 1))
    assert (large["length"], large["CONTENT_LENGTH"]) == (0, str(LARGEST + 1))
    pieces = (b"x" * 100_000 for _ in range(60))
    assert LARGEST < told(port, session, data=pieces)["length"] < 2 * LARGEST


def test_the_request_is_told_as_wsgi_has_it(port: int) -> None:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
    connection.putrequest("POST", "/a%2525/%C3%A9?x=%20y&x=2", skip_host=True)
    for name, value in [
        ("Host", "hub.example"),
        ("X-A", "1"),
        ("X-A", "2"),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
    ]:
        connection.putheader(name, value)
    connection.putheader("Content-Type", "text/plain")
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    found = json.loads(connection.getresponse().read())
    connection.close()
    assert {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/a%25/é".encode().decode("latin-1"),
        "QUERY_STRING": "x=%20y&x=2",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": LOOPBACK,
        "HTTP_HOST": "hub.example",
        "HTTP_X_A": "1,2",
        "HTTP_COOKIE": "a=1; b=2",
        "CONTENT_TYPE": "text/plain",
        "wsgi.url_scheme": "http",
    }.items() <= found.items()


def test_long_and_empty_answers_arrive(port: int, session: requests.Session) -> None:
    assert session.get(f"http://{LOOPBACK}:{port}/long", timeout=20).content == b"x" * LONG
    empty = session.get(f"http://{LOOPBACK}:{port}/empty", timeout=20)
    assert (empty.status_code, empty.headers["X-Told"]) == (204, "one, two")


def test_bodies_beyond_what_a_process_holds_are_refused_and_the_room_comes_back(
    port: int, session: requests.Session
) -> None:
    beginning = b"Content-Length: 1700000\r\n\r\n" + b"x" * 1_600_000
    senders = [begin_to_send(port, beginning) for _ in range(3)]
    time.sleep(0.2)
    refused = session.post(f"http://{LOOPBACK}:{port}/told", data=b"x" * 500_000, timeout=20)
    assert (refused.status_code, refused.json()["code"]) == (503, "too_busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert told(port, session, data=b"x" * 100_000)["length"] == 100_000  # there is room for this one
    for sender in senders:
        sender.close()
    end = time.monotonic() + 10
    while session.post(f"http://{LOOPBACK}:{port}/told", data=b"x" * 500_000, timeout=20).status_code == 503:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_only_who_may_be_an_operator_sends_a_course_package() -> None:
    largest = largest_of(1000, "__Host-hub_session")
    signed_in = {"cookie": "a=1; __Host-hub_session=x"}
    assert largest("POST", "/admin/courses", signed_in) > 200_000_000
    for method, path, headers in [
        ("POST", "/admin/courses", {}),
        ("POST", "/admin/courses", {"cookie": "a=__Host-hub_session; x__Host-hub_session=1"}),
        ("POST", "/admin/courses/x", signed_in),
        ("POST", "/admin/", signed_in),
        ("POST", "/xapi/statements", signed_in),
        ("PUT", "/admin/courses", signed_in),
    ]:
        assert largest(method, path, headers) == 1000, (method, path, headers)


def test_only_programs_with_tokens_send_network_files() -> None:
    largest, program = largest_of(1000, "session"), {"authorization": "Bearer hub_x"}
    assert largest("POST", "/api/v1/imports", program) == 200 * 1024 * 1024
    for method, path, headers in [
        ("POST", "/api/v1/imports", {}),
        ("POST", "/api/v1/imports", {"authorization": "Basic eDp5"}),
        ("POST", "/api/v1/partners", program),
        ("GET", "/api/v1/imports", program),
    ]:
        assert largest(method, path, headers) == 1000, (method, path, headers)


def test_a_web_process_serves_so_many_connections() -> None:
    settings = Settings(secret_key="only-for-tests-0123456789abcdefghij")
    assert web_server._server(settings, LOOPBACK, free_port()).backpressure == web_server.CONNECTIONS


def open_answers(port: int, session: requests.Session) -> int:
    """How many files of answers the server has open."""
    return int(session.get(f"http://{LOOPBACK}:{port}/open-files", timeout=20).text)


def test_receivers_that_take_nothing_hold_nobody_up_and_are_let_go(
    port: int, session: requests.Session
) -> None:
    receivers = []
    for _ in range(4 * THREADS):
        receiver = socket.create_connection((LOOPBACK, port), timeout=20)
        receiver.sendall(b"GET /very-long HTTP/1.1\r\nHost: hub.example\r\n\r\n")
        receivers.append(receiver)
    assert told(port, session, data=b"quick")["length"] == 5
    time.sleep(0.5)
    assert open_answers(port, session) >= len(receivers)
    time.sleep(ANSWER_SECONDS + VERY_LONG / SLOWEST + LOOK_SECONDS)
    assert all(_received(receiver) < VERY_LONG for receiver in receivers)
    _wait_until_sent(port, session)


def test_the_file_of_a_long_answer_goes_when_it_is_sent(port: int, session: requests.Session) -> None:
    whole = session.get(f"http://{LOOPBACK}:{port}/very-long", timeout=20)
    assert (len(whole.content), whole.headers["Content-Length"]) == (VERY_LONG, str(VERY_LONG))
    _wait_until_sent(port, session)


def test_headers_that_wsgi_would_take_for_others_are_left_out(port: int) -> None:
    head = b"X-Forwarded-For: 1.1.1.1\r\nX_Forwarded_For: 2.2.2.2\r\n"
    head += b"Content-Length: 2\r\ncontent_length: 99\r\n\r\nab"
    with begin_to_send(port, head) as sender:
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        found = json.loads(answer.read())
        answer.close()
    assert (found["HTTP_X_FORWARDED_FOR"], found["CONTENT_LENGTH"], found["length"]) == ("1.1.1.1", "2", 2)


@pytest.mark.parametrize(
    "told",
    [
        [("content-length", "2"), ("Content-Length", "2")],
        [("content-length", "2"), ("transfer-encoding", "chunked")],
        [("content-length", "+2")],
        [("content-length", "")],
    ],
    ids=["twice", "length and chunks", "a sign", "empty"],
)
def test_a_body_of_no_clear_length_is_refused(told: list[tuple[str, str]]) -> None:
    with pytest.raises(UnclearLength):
        join_headers(told)


def test_two_lengths_close_the_connection_and_chunks_count_before_a_length(port: int) -> None:
    with begin_to_send(port, b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc") as sender:
        assert sender.recv(1000).startswith(b"HTTP/1.1 400 ")
        assert sender.recv(1) == b""
    chunks = b"4\r\nabcd\r\n0\r\n\r\n"
    head = b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
    with begin_to_send(port, head + chunks) as sender:
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        found = json.loads(answer.read())
        answer.close()
    assert (found["length"], found.get("CONTENT_LENGTH")) == (4, None)


def _wait_until_sent(port: int, session: requests.Session) -> None:
    end = time.monotonic() + 60
    while open_answers(port, session):
        assert time.monotonic() < end
        time.sleep(0.1)


def _received(receiver: socket.socket) -> int:
    """How many bytes come until the server closes the connection."""
    received = 0
    with receiver, contextlib.suppress(ConnectionResetError):
        while piece := receiver.recv(1_000_000):
            received += len(piece)
    return received


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")
