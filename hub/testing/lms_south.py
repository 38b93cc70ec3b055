"""LMS South: launched by LTI 1.3, reports by xAPI, and names learners in its own way.

``python -m hub.testing.lms_south --port 8103 --config south.json``
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request, url_for

from hub.testing.configuration import load_items
from hub.testing.faults import Faults
from hub.testing.lti_tool import TOOL_FAULTS, HubSession, Launch, LtiTool, ToolConfig, add_lti_routes
from hub.testing.outside import create_outside_app, message_page, only_from_this_machine, wants_json
from hub.testing.serve import run_as_process
from hub.testing.xapi_sender import (
    Report,
    SentStatement,
    build_statement,
    own_account,
    send_statement,
    time_now,
)

SOUTH_FAULTS: dict[str, str] = {
    **TOOL_FAULTS,
    "wrong_password": "Statements are sent with a wrong password.",
    "malformed_statement": "Statements are sent without a verb.",
}


@dataclass(frozen=True)
class SouthUser:
    """One account in LMS South: its own user id for an e-mail address."""

    email: str
    user_id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SouthConfig(ToolConfig):
    """LMS South: the keys of `ToolConfig`, the credential for statements, and the users it knows.

    Users come from `users`, from the JSON array in `users_file`, or from both; keys as in `SouthUser`.
    """

    xapi_username: str
    xapi_password: str
    name: str = "LMS South"
    users: tuple[SouthUser, ...] = ()
    users_file: str = ""


class South:
    """What LMS South knows: its users by e-mail, and the time of each statement it sent."""

    def __init__(self, config: SouthConfig, tool: LtiTool) -> None:
        self.config = config
        self.tool = tool
        users = load_items(SouthUser, config.users_file, config.users)
        self._users = {user.email.lower(): user for user in users}
        self._times: dict[str, str] = {}

    def user_id(self, launch: Launch) -> str:
        """The learner's id in this LMS: found by e-mail, else made from the LTI subject."""
        user = self._users.get(launch.email.lower()) if launch.email else None
        return user.user_id if user else f"lti-{launch.sub}"

    def activity(self, course: str) -> str:
        """The activity id of a course; what already is an address stays as it is."""
        return course if "://" in course else f"{self.config.base_url}/courses/{course}"

    def send(
        self, form: Mapping[str, str], actor: Mapping[str, object], course: str, title: str
    ) -> SentStatement:
        """Send one statement as the form says. Raises ValueError for values that make none.

        A `statement_id` that was sent before is sent with its old timestamp: the same form gives the same statement.
        Without one South makes an id, so that it can repeat what got lost; with `assign_id=hub` the hub makes it.
        """
        statement_id = form.get("statement_id") or (
            "" if form.get("assign_id") == "hub" else str(uuid.uuid4())
        )
        verb = form.get("verb") or "completed"
        report = Report(
            actor=actor,
            verb=verb,
            activity=self.activity(course),
            title=title,
            registration=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.activity(course)} {json.dumps(actor)}")),
            timestamp=form.get("timestamp") or self._times.get(statement_id) or time_now(),
            score=float(form["score"]) if form.get("score") else None,
            score_maximum=float(form.get("score_maximum") or 100),
            completion=_flag(form.get("completion"), True if verb in {"completed", "passed"} else None),
            success=_flag(form.get("success"), {"passed": True, "failed": False}.get(verb)),
            statement_id=statement_id,
        )
        faults = self.tool.faults
        statement = build_statement(report, self.config.name, "malformed_statement" in faults)
        password = "not-it" if "wrong_password" in faults else self.config.xapi_password
        sent = send_statement(statement, f"{self.config.hub_url}/xapi/", self.config.xapi_username, password)
        if sent.statement_id:
            self._times[sent.statement_id] = sent.timestamp
        return sent


def create_lms_south(config: SouthConfig) -> Flask:
    """An LMS with one course page that reports to the hub's record store by xAPI."""
    faults = Faults(SOUTH_FAULTS, config.slow_seconds)
    app = create_outside_app(config.name, "south", faults)
    tool = LtiTool(config, "south", faults)
    add_lti_routes(app, tool)
    south = South(config, tool)
    _add_pages(app, south)
    _add_control(app, south)
    return app


def _add_pages(app: Flask, south: South) -> None:
    tool = south.tool

    def home() -> Response:
        return message_page("Your courses", "Courses in this system start from the training hub.")

    def course(launch_id: str) -> Response:
        with HubSession(tool.config.timeout) as session:
            launch = tool.find_launch(launch_id, session)
        sent = tool.cache.get(f"statements-{launch_id}") or []
        page = render_template("south.html", launch=launch, user_id=south.user_id(launch), sent=sent)
        return make_response(page)

    def complete(launch_id: str) -> Response:
        with HubSession(tool.config.timeout) as session:
            launch = tool.find_launch(launch_id, session)
        try:
            sent = south.send(request.form, _actor(south, launch), launch.course, launch.title)
        except ValueError as error:
            abort(400, f"This cannot be reported: {error}")
        before = tool.cache.get(f"statements-{launch_id}")
        # The form travels with the answer, so that "Send again" repeats it.
        form = {**request.form, "statement_id": sent.statement_id}
        tool.cache.set(
            f"statements-{launch_id}", [*(before if isinstance(before, list) else []), (sent, form)]
        )
        if wants_json():
            return _as_json(sent)
        return make_response(redirect(url_for("course", launch_id=launch_id), 303))

    app.add_url_rule("/", "home", home)
    app.add_url_rule("/launches/<launch_id>", "course", course)
    app.add_url_rule("/launches/<launch_id>/complete", "complete", complete, methods=["POST"])


def _add_control(app: Flask, south: South) -> None:
    def statements() -> Response:
        """Send a statement for any user without a launch: `user_id`, `activity`, and the fields of the course page."""
        only_from_this_machine()
        form = request.form
        if not form.get("user_id") or not form.get("activity"):
            abort(400, "The fields user_id and activity are needed.")
        actor = own_account(south.config.base_url, form["user_id"], form.get("name", ""))
        try:
            return _as_json(south.send(form, actor, form["activity"], form.get("title") or form["activity"]))
        except ValueError as error:
            abort(400, f"This cannot be reported: {error}")

    app.add_url_rule("/statements", "statements", statements, methods=["POST"])


def _actor(south: South, launch: Launch) -> Mapping[str, object]:
    """The learner under South's own name, or with the field `actor=hub` under the one the launch handed over."""
    if request.form.get("actor") != "hub":
        return own_account(south.config.base_url, south.user_id(launch), launch.learner)
    actor = json.loads(launch.custom.get("hub_actor") or "{}")
    if not isinstance(actor, dict):
        raise ValueError("the launch handed over no hub_actor")
    return actor


def _flag(text: str | None, default: bool | None) -> bool | None:
    """The word true or false as a flag; nothing gives the default."""
    return text.lower() == "true" if text else default


def _as_json(sent: SentStatement) -> Response:
    return make_response(jsonify(asdict(sent)), 200 if sent.ok else 502)


if __name__ == "__main__":
    run_as_process(SouthConfig, create_lms_south)
