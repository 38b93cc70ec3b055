"""Seeing what a plugin's lines do while they run: input and output, the clock, chance, threads.

What the interpreter tells of (an audit hook) covers sockets, files and processes; calls of C functions (a profile function) the
clock, sleeping and chance. Both say which line of the plugin it was. Audit hooks cannot be taken away again: this one is
made once in a process, and looks only while something is watched.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from types import FrameType
from typing import Any

from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.subject import Subject

_NETWORK = ("socket.", "urllib.Request", "http.client.", "ftplib.", "smtplib.", "ssl.")
_PROCESS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.spawn")
_FILES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.listdir",
    "os.scandir",
    "os.truncate",
    "shutil.",
    "tempfile.",
    "sqlite3.connect",
)
_QUIET = ("importlib", "zoneinfo", "linecache", "traceback", "hub/testing/plugin_check")
"""Who reads files on behalf of code that only imports, or asks for a time zone."""
_SLEEP = frozenset({"sleep", "acquire_lock", "select", "poll"})
_CLOCKS = frozenset({"time", "time_ns", "localtime", "gmtime", "monotonic", "perf_counter", "clock_gettime"})
_CHANCE = frozenset({"random", "getrandbits", "urandom", "getrandom", "generate_time_safe"})


@dataclass(frozen=True)
class _Seen:
    code: str
    problem: str
    mend: str


_MEND_IO = "Answer from the arguments alone. What lies elsewhere is fetched or told by a hook that may, before or after."
_MEND_CLOCK = "Go by the times in the arguments: an answer may be asked for again, years later, in a rebuild."
_MEND_CHANCE = "Answer from the arguments alone; where things must be spread, use a hash of an id."


class Watch:
    """What the own lines of a plugin do between ``begin`` and ``end``."""

    def __init__(self, subject: Subject) -> None:
        self._own = {str(path) for path in subject.files}
        self._note: Callable[[_Seen, Place], None] | None = None
        self._busy = False
        self._thread = 0
        sys.addaudithook(self._heard)

    @contextmanager
    def asking(self, hook: str, findings: Findings) -> Iterator[None]:
        """Nothing of it is allowed to whoever is asked."""
        with self._noting(lambda seen, at: findings.add(seen.code, seen.problem, seen.mend, at.at(hook))):
            sys.setprofile(self._called)
            try:
                yield
            finally:
                sys.setprofile(None)

    @contextmanager
    def sending(self, hook: str, findings: Findings) -> Iterator[None]:
        """The network is allowed, through ``http``."""

        def note(seen: _Seen, at: Place) -> None:
            if "network" in seen.problem and not _through_the_hub(sys._getframe(1)):
                findings.add(
                    "own-network",
                    seen.problem,
                    "Send with the argument http: it knows timeouts, counts calls, and refuses addresses inside the network.",
                    at.at(hook),
                )

        with self._noting(note):
            yield

    @contextmanager
    def _noting(self, note: Callable[[_Seen, Place], None]) -> Iterator[None]:
        self._note, self._thread = note, threading.get_ident()
        try:
            yield
        finally:
            self._note = None

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._note is None or self._busy or threading.get_ident() != self._thread:
            return
        self._busy = True
        try:
            seen = _of_event(event, arguments)
            if seen is not None:
                self._tell(seen, sys._getframe(1))
        finally:
            self._busy = False

    def _called(self, frame: FrameType, event: str, function: Any) -> None:
        if event != "c_call" or self._note is None or self._busy:
            return
        seen = _of_call(function)
        if seen is not None:
            self._busy = True
            try:
                self._tell(seen, frame)
            finally:
                self._busy = False

    def _tell(self, seen: _Seen, frame: FrameType | None) -> None:
        """Only what the plugin's lines began counts, wherever it ended up."""
        while frame is not None:
            path = frame.f_code.co_filename
            if path in self._own:
                if self._note is not None:
                    self._note(seen, Place(path, frame.f_lineno))
                return
            if any(part in path for part in _QUIET):
                return
            frame = frame.f_back


def _through_the_hub(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_globals.get("__name__") == "hub.http":
            return True
        frame = frame.f_back
    return False


def _of_event(event: str, arguments: tuple[Any, ...]) -> _Seen | None:
    if event.startswith(_NETWORK):
        return _Seen("io-in-ask", "It uses the network.", _MEND_IO)
    if event.startswith(_PROCESS):
        return _Seen("io-in-ask", "It starts another program.", _MEND_IO)
    if event.startswith(_FILES):
        return _Seen("io-in-ask", f"It works with files ({event}).", _MEND_IO)
    if event == "open" and arguments:
        mode = arguments[1] if len(arguments) > 1 else None
        flags = arguments[2] if len(arguments) > 2 else 0
        writes = any(letter in str(mode or "") for letter in "wax+") or bool((flags or 0) & 0o3)
        what = "writes" if writes else "reads"
        return _Seen("io-in-ask", f"It {what} the file {arguments[0]!s:.60}.", _MEND_IO)
    if event == "_thread.start_new_thread":
        return _Seen("io-in-ask", "It starts a thread.", _MEND_IO)
    return None


def _of_call(function: Any) -> _Seen | None:
    name = getattr(function, "__name__", "")
    of = getattr(function, "__self__", None)
    module = getattr(of, "__name__", "")
    if isinstance(of, type) and issubclass(of, date | datetime) and name in {"now", "utcnow", "today"}:
        return _Seen("clock-in-ask", f"It asks for the present time ({of.__name__}.{name}).", _MEND_CLOCK)
    if module == "time" and name in _CLOCKS:
        return _Seen("clock-in-ask", f"It asks for the present time (time.{name}).", _MEND_CLOCK)
    if (module == "time" and name in _SLEEP) or (module == "select" and name in _SLEEP):
        return _Seen("io-in-ask", f"It waits ({module}.{name}).", _MEND_IO)
    if name in _CHANCE and module != "time":
        return _Seen("random-in-ask", f"It uses chance ({name}).", _MEND_CHANCE)
    return None
