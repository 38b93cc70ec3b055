"""LMS North: an LTI 1.3 tool on pylti1p3 that reports scores through Assignment and Grade Services.

``python -m hub.testing.lms_north --port 8102 --config north.json``
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import requests
from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from pylti1p3.exception import LtiException, LtiServiceException
from pylti1p3.grade import Grade

from hub.testing.faults import Faults
from hub.testing.lti_tool import TOOL_FAULTS, HubSession, Launch, LtiTool, ToolConfig, add_lti_routes
from hub.testing.outside import create_outside_app, message_page, wants_json
from hub.testing.serve import run_as_process


@dataclass(frozen=True, kw_only=True)
class NorthConfig(ToolConfig):
    """LMS North; all keys are those of `ToolConfig`."""

    name: str = "LMS North"


@dataclass(frozen=True)
class SentScore:
    """One score that was sent, and what the hub said.

    `status` is the hub's HTTP status, 0 when it did not answer; `step` is where it ended, `token` or `score`.
    """

    user_id: str
    score_given: float
    score_maximum: float
    activity_progress: str
    grading_progress: str
    timestamp: str
    status: int
    step: str
    answer: str

    @property
    def ok(self) -> bool:
        """Whether the hub took the score."""
        return self.step == "score" and 200 <= self.status < 300


def create_lms_north(config: NorthConfig) -> Flask:
    """An LMS with one course page that reports scores to the hub through AGS."""
    faults = Faults(TOOL_FAULTS, config.slow_seconds)
    app = create_outside_app(config.name, "north", faults)
    tool = LtiTool(config, "north", faults)
    add_lti_routes(app, tool)
    _add_pages(app, tool)
    return app


def _add_pages(app: Flask, tool: LtiTool) -> None:
    def home() -> Response:
        return message_page("Your courses", "Courses in this system start from the training hub.")

    def course(launch_id: str) -> Response:
        with HubSession(tool.config.timeout) as session:
            launch = tool.find_launch(launch_id, session)
        return make_response(render_template("north.html", launch=launch, sent=_sent_scores(tool, launch_id)))

    def finish(launch_id: str) -> Response:
        with HubSession(tool.config.timeout) as session:
            launch = tool.find_launch(launch_id, session)
            try:
                sent = _send_score(launch, _read_grade(launch, request.form), session)
            except (ValueError, LtiException) as error:
                abort(400, f"This score cannot be sent: {error}")
        tool.cache.set(f"scores-{launch_id}", [*_sent_scores(tool, launch_id), sent])
        if wants_json():
            return make_response(jsonify(asdict(sent)), 200 if sent.ok else 502)
        return make_response(redirect(url_for("course", launch_id=launch_id), 303))

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/launches/<launch_id>", "course", course)
    app.add_url_rule("/launches/<launch_id>/finish", "finish", finish, methods=["POST"])


def _sent_scores(tool: LtiTool, launch_id: str) -> list[SentScore]:
    sent = tool.cache.get(f"scores-{launch_id}")
    return sent if isinstance(sent, list) else []


def _read_grade(launch: Launch, form: Mapping[str, str]) -> Grade:
    """The score as typed. Raises ValueError for text that is no number, LtiException for what pylti1p3 refuses."""
    grade = Grade()
    grade.set_score_given(_number(form.get("score_given") or "100"))
    grade.set_score_maximum(_number(form.get("score_maximum") or "100"))
    grade.set_activity_progress(form.get("activity_progress") or "Completed")
    grade.set_grading_progress(form.get("grading_progress") or "FullyGraded")
    grade.set_timestamp(form.get("timestamp") or datetime.now(UTC).isoformat(timespec="milliseconds"))
    grade.set_user_id(form.get("user_id") or launch.sub)
    return grade


def _number(text: str) -> float:
    """An int where it is one, so that "80" is sent as 80 and not as 80.0."""
    value = float(text)
    return int(value) if math.isfinite(value) and value == int(value) and "." not in text else value


def _send_score(launch: Launch, grade: Grade, session: HubSession) -> SentScore:
    """Send through pylti1p3: first a service token, then the score to the line item of the launch (AGS section 3.4)."""
    if not launch.message.has_ags():
        raise LtiException("the launch named no line item")
    try:
        launch.message.get_ags().put_grade(grade)
    except (LtiServiceException, requests.JSONDecodeError):
        pass  # A refusal, or a body that is no JSON: the last answer in the session, shown below.
    except requests.RequestException as error:
        return _sent(
            grade,
            0,
            "score" if session.answers else "token",
            f"The hub did not answer ({type(error).__name__}).",
        )
    last = session.answers[-1]
    return _sent(grade, last.status_code, "score" if len(session.answers) > 1 else "token", last.text)


def _sent(grade: Grade, status: int, step: str, answer: str) -> SentScore:
    return SentScore(
        user_id=grade.get_user_id() or "",
        score_given=grade.get_score_given() or 0,
        score_maximum=grade.get_score_maximum() or 0,
        activity_progress=grade.get_activity_progress() or "",
        grading_progress=grade.get_grading_progress() or "",
        timestamp=grade.get_timestamp() or "",
        status=status,
        step=step,
        answer=answer[:500],
    )


if __name__ == "__main__":
    run_as_process(NorthConfig, create_lms_north)
