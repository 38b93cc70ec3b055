"""The web application behind granian, with a gate in front: a request is let in when all of it is there.

A WSGI application reads a body as it comes, and a sender that stops in the middle holds its thread for as long as it likes;
a few of them hold them all. So the server's event loop, to which a slow sender is nothing but a waiting socket, receives
the bodies, with a time limit, and the threads get requests that are complete. It speaks granian's RSGI and WSGI.
"""

import asyncio
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from granian._granian import RSGIProtocolClosed as ProtocolClosed
from granian._granian import RSGIProtocolError as ProtocolError

from hub.cli.budget import Budget, Claim
from hub.cli.long_answers import keep_in_file, send_file, watch_file
from hub.cli.request_environ import Scope, UnclearLength, join_headers, make_environ
from hub.logging import get_logger

logger = get_logger(__name__)

BODY_SECONDS = 20.0
SLOWEST = 64 * 1024
"""Bytes a second that a body must come with, beside BODY_SECONDS, and a long answer be taken with, beside ANSWER_SECONDS."""
IN_MEMORY = 128 * 1024
"""Bytes of a body kept in memory while it arrives; more goes to a temporary file."""
UNREAD = 64 * 1024 * 1024
"""Bytes of a body that nobody wants, which are received all the same, so that the sender gets to read why."""
UNDER_WAY = 512 * 1024 * 1024
"""Bytes of bodies that a web process holds at a time, in memory and in temporary files."""
AT_ONCE = 1024 * 1024
"""Bytes of an answer that are handed over at once; a longer one goes out of a file."""
ANSWER_SECONDS = 60.0
RETRY_SECONDS = 10

Headers = list[tuple[str, str]]
Largest = Callable[[str, str, Mapping[str, str]], int]
"""The most bytes that are taken with a method, under a path, with headers (by names in lower case)."""


class Answer:
    """What the application begins its answer with."""

    def __init__(self) -> None:
        self.status, self.headers = 500, Headers()

    def start(self, status: str, headers: Headers, exc_info: object = None) -> None:
        """WSGI's ``start_response``."""
        self.status, self.headers = int(status.split(" ", 1)[0]), headers


class SlowSender(Exception):
    """The body did not come in time."""


class Busy(Exception):
    """There was no room for the body."""


class Gateway:
    """One web process: ``threads`` requests are worked on at a time, any number may be on their way in.

    ``seconds`` is how long the body of a request may take to arrive, and ``slowest`` how many bytes earn it another second;
    the same for a long answer with ``answer_seconds``. All bodies together hold no more than ``under_way`` bytes.
    """

    def __init__(
        self,
        app: Any,
        threads: int,
        largest: Largest,
        seconds: float = BODY_SECONDS,
        slowest: int = SLOWEST,
        under_way: int = UNDER_WAY,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._largest = largest
        self._seconds, self._slowest, self._answer_seconds = seconds, slowest, answer_seconds
        self._budget = Budget(under_way)

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            protocol.close(404)
            return
        try:
            headers = join_headers(scope.headers.items())
            long = await self._let_in(scope, headers, protocol)
        except UnclearLength:
            _refuse(protocol, 400, "bad_length", "The headers tell more than one length of the body.")
        except SlowSender:
            logger.warning("slow_sender", path=scope.path)
            _refuse(protocol, 408, "too_slow", "The body took too long to arrive.")
        except Busy:
            logger.warning("too_much_under_way", path=scope.path)
            words = f"The hub is receiving as much as it can hold. Try again in {RETRY_SECONDS} seconds."
            _refuse(protocol, 503, "too_busy", words, ("retry-after", str(RETRY_SECONDS)))
        except (ProtocolClosed, ProtocolError):  # the sender is gone before all of it was here
            return
        else:
            if long is not None:
                file, size = long
                if not await watch_file(file, self._answer_seconds + size / self._slowest):
                    logger.warning("slow_receiver", path=scope.path)

    async def _let_in(
        self, scope: Scope, headers: Mapping[str, str], protocol: Any
    ) -> tuple[IO[bytes], int] | None:
        """Receive the body and have the request answered; the file of a long answer and its size."""
        loop = asyncio.get_running_loop()
        with self._budget.claim() as claim:
            largest = self._largest(scope.method, scope.path, headers)
            with await self._receive(headers, protocol, largest, claim) as body:
                environ = make_environ(scope, headers, body)
                return await loop.run_in_executor(self._threads, self._answer, environ, protocol)

    async def _receive(
        self, headers: Mapping[str, str], protocol: Any, largest: int, claim: Claim
    ) -> IO[bytes]:
        length = int(headers["content-length"]) if "content-length" in headers else None
        if not length and (length == 0 or "transfer-encoding" not in headers):
            return io.BytesIO()
        try:
            if length is not None and length <= min(IN_MEMORY, largest) and claim.take(length):
                async with asyncio.timeout(self._seconds + length / self._slowest):
                    return io.BytesIO(await protocol())
            async with asyncio.timeout(self._seconds) as limit:
                return await self._receive_pieces(length or 0, largest, protocol, limit, claim)
        except TimeoutError:
            raise SlowSender from None

    async def _receive_pieces(
        self, length: int, largest: int, protocol: Any, limit: asyncio.Timeout, claim: Claim
    ) -> IO[bytes]:
        """A large body, or one whose length nobody knows. Of one that is too large only so much that this can be seen.

        What has come earns time for what is to come. Raises Busy when there was no room for it.
        """
        body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (whoever answers closes it)
        received, first_end = 0, limit.when() or 0.0
        try:
            async for piece in protocol:
                limit.reschedule(first_end + received / self._slowest)
                if max(received, length) <= largest and claim.take(len(piece)):
                    body.write(piece)
                elif claim.refused:
                    body.truncate(0)
                received += len(piece)
                if received > UNREAD + largest:
                    break
            if claim.refused:
                raise Busy
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def _answer(self, environ: dict[str, Any], protocol: Any) -> tuple[IO[bytes], int] | None:
        """Let the application answer, in one of the threads; the file of a long answer and its size."""
        answer = Answer()
        pieces = self._app(environ, answer.start)
        try:
            following = iter(pieces)
            first, ended = _gather(following)
            if not ended:
                file = keep_in_file(first, following)
                try:
                    return file, send_file(file, answer.status, answer.headers, protocol)
                except BaseException:
                    file.close()
                    raise
            if first:
                protocol.response_bytes(answer.status, answer.headers, first)
            else:
                protocol.response_empty(answer.status, answer.headers)
            return None
        finally:
            if hasattr(pieces, "close"):
                pieces.close()


def _gather(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """The answer, or the beginning of a long one; whether that is all."""
    gathered, size = [], 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > AT_ONCE:
            return b"".join(gathered), False
    return b"".join(gathered), True


def _refuse(protocol: Any, status: int, code: str, message: str, *more: tuple[str, str]) -> None:
    """Answer before the application does, and close the connection."""
    told = [("content-type", "application/json"), ("connection", "close"), *more]
    protocol.response_bytes(status, told, json.dumps({"code": code, "message": message}).encode())
