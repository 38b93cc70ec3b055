"""One client of the load: a process that makes its requests ahead and then sends them over one kept connection.

``python -m bench.xapi.client`` reads a job as a line of JSON, prints "ready", waits for a line, and prints what happened.
"""

import json
import socket
import sys
import time
from dataclasses import asdict, dataclass, field

from bench.xapi.statements import Series

NONE = Series("none")


@dataclass(frozen=True)
class Job:
    """``batches`` of ``size`` statements from number ``first`` on, or the GETs of ``paths``.

    ``every`` is the time from one request's start to the next one's in seconds; 0 is as fast as answers come.
    """

    port: int
    authorization: str
    series: Series = NONE
    first: int = 0
    batches: int = 0
    size: int = 0
    every: float = 0.0
    paths: tuple[str, ...] = ()


@dataclass
class Outcome:
    """Instants of the machine's monotonic clock and latencies in seconds; ``problems`` are answers other than 200."""

    started: float = 0.0
    ended: float = 0.0
    latencies: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    bytes: int = 0


class Connection:
    """HTTP/1.1 over a socket, with as little of it as the hub's answers need."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; the status and the body of its answer."""
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        length = 0
        if (at := head.find(b"content-length:")) >= 0:
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        parts, have = [received[end + 4 :]], len(received) - end - 4
        while have < length:
            parts.append(self._more())
            have += len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _more(self) -> bytes:
        data = self._socket.recv(262_144)
        if not data:
            raise ConnectionError("the hub closed the connection")
        return data


def http_request(job: Job, method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\nAuthorization: {job.authorization}\r\n"
        "X-Experience-API-Version: 1.0.3\r\n"
    )
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def _requests(job: Job) -> list[bytes]:
    if job.paths:
        return [http_request(job, "GET", path) for path in job.paths]
    firsts = range(job.first, job.first + job.batches * job.size, job.size)
    return [http_request(job, "POST", "/xapi/statements", job.series.body(n, job.size)) for n in firsts]


def _run(job: Job, requests: list[bytes]) -> Outcome:
    connection = Connection(job.port)
    outcome = Outcome(started=time.monotonic())
    for number, request in enumerate(requests):
        if job.every:
            time.sleep(max(0.0, outcome.started + number * job.every - time.monotonic()))
        began = time.monotonic()
        status, body = connection.ask(request)
        outcome.latencies.append(time.monotonic() - began)
        outcome.bytes += len(body)
        if status != 200:
            outcome.problems.append(f"{status}: {body[:300].decode(errors='replace')}")
    outcome.ended = time.monotonic()
    return outcome


def _main() -> None:
    told = json.loads(sys.stdin.readline())
    job = Job(**{**told, "series": Series(**told["series"]), "paths": tuple(told["paths"])})
    requests = _requests(job)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(_run(job, requests))), flush=True)


if __name__ == "__main__":
    _main()
