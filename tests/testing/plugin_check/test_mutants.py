"""The checker finds what is wrong with each mutant, where it is, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.testing.plugin_check import Report
from tests.testing.plugin_check.mutants import Mutant, line_of, project_of

DECIDE, PANELS, CREDIT = "decide_assignments", "plan_panels", "credit_granted"
FIRST_LINE = """        for candidate in candidates:
            settings = self._settings(candidate.settings)
"""
"""Of what first_90_days does for each candidate."""
SIGNATURE = "        signature = hmac.new"


def each_candidate(line: str, *, before: str = "") -> tuple[str, str]:
    """One more line in first_90_days, for each candidate, or ``before`` all of them."""
    more = f"        {before}\n" if before else ""
    own = f"            {line}\n" if line else ""
    return FIRST_LINE, more + FIRST_LINE + own


def at_top(line: str, first: str = "from collections.abc import Iterator") -> tuple[str, str]:
    """One more line above the first import of a module."""
    return first, f"{line}\n{first}"


ONBOARDING, FIRST_REVISION = "distributor_onboarding", "distributor_onboarding/migrations/0001_requests.py"
FIRST_IMPORT = "from collections.abc import Iterator, Mapping, Sequence\n"
PLAIN_REASON = 'reason=f"you are in your first {settings.days} days"'
HALF_WAY = """                try:
                    made = _catalogue_row(row)
                except ValueError:
                    return
                yield made
"""
NOTED_FIRST = """        if event.statement_id in self.sent:
            return
        self.sent |= {event.statement_id}
"""
MUTANTS = [
    # the class and its hooks
    Mutant(
        "arguments swapped",
        "webhooks",
        (
            (
                "self, event: CreditGranted, http: OutgoingHttp",
                "self, http: OutgoingHttp, event: CreditGranted",
            ),
        ),
        "wrong-arguments",
        "def credit_granted",
        CREDIT,
    ),
    Mutant(
        "argument renamed",
        "standard_completion",
        (
            ("self, statement: Evidence, offering: Offering", "self, evidence: Evidence, offering: Offering"),
            (
                "        policy = offering.completion_policy",
                "        statement = evidence\n        policy = offering.completion_policy",
            ),
        ),
        "wrong-arguments",
        "def recognize_completion",
        "recognize_completion",
    ),
    Mutant(
        "wrong type",
        "first_90_days",
        (("view: PanelView) -> Sequence[Panel]:", "view: PanelView) -> Panel:"),),
        "wrong-types",
        "def plan_panels",
        PANELS,
    ),
    Mutant(
        "no type",
        "first_90_days",
        (("view: PanelView) -> Sequence[Panel]:", "view) -> Sequence[Panel]:"),),
        "no-types",
        "def plan_panels",
        PANELS,
    ),
    Mutant(
        "hook misspelled",
        "first_90_days",
        (("def plan_panels", "def plan_pannels"),),
        "unknown-hook",
        "def plan_pannels",
        "plan_pannels",
    ),
    Mutant(
        "mark forgotten",
        "first_90_days",
        (("    @hookimpl\n    def plan_panels", "    def plan_panels"),),
        "unmarked-hook",
        "def plan_panels",
        PANELS,
    ),
    Mutant(
        "no API version", "first_90_days", (('    hub_api = "1.0"\n', ""),), "api-version", "class Plugin"
    ),
    Mutant(
        "API of another hub",
        "first_90_days",
        (('hub_api = "1.0"', 'hub_api = "7.0"'),),
        "api-version",
        "class Plugin",
    ),
    Mutant(
        "place of its own",
        "first_90_days",
        (("    @hookimpl\n    def plan_panels", "    @hookimpl(tryfirst=True)\n    def plan_panels"),),
        "own-order",
        "tryfirst",
    ),
    # imports
    Mutant(
        "imports the store",
        "first_90_days",
        ((FIRST_IMPORT, FIRST_IMPORT + "from hub.store import UnitOfWork  # noqa: F401\n"),),
        "foreign-import",
        "hub.store",
    ),
    Mutant(
        "imports for types alone",
        "webhooks",
        (
            (
                "import json\n",
                "import json\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from hub.runtime import Hub\n",
            ),
        ),
        "foreign-import",
        "hub.runtime",
    ),
    Mutant(
        "imports by a name it makes",
        "first_90_days",
        (
            (FIRST_IMPORT, "import importlib\n" + FIRST_IMPORT),
            each_candidate('importlib.import_module(".".join(["hub", "clock"]))'),
        ),
        "foreign-import",
        "import_module",
    ),
    Mutant(
        "uses pluggy",
        "first_90_days",
        ((FIRST_IMPORT, "import pluggy  # noqa: F401\n" + FIRST_IMPORT),),
        "pluggy-import",
        "import pluggy",
    ),
    # settings
    Mutant(
        "undocumented setting",
        "first_90_days",
        (("    days: int = Field(90", "    surplus: int = 3\n    days: int = Field(90"),),
        "undocumented-setting",
        "surplus",
        "register_settings",
    ),
    Mutant(
        "secret as plain text",
        "first_90_days",
        (
            (
                "    days: int = Field(90",
                '    api_token: str = Field("", description="For the API.")\n    days: int = Field(90',
            ),
        ),
        "plain-secret",
        "api_token",
        "register_settings",
    ),
    Mutant(
        "default the model refuses",
        "first_90_days",
        (("Field(90, ge=1", "Field(0, ge=1"),),
        "bad-settings",
        "Field(0",
        "register_settings",
    ),
    # questions
    Mutant(
        "writes a file",
        "first_90_days",
        (each_candidate('open("/dev/null", "w").close()'),),
        "io-in-ask",
        "/dev/null",
        DECIDE,
    ),
    Mutant(
        "asks the network",
        "first_90_days",
        (
            (FIRST_IMPORT, "import socket\n" + FIRST_IMPORT),
            each_candidate("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()"),
        ),
        "io-in-ask",
        "SOCK_DGRAM",
        DECIDE,
    ),
    Mutant(
        "starts a program",
        "first_90_days",
        (
            (FIRST_IMPORT, "import subprocess\n" + FIRST_IMPORT),
            each_candidate("", before='subprocess.run(["true"], check=True)'),
        ),
        "io-in-ask",
        "subprocess.run",
        DECIDE,
    ),
    Mutant(
        "sleeps",
        "first_90_days",
        ((FIRST_IMPORT, "import time\n" + FIRST_IMPORT), each_candidate("", before="time.sleep(0.001)")),
        "io-in-ask",
        "time.sleep",
        DECIDE,
    ),
    Mutant(
        "goes by the clock on the wall",
        "brand_launch",
        (("(settings.day - view.on.date()).days", "(settings.day - date.today()).days"),),
        "clock-in-ask",
        "date.today()",
        PANELS,
    ),
    Mutant(
        "throws dice",
        "first_90_days",
        (
            (FIRST_IMPORT, "import random\n" + FIRST_IMPORT),
            (
                "timedelta(days=settings.days, seconds=-1)",
                "timedelta(days=settings.days, seconds=-random.randint(1, 9))",
            ),
        ),
        "random-in-ask",
        "random.randint",
        DECIDE,
    ),
    Mutant(
        "counts its calls",
        "first_90_days",
        (
            ("    settings: Settings\n", "    settings: Settings\n    asked = 0\n"),
            each_candidate("", before="self.asked += 1"),
            (PLAIN_REASON, 'reason="you are new" if self.asked % 2 else "you are newer"'),
        ),
        "keeps-state",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "answers by the order of a set",
        "first_90_days",
        (
            (
                PLAIN_REASON,
                'reason=next(iter({"you are new", "you have begun", "you came", "it is your first time"}))',
            ),
        ),
        "not-deterministic",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "changes what it is handed",
        "first_90_days",
        (each_candidate("", before="candidates.reverse()"),),
        "changes-arguments",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "undeclared read",
        "first_90_days",
        (each_candidate('if candidate.position == "guest":\n                continue'),),
        "undeclared-read",
        "candidate.position",
        DECIDE,
    ),
    Mutant(
        "needless read",
        "first_90_days",
        (('@reads("starts")', '@reads("starts", "location_id")'),),
        "needless-read",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "falls over what is missing",
        "brand_launch",
        (("candidate.aspects.get(WAVE, 1)", "candidate.aspects[WAVE]"),),
        "raises",
        "candidate.aspects[WAVE]",
        DECIDE,
    ),
    Mutant(
        "ends the process",
        "first_90_days",
        (("        day = min(current)\n", "        raise SystemExit\n        day = min(current)\n"),),
        "ends-process",
        "def plan_panels",
        PANELS,
    ),
    # answers
    Mutant(
        "no reason",
        "first_90_days",
        ((PLAIN_REASON, 'reason=""'),),
        "no-reason",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "reason for programs",
        "first_90_days",
        ((PLAIN_REASON, 'reason="FIRST_DAYS_RULE"'),),
        "no-reason",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "reason without end",
        "first_90_days",
        ((PLAIN_REASON, 'reason="you are new here " * 40'),),
        "too-large",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "no reads",
        "first_90_days",
        (('    @reads("starts")\n', ""),),
        "no-reads",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "one aspect twice",
        "brand_launch",
        (
            (
                '[Aspect(WAVE, "Wave of the launch", type="number")]',
                '[Aspect(WAVE, "Wave of the launch", type="number")] * 2',
            ),
        ),
        "breaks-the-hub",
    ),
    Mutant(
        "no such kind",
        "first_90_days",
        (('target_kind="path"', 'target_kind="course"'),),
        "wrong-answer",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "markup in a panel",
        "first_90_days",
        (('Panel("Your first days"', 'Panel("<b>Your first days</b>"'),),
        "markup-in-panel",
        "def plan_panels",
        PANELS,
    ),
    Mutant(
        "registers something else each time",
        "brand_launch",
        (
            ('WAVE = "launch_wave"\n', 'WAVE = "launch_wave"\n_TITLES = iter(range(1000))\n'),
            ('Aspect(WAVE, "Wave of the launch"', 'Aspect(WAVE, f"Wave {next(_TITLES)}"'),
        ),
        "unsteady-registration",
        "def register_aspects",
        "register_aspects",
    ),
    # telling
    Mutant(
        "swallows an answer",
        "webhooks",
        (("                raise OutsideFailed(", "                OutsideFailed("),),
        "swallows-failure",
        "def credit_granted",
        CREDIT,
    ),
    Mutant(
        "another id each time",
        "webhooks",
        (
            ("import json\n", "import json\nimport uuid\n"),
            ('f"{event.goal_id}:{event.statement_id}"', "str(uuid.uuid4())"),
        ),
        "not-idempotent",
        "def credit_granted",
        CREDIT,
    ),
    Mutant(
        "nothing to know a repeat by",
        "webhooks",
        ((SIGNATURE, f"        body = event.person_id.encode()\n{SIGNATURE}"),),
        "no-repeat-key",
        "def credit_granted",
        CREDIT,
    ),
    Mutant(
        "takes a way out of its own",
        "webhooks",
        (
            ("import json\n", "import json\n\nimport requests\n"),
            (
                'http.post(url, connection="webhooks", headers=headers, body=body)',
                "requests.post(url, headers=headers, data=body, timeout=0.4)",
            ),
            ("200 <= answer.status < 300", "200 <= answer.status_code < 300"),
            ("answered {answer.status}", "answered {answer.status_code}"),
        ),
        "own-network",
        "requests.post",
        CREDIT,
    ),
    Mutant(
        "notes that it sent before it did",
        "webhooks",
        (
            ("    settings: Settings\n", "    settings: Settings\n    sent: frozenset[str] = frozenset()\n"),
            (
                SIGNATURE,
                NOTED_FIRST + SIGNATURE,
            ),
        ),
        "lost-or-doubled",
        "def credit_granted",
        CREDIT,
    ),
    # fetching
    Mutant(
        "another key each time",
        "csv_catalogue",
        (
            ("import json\n", "import json\nimport uuid\n"),
            ("        launch=launch,\n", '        launch={**launch, "run": uuid.uuid4().hex},\n'),
        ),
        "not-repeatable",
        "def read_catalogue",
        "read_catalogue",
    ),
    Mutant(
        "ends half-way",
        "csv_catalogue",
        (
            (
                "                yield _catalogue_row(row)\n",
                HALF_WAY,
            ),
        ),
        "half-yielded",
        "def read_catalogue",
        "read_catalogue",
    ),
    Mutant(
        "no rows for no answer",
        "csv_roster",
        (
            (
                '            raise OutsideFailed("roster_refused"',
                '            return OutsideFailed("roster_refused"',
            ),
        ),
        "swallows-failure",
        "def read_roster",
        "read_roster",
    ),
    # pages and tables
    Mutant(
        "unguarded route",
        ONBOARDING,
        (('"requests", pages.requests, may=DECIDERS', '"requests", pages.requests, may=()'),),
        "unguarded-route",
        "def requests",
        "register_routes",
        module="distributor_onboarding/__init__.py",
        seen_in="distributor_onboarding/pages.py",
    ),
    Mutant(
        "open for a word",
        ONBOARDING,
        (('"", pages.mine, menu="Onboarding"', '"", pages.mine, may=(), open_because="convenient"'),),
        "unguarded-route",
        "def mine",
        "register_routes",
        module="distributor_onboarding/__init__.py",
        seen_in="distributor_onboarding/pages.py",
    ),
    Mutant(
        "foreign table",
        ONBOARDING,
        (('TABLE = "plugin_distributor_onboarding_request"', 'TABLE = "onboarding_request"'),),
        "foreign-table",
        "TABLE =",
        "register_migrations",
        module=FIRST_REVISION,
    ),
    Mutant(
        "no way down",
        ONBOARDING,
        (("    op.drop_table(TABLE)", "    pass"),),
        "leaves-tables",
        "TABLE =",
        "register_migrations",
        module=FIRST_REVISION,
    ),
    Mutant(
        "a way down that fails",
        ONBOARDING,
        (("    op.drop_table(TABLE)", "    raise NotImplementedError"),),
        "migration-fails",
        "NotImplementedError",
        "register_migrations",
        module=FIRST_REVISION,
    ),
    # limits
    Mutant(
        "too slow",
        "first_90_days",
        (each_candidate("sum(range(800_000))"),),
        "too-slow",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "never comes to an end",
        "first_90_days",
        (each_candidate("", before="while True:\n            pass"),),
        "too-slow",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "keeps everybody",
        "first_90_days",
        (
            ("    settings: Settings\n", "    settings: Settings\n    kept: dict[str, object] = {}\n"),
            each_candidate("self.kept[candidate.appointment_id] = candidate"),
        ),
        "grows",
        "def decide_assignments",
        DECIDE,
    ),
    Mutant(
        "leaves a thread",
        "webhooks",
        (
            ("import json\n", "import json\nimport threading\n"),
            (SIGNATURE, f"        threading.Timer(60, print).start()\n{SIGNATURE}"),
        ),
        "leaves-thread",
        "def credit_granted",
        CREDIT,
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_found_for_what_it_is_and_nothing_else(
    mutant: Mutant, check: Callable[[Path], Report], tmp_path: Path
) -> None:
    module = mutant.make(tmp_path)
    found = [f for f in check(project_of(module)).findings if f.code != "readme-gaps"]
    assert [finding.code for finding in found] == [mutant.code], [f.problem for f in found]
    (finding,) = found
    if not mutant.at:  # the hub names it, and cannot know where it is
        assert module.parent.name in finding.problem
        return
    line = line_of(module, mutant.at)
    decorated = {line, line - 1, line - 2}  # a function begins with its decorators
    assert module.match(f"*/{finding.place.path}")
    assert finding.place.hook == mutant.hook
    assert finding.place.line in (decorated if mutant.at.startswith(("def ", "class ")) else {line})
    assert finding.problem.endswith(tuple(".)?")) or ":" in finding.problem
    assert len(finding.mend.split()) >= 3
