"""A plugin that is loaded and can be tried: with settings, with a system outside, and with a limit to each call."""

import copy
import importlib
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

from pydantic import ValidationError

from hub.http import OutgoingHttp
from hub.plugin_data.storage import Storage
from hub.testing.plugin_check.fill import fill
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.hooks import catalogue, implemented
from hub.testing.plugin_check.receiver import Outside
from hub.testing.plugin_check.settings import HOOK, model_of
from hub.testing.plugin_check.subject import Subject
from hub.testing.plugin_check.watching import Watch

T = TypeVar("T")
CALL_SECONDS = 3.0
"""A single call that takes longer is given up."""


class CallTooSlow(BaseException):
    """Of BaseException, so that no plugin catches it by mistake."""


@dataclass
class Trial:
    """One plugin's class, its findings so far, and what it is tried with."""

    subject: Subject
    findings: Findings
    cls: type
    outside: Outside
    watch: Watch
    http: OutgoingHttp
    settings: Mapping[str, Any] = field(default_factory=dict)
    storage: Storage | None = None
    """Its way to its tables, if it has some."""

    def hooks(self, *shapes: str) -> dict[str, Callable[..., Any]]:
        """The hooks it implements, of these shapes, that can be called at all."""
        specs = catalogue()
        broken = {finding.place.hook for finding in self.findings.found if finding.code == "wrong-arguments"}
        return {
            name: function
            for name, function in implemented(self.cls).items()
            if specs[name].hub_contract.shape in shapes and name not in broken  # type: ignore[attr-defined]
        }

    def place(self, hook: str) -> Place:
        """Where it answers a hook."""
        return self.subject.place_of(implemented(self.cls).get(hook), hook)

    def fresh(self, settings: Mapping[str, Any] | None = None) -> Any:
        """Another instance, as the hub makes it at its start."""
        made = self.cls()
        if self.storage is not None:
            made.storage = self.storage
        register = getattr(made, HOOK, None)
        model = model_of(register()) if HOOK in implemented(self.cls) and register else None
        if model is not None:
            made.settings = model.model_validate(dict(self.settings if settings is None else settings))
        return made

    def settle(self) -> None:
        """Find settings to try it with."""
        register = getattr(self.cls(), HOOK, None)
        model = model_of(register()) if HOOK in implemented(self.cls) and register else None
        if model is None:
            return
        filled = fill(model, self.outside.address, self.subject.given.get("settings", {}))
        for settings in (filled, dict(self.subject.given.get("settings", {})), {}):
            try:
                model.model_validate(settings)
            except ValidationError as error:
                said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
                continue
            self.settings = settings
            return
        self.findings.add(
            "no-sample",
            f"No settings to try it with could be guessed ({said}), so it was not tried.",
            "Write check.toml beside pyproject.toml, with a table [settings] that makes it do something.",
            self.place(HOOK),
        )
        raise CannotTry

    @contextmanager
    def limited(self, hook: str, seconds: float = CALL_SECONDS) -> Iterator[None]:
        """Give a call up that takes too long; CallTooSlow."""

        def ring(signum: int, frame: FrameType | None) -> None:
            self.findings.add(
                "too-slow",
                f"A call took more than {seconds:.0f} s and was given up.",
                "Do less in one call: it holds up everybody whose turn comes after it.",
                self.place(hook),
            )
            raise CallTooSlow

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def call(self, made: Any, hook: str, arguments: Mapping[str, Any]) -> Any:
        """One call as the hub makes it: with the arguments that are named, and a generator run to its end."""
        function = getattr(made, hook)
        code = function.__func__.__code__ if hasattr(function, "__func__") else function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        with self.limited(hook):
            answer = function(**{name: value for name, value in arguments.items() if name in names})
            return list(answer) if isinstance(answer, Iterator) else answer

    def attempt(self, made: Any, hook: str, arguments: Mapping[str, Any], asked: str) -> Any:
        """The same where it must not raise; NO_ANSWER where it did, which is noted."""
        try:
            return self.call(made, hook, arguments)
        except CallTooSlow:
            return NO_ANSWER
        except SystemExit:
            self.findings.add(
                "ends-process",
                "It ends the process.",
                "Raise an error of hub.api instead of SystemExit: the process serves everybody.",
                self.place(hook),
            )
        except Exception as error:  # noqa: BLE001  (whatever a plugin raises is a finding)
            self.findings.add(
                "raises",
                f"It raised {type(error).__name__} when it was asked {asked}: {str(error)[:200]}",
                "Answer every question of the types that the hook names; where there is nothing to say, say nothing.",
                _line_of(error, self.subject, hook) or self.place(hook),
            )
        return NO_ANSWER


class CannotTry(Exception):
    """There is nothing to try the plugin with."""


NO_ANSWER = object()


def _line_of(error: BaseException, subject: Subject, hook: str) -> Place | None:
    own = {str(path) for path in subject.files}
    found, trace = None, error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path in own:
            found = Place(path, trace.tb_lineno, hook)
        trace = trace.tb_next
    return found


def outcome(do: Callable[[], T]) -> T | Exception:
    """What a call gave or raised; one that takes too long is not over with that."""
    try:
        return do()
    except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
        return error


def load_class(subject: Subject) -> type:
    """The plugin's class; whatever its module raises."""
    module, _, name = subject.points_to.partition(":")
    found = getattr(importlib.import_module(module), name)
    if not isinstance(found, type):
        raise TypeError(f"{name} is no class")
    return found


def copied(value: Any) -> Any:
    """A copy to compare with afterwards."""
    return copy.deepcopy(value)
