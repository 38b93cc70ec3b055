"""A score as an xAPI statement, built with tincan: what a learner did, in the words of the record."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime

import tincan

from hub.config import Settings
from hub.ids import content_hash, derived_id
from hub.journal import NewStatement
from hub.journal.find_keys import read_keys
from hub.lti.line_items import LineItem
from hub.lti.scores import Score
from hub.lti.service_urls import line_item_url

_VERBS = "http://adlnet.gov/expapi/verbs/"


@dataclass(frozen=True)
class ScoredWork:
    """What a score is about: the line item, its course's activity, the learner's registration there; and who says it."""

    line_item: LineItem
    activity_id: str
    registration: str
    client_id: str


def score_statement(work: ScoredWork, score: Score, settings: Settings, stored: datetime) -> NewStatement:
    """The statement of a score. The same score always has the same id, another score another one.

    The actor is the account under which the hub named the learner to the tool. A score on the course's own line item is
    about the course; one on a line item of the tool's own is about that line item, with the course as parent, and
    completes nothing.

    xAPI allows neither a scaled score above 1 nor a raw one above max (2.0, section 4.2.5.1). A score with extra credit
    keeps its points in ``raw`` without ``max``; ``scaled`` is 1, and the extension ``ags-score-maximum`` has the maximum.
    The tool's comment is for the learner and may name people, so that it is not written into the record.

    The content hash covers what the tool sent, as the id does. What the hub adds (activity, registration, address) may
    have changed since, and must not turn a repeated score into a conflict.
    """
    item = work.line_item
    statement_id = derived_id(
        "ags-score", item.id, score.user_id, score.timestamp.isoformat(), score.canonical
    )
    account = tincan.AgentAccount(home_page=settings.public_url, name=score.user_id)
    verb, completed = _verb(score)
    activity_id = work.activity_id if item.is_default else _item_url(settings, item)
    statement = tincan.Statement(
        id=uuid.UUID(statement_id),
        actor=tincan.Agent(account=account),
        verb=tincan.Verb(id=_VERBS + verb, display={"en-US": verb}),
        object=tincan.Activity(id=activity_id),
        result=tincan.Result(completion=completed or None, score=_xapi_score(score)),
        context=_context(work, score, settings),
        timestamp=score.timestamp,
        stored=stored,
        authority=tincan.Agent(
            account=tincan.AgentAccount(home_page=settings.public_url, name=work.client_id)
        ),
    )
    payload = json.dumps(statement.as_version(), separators=(",", ":")).encode()
    return NewStatement(
        id=statement_id,
        timestamp=score.timestamp,
        actor_form="account",
        actor_subject=f"{settings.public_url}|{score.user_id}",
        verb=_VERBS + verb,
        object_id=activity_id,
        payload=payload,
        content_hash=content_hash(score.canonical.encode()),
        registration=work.registration,
        keys=read_keys(payload),
    )


def _verb(score: Score) -> tuple[str, bool]:
    """The verb, and whether the work is complete. Completed counts once it is fully graded: until then grades change."""
    if score.grading_progress != "FullyGraded":
        return "progressed", False
    if score.activity_progress == "Completed":
        return "completed", True
    return ("scored", False) if score.given is not None else ("progressed", False)


def _xapi_score(score: Score) -> tincan.Score | None:
    if score.given is None or score.maximum is None:
        return None
    if score.given > score.maximum:
        return tincan.Score(raw=score.given, min=0, scaled=1)
    return tincan.Score(raw=score.given, min=0, max=score.maximum, scaled=score.given / score.maximum)


def _context(work: ScoredWork, score: Score, settings: Settings) -> tincan.Context:
    extensions: dict[str, object] = {
        "ags-activity-progress": score.activity_progress,
        "ags-grading-progress": score.grading_progress,
        "ags-line-item": _item_url(settings, work.line_item),
    }
    if score.given is not None and score.maximum is not None and score.given > score.maximum:
        extensions["ags-score-maximum"] = score.maximum
    named = {settings.url(f"/xapi/extensions/{name}"): value for name, value in extensions.items()}
    parents = None
    if not work.line_item.is_default:
        parents = tincan.ContextActivities(parent=[tincan.Activity(id=work.activity_id)])
    return tincan.Context(
        registration=uuid.UUID(work.registration),
        extensions=tincan.Extensions(named),
        context_activities=parents,
    )


def _item_url(settings: Settings, item: LineItem) -> str:
    return line_item_url(settings, item.resource_link_id, item.id)
