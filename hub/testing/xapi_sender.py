"""How LMS South reports: xAPI statements, built and sent by tincan."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException

from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    Context,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    Verb,
)

VERB_BASE = "http://adlnet.gov/expapi/verbs/"
COURSE_TYPE = "http://adlnet.gov/expapi/activities/course"


@dataclass(frozen=True)
class Report:
    """What one learner did. `score` is raw, out of `score_maximum`; `timestamp` is ISO 8601 with an offset.

    `actor` is an xAPI agent as JSON object. `statement_id` may be empty: then the store makes one.
    """

    actor: Mapping[str, object]
    verb: str
    activity: str
    title: str
    registration: str
    timestamp: str
    score: float | None = None
    score_maximum: float = 100
    completion: bool | None = None
    success: bool | None = None
    statement_id: str = ""


@dataclass(frozen=True)
class SentStatement:
    """What the store said. `status` is its HTTP status, 0 when it did not answer or tincan could not read the answer."""

    statement_id: str
    verb: str
    activity: str
    timestamp: str
    status: int
    answer: str

    @property
    def ok(self) -> bool:
        """Whether the store took the statement."""
        return 200 <= self.status < 300


class _Malformed(Statement):  # type: ignore[misc]  # tincan ships no types
    """A statement that goes out without its verb."""

    def as_version(self, version: str) -> dict[str, object]:
        body: dict[str, object] = super().as_version(version)
        del body["verb"]
        return body


def own_account(home_page: str, name: str, display_name: str = "") -> dict[str, object]:
    """The agent as this LMS names people: an account of its own."""
    agent: dict[str, object] = {"objectType": "Agent", "account": {"homePage": home_page, "name": name}}
    return agent | ({"name": display_name} if display_name else {})


def build_statement(report: Report, platform: str, malformed: bool = False) -> Statement:
    """The statement for `report`. Raises ValueError where tincan refuses a value."""
    statement = (_Malformed if malformed else Statement)(
        actor=_agent(report.actor),
        verb=Verb(id=_verb_id(report.verb), display=LanguageMap({"en-US": report.verb.rsplit("/", 1)[-1]})),
        object=Activity(
            id=report.activity,
            definition=ActivityDefinition(type=COURSE_TYPE, name=LanguageMap({"en-US": report.title})),
        ),
        context=Context(registration=uuid.UUID(report.registration), platform=platform),
        timestamp=report.timestamp,
    )
    if (report.score, report.completion, report.success) != (None, None, None):
        statement.result = Result(completion=report.completion, success=report.success, score=_score(report))
    if report.statement_id:
        statement.id = report.statement_id
    return statement


def send_statement(statement: Statement, endpoint: str, username: str, password: str) -> SentStatement:
    """Send one statement: PUT if it has an id, else POST. Never raises for what the store does."""
    store = RemoteLRS(endpoint=endpoint, username=username, password=password)
    try:
        response = store.save_statement(statement)
        status, answer = response.response.status, str(response.data)
    except (OSError, HTTPException) as error:
        status, answer = 0, f"The hub did not answer: {error}"
    except ValueError as error:
        status, answer = 0, f"tincan could not read the answer of the hub: {error}"
    return SentStatement(
        statement_id=str(statement.id or ""),
        verb=statement.verb.id,
        activity=statement.object.id,
        timestamp=statement.timestamp.isoformat(),
        status=status,
        answer=answer[:500],
    )


def time_now() -> str:
    """Now, in milliseconds, as ISO 8601 text in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _agent(actor: Mapping[str, object]) -> Agent:
    account = actor.get("account")
    if not isinstance(account, Mapping):
        raise ValueError("the actor has no account")
    return Agent(
        name=actor.get("name"), account=AgentAccount(home_page=account["homePage"], name=account["name"])
    )


def _score(report: Report) -> Score | None:
    if report.score is None:
        return None
    scaled = report.score / report.score_maximum if report.score_maximum else None
    return Score(raw=report.score, min=0, max=report.score_maximum, scaled=scaled)


def _verb_id(verb: str) -> str:
    return verb if "://" in verb else VERB_BASE + verb
