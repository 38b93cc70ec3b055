"""What a plugin keeps about people, and whether it lets go of it."""

import json
from typing import Any

from hub.ids import derived_id
from hub.testing.plugin_check.answers import MEND_VALUE
from hub.testing.plugin_check.trial import NO_ANSWER, Trial

STATES, EXPORTS, ERASES = "register_personal_data", "export_person", "erase_person"
KEEPERS = frozenset({"register_migrations"})


def check_personal_data(trial: Trial) -> None:
    """Whether it says what it keeps, gives it out as JSON, and has nothing left after it erased it."""
    mine = trial.hooks("register", "fetch", "tell")
    sends = [hook for hook in mine if hook in KEEPERS or hook in trial.hooks("tell")]
    if sends and STATES not in mine:
        trial.findings.add(
            "personal-data",
            f"It {'keeps tables' if sends[0] in KEEPERS else 'tells other systems about people'}, and does not say what of them it keeps or sends.",
            f"Implement {STATES}; an empty list says that it is nothing.",
            trial.place(sends[0]),
        )
    person = {"person_id": derived_id("check", "person", "ann"), "http": trial.http}
    made = trial.fresh()
    if EXPORTS in mine:
        _check_export(trial, trial.attempt(made, EXPORTS, person, "about somebody of whom it knows nothing"))
    if ERASES in mine:
        trial.outside.begin()
        trial.attempt(made, ERASES, person, "to erase somebody")
        again = trial.attempt(made, ERASES, person, "to erase somebody a second time")
        if again is not NO_ANSWER and again and any(getattr(each, "number", 1) for each in again):
            trial.findings.add(
                "not-idempotent",
                "Asked to erase somebody a second time, it says again that it erased something.",
                "Yield only what was really there: the hub asks until an erasure is done, and may ask once more.",
                trial.place(ERASES),
            )


def _check_export(trial: Trial, rows: Any) -> None:
    if rows is NO_ANSWER:
        return
    try:
        good = all(isinstance(row, dict) for row in rows)
        json.dumps(list(rows))
    except (TypeError, ValueError):
        good = False
    if not good:
        trial.findings.add(
            "wrong-answer",
            "What it exports about somebody is no list of JSON objects.",
            MEND_VALUE,
            trial.place(EXPORTS),
        )
