"""Answers of remote plugins: what they think that people they were asked about should get."""

from datetime import datetime
from typing import Literal

import flask
from pydantic import Field

from hub.access.api_tokens import OPINIONS, Unauthorized
from hub.audiences.assigning.opinion import Opinion as PluginOpinion
from hub.audiences.remote.answers import RemoteAnswer, take_answers
from hub.audiences.remote.remote_plugins import plugin_of_token
from hub.flask_hub import current_hub
from hub.notify.webhooks.remote import check_signature
from hub.rest.api import blueprint
from hub.rest.asked import AnId, Text
from hub.rest.caller import ACTION, current_caller
from hub.rest.once import read_once
from hub.rest.problems import SingleProblem
from hub.rest.shapes import Shape
from hub.rest.write_shapes import Body, Moment, Words

AT_MOST = 200


class Opinion(Body):
    """What an appointment should bring, as `Opinion` of the plugin API; `target` is the key of an offering or a path."""

    appointment_id: AnId
    target_kind: Literal["offering", "path"]
    target: Text
    reason: Words = Field(min_length=1, description="Read by the learner; it goes on after “because …”.")
    since: Moment
    until: Moment | None = Field(None, description="As long as the appointment if left out.")
    due_at: Moment | None = None
    kind: Literal["brand", "compliance", "development", "review"] = "development"
    dimension: Text = "general"
    verdict: Literal["assign", "waive"] = "assign"

    def as_plugin_has_it(self) -> PluginOpinion:
        """As a plugin in the hub would say it."""
        return PluginOpinion(**{name: getattr(self, name) for name in type(self).model_fields})


class Answer(Body):
    """All that is to be said about one person; no opinions for nothing. It takes the place of what was said before."""

    person_id: AnId
    question: Text = Field(description="As it came with the question.")
    opinions: list[Opinion] = Field(max_length=100)


class Answers(Body):
    """What a remote plugin says."""

    version: str = Field(
        min_length=1,
        max_length=32,
        description="Of the program that answers; it stands with every reason.",
        pattern=r"^[\x21-\x7e]*$",
    )
    answers: list[Answer] = Field(min_length=1, max_length=AT_MOST)


class AnswerOutcome(Shape):
    """What became of one answer. `outdated`: there is a newer question about this person, or none."""

    person_id: str
    outcome: Literal["changed", "unchanged", "outdated", "refused"]
    problems: list[SingleProblem]


class AnswersTaken(Shape):
    """One outcome for each answer, in their order."""

    taken_at: datetime
    outcomes: list[AnswerOutcome]


@blueprint.runs("/opinions", AnswersTaken, OPINIONS, "Remote plugins")
def answer_questions(body: Answers) -> flask.Response:
    """Answer what a remote plugin was asked, with its own token, and signed with its secret as questions are.

    Each answer is taken or refused for itself; the same again changes nothing.
    """
    hub, caller = current_hub(), current_caller()
    headers = {name.lower(): value for name, value in flask.request.headers.items()}
    try:
        with hub.reading() as uow:
            name = plugin_of_token(uow, caller.token_id)
            check_signature(uow, name, headers, flask.request.get_data(), uow.now)
    except Unauthorized as error:
        hub.audit_refusal(ACTION, error.code, caller.token_id)
        raise
    once = read_once(body.model_dump(mode="json"))
    answers = [
        RemoteAnswer(each.person_id, each.question, tuple(o.as_plugin_has_it() for o in each.opinions))
        for each in body.answers
    ]
    with hub.unit_of_work() as uow:
        once.begin(uow)
        outcomes = take_answers(uow, name, body.version, answers)
        told = AnswersTaken(
            taken_at=uow.now,
            outcomes=[
                AnswerOutcome(
                    person_id=each.person_id,
                    outcome=each.outcome,
                    problems=[SingleProblem(message=p.message, place=p.place) for p in each.problems],
                )
                for each in outcomes
            ],
        ).model_dump_json()
        once.keep(uow, told)
    response = flask.Response(told, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
