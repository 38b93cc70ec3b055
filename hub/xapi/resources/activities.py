"""The Activities Resource (xAPI 1.0.3 Communication 2.5; 2.0, 4.1.6.4)."""

import flask
import msgspec

from hub.errors import Problem
from hub.flask_hub import current_hub
from hub.xapi.callers.caller import read_caller
from hub.xapi.callers.credentials import MAY_LOOK_UP
from hub.xapi.http.answers import json_answer
from hub.xapi.http.parameter_kinds import Parser, parse_activity_id, parse_parameters, unknown_parameters
from hub.xapi.http.request import Request
from hub.xapi.storing.definitions import find_definitions


def get(request: Request) -> flask.Response:
    """The Activity with all that is known of it, in all languages; of an unknown one, that it is an Activity."""
    credential = read_caller(request, MAY_LOOK_UP)
    _ = request.version
    known: dict[str, Parser] = {"activityId": parse_activity_id}
    problems = list(unknown_parameters(request.parameters, known))
    if "activityId" not in request.parameters:
        problems.append(Problem("is missing", "activityId"))
    id: str = parse_parameters(known, request.parameters, problems)["activityId"]
    with current_hub().reading() as uow:
        definition = find_definitions(uow, credential.readable_connections(uow), [id]).get(id)
    activity: dict[str, object] = {"objectType": "Activity", "id": id}
    if definition is not None:
        activity["definition"] = definition
    answer = json_answer(msgspec.json.encode(activity))
    answer.add_etag()
    return answer
