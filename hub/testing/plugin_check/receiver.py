"""The system outside: it keeps what it is sent, and answers well, badly, slowly or not at all."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SLOW_SECONDS = 1.0
HTML = b"<html><body><form>Please sign in</form></body></html>"


@dataclass(frozen=True)
class Request:
    """What came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Outside:
    """``mode`` is ``good``, a status, ``closed``, ``slow``, ``html``, ``empty``, ``cut`` (half of the body) or ``garbled``.

    ``answers`` are what it says when it is well, the first that fits a request; bad modes begin with request number ``since``.
    """

    address: str = ""
    mode: str = "good"
    since: int = 0
    answers: Sequence[Mapping[str, Any]] = ()
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, mode: str = "good", since: int = 0) -> None:
        """Forget what came, and answer so from now on."""
        with self.lock:
            self.mode, self.since = mode, since
            self.requests = []

    def good_answer(self, request: Request) -> tuple[int, str, bytes]:
        """Status, type and body."""
        form = dict(parse_qsl(request.body.decode(errors="replace")))
        form |= dict(parse_qsl(urlsplit(request.path).query))
        for answer in self.answers:
            fits = str(answer.get("path", "")) in request.path
            if fits and all(form.get(name) == str(value) for name, value in answer.get("form", {}).items()):
                body = str(answer.get("body", "")).replace("{outside}", self.address).encode()
                return int(answer.get("status", 200)), str(answer.get("type", "application/json")), body
        return 200, "application/json", b'{"ok": true}'


@contextmanager
def outside() -> Iterator[Outside]:
    """One on a loopback port of its own."""
    system = Outside()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def handle_one(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            with system.lock:
                system.requests.append(request)
                mode = system.mode if len(system.requests) > system.since else "good"
            self._answer(mode, request)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815  (the names are http.server's)

        def _answer(self, mode: str, request: Request) -> None:
            status, kind, body = system.good_answer(request)
            if mode == "closed":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if mode == "slow":
                time.sleep(SLOW_SECONDS)
            if mode.isdecimal():
                status, body = int(mode), b'{"error": "not now"}'
            if mode in {"html", "empty"}:
                kind, body = "text/html", HTML if mode == "html" else b""
            if mode == "cut":
                body = body[: max(1, len(body) // 2)]
            if mode == "garbled":
                body = garbled(body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    system.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="check-server", daemon=True)
    thread.start()
    try:
        yield system
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Its threads bear a name by which they are known as not the plugin's."""

    daemon_threads = True

    def process_request(self, request: Any, client_address: Any) -> None:
        arguments = (request, client_address)
        threading.Thread(
            target=self.process_request_thread, args=arguments, name="check-answer", daemon=True
        ).start()


def garbled(body: bytes) -> bytes:
    """The same, broken off within its last row, or within an object."""
    text = body.rstrip()
    row = text.rfind(b"\n") + 1
    if text[:1] in (b"[", b"{", b"<") or not row:
        return text[: max(1, len(text) * 2 // 3)]
    return text[:row] + text[row:][: max(1, min(3, len(text) - row - 1))]
