"""The plugin in a real hub: late, repeated, reordered and failing statements, failures of its own, off and on, another day."""

import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.clock import SettableClock
from hub.errors import HubError
from hub.hooks import Hooks
from hub.plugin_data.storage import Storage
from hub.rebuild.verify import verify
from hub.runtime import Hub
from hub.testing.plugin_check.asking import questions_for
from hub.testing.plugin_check.failing import Faults, failing
from hub.testing.plugin_check.fill import NOW
from hub.testing.plugin_check.reads import HOOK
from hub.testing.plugin_check.small_world import SmallWorld, State
from hub.testing.plugin_check.tables import HOOK as TABLES
from hub.testing.plugin_check.trial import Trial, outcome
from hub.testing.small_hub.opening import be_quiet, open_small_hub, switch_on, template_in, with_http

YEAR = 365
KINDS = ("path", "offering", "dimension")
MEND_STATE = "Answer from the arguments alone; then switching, waiting and going back all come to the same."


def check_in_a_hub(trial: Trial, cache: Path) -> None:
    """Open a hub with the plugin, and let things happen to it. ``cache`` keeps a migrated database for the next time."""
    be_quiet()
    trial.outside.answers = ()
    trial.outside.begin()
    clock = SettableClock(NOW)
    faults = Faults()
    with TemporaryDirectory(prefix="hub-check-") as folder, _failing_class(trial, faults):
        try:
            opened = open_hub_with(trial, clock, template_in(cache), Path(folder))
        except HubError as error:
            note_refusal(trial, error)
            return
        try:
            _live(trial, opened, clock, faults)
        except Exception as error:  # noqa: BLE001  (of whatever kind: it is the plugin that is new here)
            trial.findings.add(
                "breaks-the-hub",
                f"A hub with this plugin stopped working: {type(error).__name__}: {str(error)[:300]}",
                error.help if isinstance(error, HubError) and error.help else MEND_STATE,
            )
        finally:
            opened.close()


def open_hub_with(trial: Trial, clock: SettableClock, template: Path, folder: Path) -> Hub:
    """A hub with the plugin and its settings, that may call the system outside."""
    settings = {"outgoing_allow": [trial.outside.address.removeprefix("http://")]}
    tables = {trial.subject.name: trial.settings} if trial.settings else {}
    opened = open_small_hub(template, folder, clock, [trial.subject.name], tables, settings)
    return with_http(opened, trial.http)


def note_refusal(trial: Trial, error: HubError) -> None:
    """A hub with the plugin does not even start."""
    said = "; ".join([error.message, *(problem.message for problem in error.problems)])
    trial.findings.add(
        "breaks-the-hub",
        f"A hub with this plugin does not start: {said}",
        error.help or "Correct what the sentence names; a hub that does not start serves nobody.",
    )


@contextmanager
def lent_storage(trial: Trial, cache: Path) -> Iterator[None]:
    """Lend a plugin with tables its way to them, in a hub of its own."""
    if TABLES not in trial.hooks("register"):
        yield
        return
    be_quiet()
    with TemporaryDirectory(prefix="hub-check-") as folder:
        try:
            opened = open_hub_with(trial, SettableClock(NOW), template_in(cache), Path(folder))
        except HubError as error:
            note_refusal(trial, error)
            yield
            return
        trial.storage = Storage(opened, trial.subject.name)
        try:
            yield
        finally:
            trial.storage = None
            opened.close()


@contextmanager
def _failing_class(trial: Trial, faults: Faults) -> Iterator[None]:
    """Where the hub will look for the plugin, the same one with a switch to fail."""
    module, _, name = trial.subject.points_to.partition(":")
    place = importlib.import_module(module)
    setattr(place, name, failing(trial.cls, faults))
    try:
        yield
    finally:
        setattr(place, name, trial.cls)


def _live(trial: Trial, hub: Hub, clock: SettableClock, faults: Faults) -> None:
    name = trial.subject.name
    unusable = _noting_unusable(hub.hooks)
    world = SmallWorld(hub)
    world.begin(_targets(trial))
    switched = [name] if trial.hooks("ask", "show").keys() & {HOOK, "plan_panels"} else []
    switch_on(hub, switched)
    world.settle()
    _reports(world)
    before = world.state()
    world.show()
    if switched:
        for on in (False, True):
            clock.advance(minutes=1)
            world.switch(name, on=on)
        _compare(trial, before, world.state(), "after it was switched off and on again")
    for days in (YEAR, -YEAR):
        clock.advance(days=days)
        world.settle()
        world.show()
    _compare(trial, before, world.state(), "a year later and back on the day")
    _fail_for_a_while(trial, world, clock, faults)
    _check_rebuild(trial, hub)
    _tell_of_errors(trial, unusable, faults)


def _targets(trial: Trial) -> set[tuple[str, str]]:
    """What it asks for: the catalogue must have it, or the hub could not use its answers."""
    if HOOK not in trial.hooks("ask"):
        return set()
    opinions = outcome(lambda: trial.call(trial.fresh(), HOOK, questions_for(trial, HOOK)[0]))
    if not isinstance(opinions, Sequence):
        return set()
    found = {(getattr(o, "target_kind", ""), getattr(o, "target", "")) for o in opinions}
    found |= {("dimension", getattr(o, "dimension", "")) for o in opinions}
    return {(kind, key) for kind, key in found if kind in KINDS and isinstance(key, str) and key}


def _reports(world: SmallWorld) -> None:
    """Statements in the order in which they come in life."""
    day = timedelta(days=1)
    world.report("ann", "brakes", 1, NOW - day)
    world.report("ann", "brakes", 1, NOW - day)  # the same again
    world.report("bob", "brakes", 1, NOW - 2 * day, success=False)  # failed
    world.settle()
    world.report("bob", "brakes", 2, NOW - day, verb="passed", score=0.9)
    world.report("bob", "brakes", 3, NOW - 200 * day)  # late, of long ago
    world.report("dot", "tour", 1, NOW)  # the second step before the first
    world.report("dot", "safety", 1, NOW - 3 * day)
    world.settle()


def _fail_for_a_while(trial: Trial, world: SmallWorld, clock: SettableClock, faults: Faults) -> None:
    """Every second call raises while things go on; afterwards nothing may be missing."""
    faults.on = True
    world.join("fay")
    world.report("eve", "brakes", 1, clock.now())
    world.report("dot", "brakes", 1, clock.now())
    for _ in range(6):
        world.settle()
        world.show()
        clock.advance(minutes=70)
    faults.on = False
    for _ in range(3):
        world.settle()
        clock.advance(minutes=70)
    lost = world.undelivered(trial.subject.name)
    credited = {name: [s for s in said if len(s) == 4] for name, said in world.state().items()}
    missing = [name for name in ("eve", "dot") if not credited[name]]
    if lost or missing:
        what = f"it was not told {len(lost)} times ({lost[0]})" if lost else f"{missing[0]} has no credit"
        trial.findings.add(
            "lost-or-doubled",
            f"After calls of it had failed for a while, {what}.",
            "Let a call that is made again do all of its work: keep nothing of the one that failed.",
        )


def _check_rebuild(trial: Trial, hub: Hub) -> None:
    if trial.findings.has("keeps-state", "random-in-ask", "clock-in-ask"):
        return  # that is why
    comparison = verify(hub, patience=0)
    if not comparison.equal:
        trial.findings.add(
            "not-replayable",
            f"Rebuilt from its journals, the hub has something else: {comparison.differences[0]}",
            MEND_STATE,
        )


def _compare(trial: Trial, before: State, after: State, words: str) -> None:
    if trial.findings.has("keeps-state", "random-in-ask", "clock-in-ask"):
        return  # that is why
    other = next((name for name in before if before[name] != after[name]), None)
    if other is not None:
        gone = [goal[1] for goal in before[other] if goal not in after[other]]
        new = [goal[1] for goal in after[other] if goal not in before[other]]
        trial.findings.add(
            "not-equal-again",
            f"Goals are not what they were {words}: {len(gone)} gone, {len(new)} new ({', '.join([*gone, *new][:3])}).",
            MEND_STATE,
            trial.place(HOOK) if HOOK in trial.hooks("ask") else None,
        )


def _noting_unusable(hooks: Hooks) -> list[tuple[str, str]]:
    """What the hub says of answers it could not use."""
    said: list[tuple[str, str]] = []
    original = hooks.note_error

    def note(plugin_name: str, hook_name: str, error: str) -> None:
        said.append((hook_name, error))
        original(plugin_name, hook_name, error)

    hooks.note_error = note  # type: ignore[method-assign]
    return said


def _tell_of_errors(trial: Trial, unusable: Sequence[tuple[str, str]], faults: Faults) -> None:
    if not trial.findings.has("wrong-answer", "no-reason"):
        for hook, error in unusable[:3]:
            trial.findings.add(
                "unusable-answers",
                f"The hub could not use an answer: {error}.",
                "docs/hooks.md says what each field can be.",
                trial.place(hook),
            )
    if trial.findings.has("raises", "swallows-failure"):
        return
    for hook, raised in faults.raised[:3]:
        trial.findings.add(
            "raises",
            f"In a hub it raised {type(raised).__name__}: {str(raised)[:200]}",
            "Answer every question of the types that the hook names; where there is nothing to say, say nothing.",
            trial.place(hook),
        )
