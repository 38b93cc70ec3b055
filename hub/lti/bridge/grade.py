"""Sending one score to one gradebook, outside any unit of work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from http import HTTPStatus
from typing import Any

import msgspec

from hub.errors import Missing
from hub.lti.bridge.achievements import COMPLETED
from hub.lti.bridge.ags_client import AgsClient
from hub.lti.bridge.columns import find_column, forget_column
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.pass_back import LEFT_PARTNER, NO_IDENTITY, NO_LINE_ITEM, NO_SCOPE, TARGET_CHANGED
from hub.lti.bridge.score import ExactScore, decimal_text
from hub.lti.tool.placements import Placement, read_placement, subject_at
from hub.lti.tool.platform_deployments import find_deployment
from hub.lti.tool.platforms import Platform, read_platform
from hub.lti.vocabulary import LINE_ITEM_SCOPE, SCORE_SCOPE
from hub.network.people.person import read_person, works_for
from hub.runtime import Hub
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Address:
    """Where a score goes: the gradebook, the column's placement, and how the learner is called there."""

    platform: Platform
    placement: Placement
    user_id: str


def send_grade(hub: Hub, body: Mapping[str, Any], before_call: Callable[[], None] = lambda: None) -> int:
    """Send the score in the body of a delivery; the status of the gradebook's answer.

    ``before_call`` is asked before each call to the platform, and raises when the score is not to be sent any more.
    Raises ServiceFailed and OutsideFailed; ``retryable`` tells whether there is use in trying again.
    """
    with hub.reading() as uow:
        to = find_address(uow, body)
    client = AgsClient(hub, to.platform, before_call)
    url, maximum = find_column(hub, client, to.placement)
    try:
        return client.post_score(url, score_body(body, to.user_id, maximum), to.user_id)
    except ServiceFailed as error:
        if error.status_received == HTTPStatus.NOT_FOUND:
            forget_column(hub, to.placement, url)
        raise


def find_address(uow: UnitOfWork, body: Mapping[str, Any]) -> Address:
    """Where the score in a delivery's body goes as of now. Raises ServiceFailed, permanent, when it cannot go anywhere."""
    person_id = body["person_id"]
    try:
        placement = read_placement(uow, body["placement_id"])
        platform = read_platform(uow, placement.connection_id)
    except Missing as error:
        raise ServiceFailed(error.code, error.message) from None
    if platform.disabled:
        raise ServiceFailed("platform_off", f"{platform.name} is switched off.")
    deployment = find_deployment(uow, platform.connection_id, placement.deployment_id)
    if deployment is None or deployment.state != "approved":
        raise ServiceFailed("deployment_off", f"This deployment of {platform.name} is not approved.")
    if (placement.target_kind, placement.target_id) != (body["target_kind"], body["target_id"]):
        raise ServiceFailed(TARGET_CHANGED, f"This link of {platform.name} opens something else by now.")
    user_id = subject_at(uow, placement, person_id)
    if user_id is None:
        raise ServiceFailed(NO_IDENTITY, f"{platform.name} has never named the learner.")
    partner_id = deployment.partner_id or platform.partner_id
    if partner_id is not None and not works_for(uow, read_person(uow, person_id), partner_id):
        raise ServiceFailed(LEFT_PARTNER, f"{platform.name} is told scores of its own people only.")
    if SCORE_SCOPE not in placement.scopes:
        raise ServiceFailed(NO_SCOPE, f"{platform.name} lets the hub send no scores for this course.")
    if not placement.line_item_url and not (placement.line_items_url and LINE_ITEM_SCOPE in placement.scopes):
        raise ServiceFailed(NO_LINE_ITEM, f"{platform.name} has no column for this course.")
    return Address(platform, placement, user_id)


def score_body(body: Mapping[str, Any], user_id: str, maximum: float | None) -> bytes:
    """A score as JSON (Assignment and Grade Services 2.0, section 3.4), its numbers exact.

    Progress on a path is graded ``Pending``: a partial value that may still change.
    """
    done = body["progress"] == COMPLETED
    told: dict[str, Any] = {
        "userId": user_id,
        "timestamp": body["timestamp"],
        "activityProgress": body["progress"],
        "gradingProgress": "FullyGraded" if done else "Pending",
    }
    if body["given"] is not None:
        score = ExactScore(Fraction(body["given"]), Fraction(body["maximum"])).scaled_to(maximum)
        told |= {"scoreGiven": _number(score.given), "scoreMaximum": _number(score.maximum)}
    return msgspec.json.encode(told)


def _number(value: Fraction) -> msgspec.Raw:
    """Exactly these digits, and no float between."""
    digits = decimal_text(value)
    assert digits is not None  # noqa: S101  (it came as a decimal, or was scaled to one)
    return msgspec.Raw(digits.encode())
