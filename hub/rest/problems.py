"""What was refused, as a JSON problem (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import flask
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException

from hub.access.api_tokens import Unauthorized
from hub.errors import HubError
from hub.errors import Problem as Wrong
from hub.logging import get_logger

MEDIA_TYPE = "application/problem+json"
logger = get_logger(__name__)


class TooManyRequests(HubError):
    """Too many requests of one token, or with wrong tokens from one network address. ``retry_after`` is in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        message = "There were too many requests in a short time."
        super().__init__("too_many_requests", message, "Wait a minute, then go on.")
        self.retry_after = retry_after


class SingleProblem(BaseModel):
    """One thing that is wrong, and where."""

    message: str
    place: str = Field(description="The parameter or field, empty where it is about the whole request.")


class Problem(BaseModel):
    """Why a request was refused; nothing was changed."""

    type: str = Field(description="Always about:blank: the code tells kinds apart.")
    title: str = Field(description="What is wrong, in words.")
    status: int
    code: str = Field(description="Stable, for programs.")
    detail: str = Field(description="What to do about it.")
    problems: list[SingleProblem] = Field(description="Every single problem, where there may be several.")
    reference: str = Field(description="Names this request in the hub's log.")
    plan: dict[str, Any] = Field(
        {}, description="With the code plan_outdated: what a dry run would answer now."
    )


def refuse(error: HubError) -> flask.Response:
    """The answer to what a service or the way in refused."""
    logger.info("request_refused", reason=error.code, status=error.status)
    plan = getattr(error, "plan", None)
    response = answer(error.status, error.code, error.message, error.help, error.problems, plan)
    if isinstance(error, Unauthorized):
        wrong = "" if error.code == "no_token" else ', error="invalid_token"'
        response.headers["WWW-Authenticate"] = f'Bearer realm="hub"{wrong}'
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def refuse_http(error: HTTPException) -> flask.Response:
    """The answer to what the web framework refused, such as a body that is too large."""
    return answer(error.code or 500, "bad_request", error.name, error.description or "")


def report_failure(error: Exception) -> flask.Response:
    """The answer to what nobody expected: logged here, and not told."""
    logger.error("request_failed", exc_info=error)
    message = "Something went wrong in the hub."
    return answer(500, "internal_error", message, "Nothing was changed. Try again in a moment.")


def answer(
    status: int,
    code: str,
    title: str,
    detail: str,
    problems: tuple[Wrong, ...] = (),
    plan: Mapping[str, Any] | None = None,
) -> flask.Response:
    """A problem with this status."""
    told = Problem(
        type="about:blank",
        title=title,
        status=status,
        code=code,
        detail=detail,
        problems=[SingleProblem(message=each.message, place=each.place) for each in problems],
        reference=str(flask.g.get("reference", "")),
        plan=dict(plan or {}),
    )
    return flask.Response(told.model_dump_json(exclude_defaults=True), status, mimetype=MEDIA_TYPE)
