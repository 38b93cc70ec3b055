"""Everything that is looked at, step by step."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hub.http
from hub.errors import Missing
from hub.testing.plugin_check import limits
from hub.testing.plugin_check.asking import check_asking, check_registering
from hub.testing.plugin_check.fetching import check_fetching
from hub.testing.plugin_check.finding import Findings, Place
from hub.testing.plugin_check.hooks import check_hooks, check_version, implemented
from hub.testing.plugin_check.imports import check_imports, watched_imports
from hub.testing.plugin_check.in_a_hub import check_in_a_hub, lent_storage
from hub.testing.plugin_check.other_process import ask_elsewhere, compare
from hub.testing.plugin_check.pages import check_routes
from hub.testing.plugin_check.personal import STATES, check_personal_data
from hub.testing.plugin_check.receiver import Outside, outside
from hub.testing.plugin_check.settings import HOOK, check_readme, check_settings
from hub.testing.plugin_check.subject import Subject, find_subject
from hub.testing.plugin_check.tables import check_migrations
from hub.testing.plugin_check.telling import check_telling
from hub.testing.plugin_check.trial import CallTooSlow, CannotTry, Trial, load_class
from hub.testing.plugin_check.watching import Watch
from hub.testing.plugin_check.way_out import ToTheOutside

STEPS = (
    "source",
    "hooks",
    "settings",
    "pages and tables",
    "questions",
    "another process",
    "telling",
    "fetching",
    "limits",
    "in a hub",
)
NEVER_STARTS = (
    "foreign-import",
    "unknown-hook",
    "wrong-arguments",
    "own-order",
    "api-version",
    "bad-settings",
)
"""With one of these, a hub does not even start."""
CLOSED = ("unguarded-route", "foreign-table", "migration-fails", "leaves-tables")
"""With one of these, its tables are not to be used."""
SHORT_TIMEOUT = (0.4, 0.4)
"""So that a slow system need not be waited for as long as in life."""
Tell = Callable[[dict[str, Any]], None]


def check(given: str, cache: Path, tell: Tell, elsewhere: "subprocess.Popen[str]", postgres: str) -> None:
    """Everything; each step's findings are told when it is over. ``elsewhere`` is the other process that is asked."""
    try:
        subject = find_subject(given)
    except Missing as error:
        tell({"missing": [error.message, error.help]})
        return
    tell({"plugin": subject.name, "version": subject.version, "folder": str(subject.folder)})
    run = _Run(subject, Findings(subject.folder), tell)
    with subject.installed():
        if not run.step("source", lambda: _source(run)):
            return
        cls = run.load()
        if cls is None:
            return
        with outside() as system:
            _try(run, cls, system, cache, elsewhere, postgres)
    run.finish()


class _Run:
    """Tells of steps and of the findings that are new."""

    def __init__(self, subject: Subject, findings: Findings, tell: Tell) -> None:
        self.subject, self.findings, self._tell = subject, findings, tell
        self._told = 0

    def step(self, name: str, do: Callable[[], None]) -> bool:
        """Do one step; False when the plugin could not even be read."""
        self._tell({"step": name})
        try:
            do()
        except SyntaxError as error:
            self.findings.add(
                "cannot-load",
                f"It is no Python: {error.msg}.",
                "Correct the line.",
                Place(error.filename or "", error.lineno or 0),
            )
            self.finish()
            return False
        except CallTooSlow:
            pass  # noted where it was seen
        self.finish()
        return True

    def finish(self) -> None:
        """Tell what was found since the last time."""
        for finding in self.findings.found[self._told :]:
            self._tell({"finding": finding.as_json()})
        self._told = len(self.findings.found)

    def load(self) -> type | None:
        """The class, with an eye on what it imports."""
        try:
            with watched_imports(self.subject, self.findings):
                return load_class(self.subject)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever its module raises)
            code = "ends-process" if isinstance(error, SystemExit) else "cannot-load"
            trace, line = error.__traceback__, Place()
            while trace is not None:
                if trace.tb_frame.f_code.co_filename in map(str, self.subject.files):
                    line = Place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
                trace = trace.tb_next
            self.findings.add(
                code,
                f"It cannot be loaded: {type(error).__name__}: {error}",
                f"{self.subject.points_to} must be a class; whatever its module does at import must work on every machine.",
                line,
            )
            self.finish()
            return None


def _source(run: _Run) -> None:
    check_imports(run.subject, run.findings)


def _try(
    run: _Run, cls: type, system: Outside, cache: Path, elsewhere: "subprocess.Popen[str]", postgres: str
) -> None:
    subject, findings = run.subject, run.findings
    run.step("hooks", lambda: _hooks(run, cls))
    hub.http.TIMEOUT = SHORT_TIMEOUT
    trial = Trial(subject, findings, cls, system, Watch(subject), ToTheOutside(system.address))
    try:
        trial.settle()
    except CannotTry:
        trial.settings = {}
    except Exception as error:  # noqa: BLE001  (whatever its class raises)
        findings.add(
            "cannot-load",
            f"No instance can be made of it: {type(error).__name__}: {error}",
            "The class is called without arguments, and register_settings without the settings.",
            trial.place(HOOK),
        )
        run.finish()
        return
    run.step("settings", lambda: _settings(trial))
    if findings.has("no-sample", "bad-settings"):
        return
    ask_elsewhere(trial, elsewhere)
    before = limits.running_threads()
    run.step("pages and tables", lambda: _pages_and_tables(trial, postgres))
    if findings.has(*CLOSED):
        return
    with watched_imports(subject, findings), lent_storage(trial, cache):
        run.step("questions", lambda: _questions(trial))
        run.step("another process", lambda: compare(trial, elsewhere))
        run.step("telling", lambda: check_telling(trial))
        run.step("fetching", lambda: _fetching(trial))
    run.step("limits", lambda: _limits(trial, before))
    if not findings.has(*NEVER_STARTS, "too-slow", "ends-process"):
        run.step("in a hub", lambda: check_in_a_hub(trial, cache))


def _hooks(run: _Run, cls: type) -> None:
    check_hooks(run.subject, cls, run.findings)
    check_version(run.subject, cls, run.findings)


def _questions(trial: Trial) -> None:
    check_registering(trial)
    check_asking(trial)


def _pages_and_tables(trial: Trial, postgres: str) -> None:
    check_routes(trial)
    check_migrations(trial, postgres)


def _fetching(trial: Trial) -> None:
    check_fetching(trial)
    check_personal_data(trial)


def _settings(trial: Trial) -> None:
    mine = implemented(trial.cls)
    if HOOK in mine:
        answer = getattr(trial.cls(), HOOK)()
        check_settings(trial.subject, mine[HOOK], answer, trial.settings, trial.findings)
    check_readme(trial.subject, HOOK in mine, STATES in mine, trial.findings)


def _limits(trial: Trial, before: set[Any]) -> None:
    limits.check_threads(trial, before, next(iter(trial.hooks("tell", "fetch", "ask", "show")), ""))
    limits.check_limits(trial)
