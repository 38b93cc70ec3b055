"""Long answers go out of temporary files: granian keeps what a receiver does not take, in memory and without a limit.

So the application writes its whole answer into a file at its own pace, which frees its thread, and the server reads
from the file as the receiver takes it. Who takes too long loses the file, and so the connection.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

PIECE = 256 * 1024
"""Bytes that are written at a time."""
LOOK_SECONDS = 0.5
LONGEST_PAUSE = 10.0


def keep_in_file(first: bytes, following: Iterable[bytes]) -> IO[bytes]:
    """The answer in a file that has no name and goes when nobody has it open."""
    file = tempfile.TemporaryFile(buffering=PIECE)  # noqa: SIM115  (whoever sends it closes it)
    try:
        file.write(first)
        for piece in following:
            file.write(piece)
        file.flush()
    except BaseException:
        file.close()
        raise
    return file


def send_file(file: IO[bytes], status: int, headers: list[tuple[str, str]], protocol: Any) -> int:
    """Let the server send a file; its size in bytes. With the length, a receiver can tell when it did not get all."""
    size = file.tell()
    file.seek(0)  # on some systems what is opened by its number begins where this one stands
    told = [pair for pair in headers if pair[0].lower() not in ("content-length", "connection")]
    told += [("content-length", str(size))]
    protocol.response_file(status, told, f"/dev/fd/{file.fileno()}")
    return size


async def watch_file(file: IO[bytes], seconds: float) -> bool:
    """Wait until the server is through with a file; False when that took longer than ``seconds``, and it was cut off.

    A file that ends too soon makes the server close the connection.
    """
    with file:
        for pause in _pauses(seconds):
            await asyncio.sleep(pause)
            if _is_alone(file):
                return True
        file.truncate(0)
        return False


def _pauses(seconds: float) -> Iterator[float]:
    """Seconds to wait between looks: each time longer, to ``seconds`` in all."""
    pause = LOOK_SECONDS
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _is_alone(file: IO[bytes]) -> bool:
    """Whether nothing else in this process has the file open."""
    own = os.fstat(file.fileno())
    return sum(_is_same(own, int(name)) for name in os.listdir("/dev/fd")) == 1  # noqa: PTH208  (numbers, no paths)


def _is_same(own: os.stat_result, descriptor: int) -> bool:
    try:
        return os.path.samestat(own, os.fstat(descriptor))
    except OSError:  # closed meanwhile, such as that of the listing itself
        return False
