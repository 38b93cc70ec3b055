"""An assignable unit that behaves: it reads its launch address, fetches its token and its launch data, and reports in order.

What it sends can be bent on the way, to see what a hub does with an AU that does not behave.
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import requests

VERBS = "http://adlnet.gov/expapi/verbs/"
CMI5_CATEGORY = {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"}
MOVE_ON_CATEGORY = {"id": "https://w3id.org/xapi/cmi5/context/categories/moveon"}
MASTERY_SCORE = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"


@dataclass(frozen=True)
class Answer:
    """What a server said: status, headers, and the body as text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.text)


Send = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
"""From method, URL, headers and body to the answer."""


def send_http(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """Over a connection of its own."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, headers=dict(headers), data=body, timeout=30)
    return Answer(answer.status_code, answer.headers, answer.text)


@dataclass
class SimulatedAu:
    """One launch of an AU, from its launch address. Its clock begins at ``now`` and goes on by a second per statement."""

    address: str
    send: Send = send_http
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    token: str = ""
    launch_data: dict[str, Any] = field(default_factory=dict)
    preferences: dict[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, str]:
        """The five parameters of the launch, and those the AU's own URL had."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.address).query).items()}

    @property
    def actor(self) -> dict[str, Any]:
        """The learner."""
        actor: dict[str, Any] = json.loads(self.parameters["actor"])
        return actor

    def fetch(self) -> Answer:
        """POST to the fetch URL; a token in the answer is used from now on."""
        answer = self.send("POST", self.parameters["fetch"], {}, b"")
        self.token = answer.json.get("auth-token", self.token)
        return answer

    def start(self) -> "SimulatedAu":
        """Fetch the token, the launch data and the learner's preferences, as an AU does before all else."""
        self.fetch()
        self.launch_data = self.state("GET", "LMS.LaunchData").json
        asked = {"profileId": "cmi5LearnerPreferences", "agent": self.parameters["actor"]}
        self.preferences = self.ask("GET", "agents/profile", asked).json
        return self

    def state(self, method: str, state_id: str, body: bytes | None = None) -> Answer:
        """A state document of this AU, learner and registration."""
        wanted = {"activityId": self.parameters["activityId"], "agent": self.parameters["actor"]}
        wanted |= {"registration": self.parameters["registration"], "stateId": state_id}
        return self.ask(method, "activities/state", wanted, body)

    def ask(
        self,
        method: str,
        resource: str,
        parameters: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Any request to the endpoint, with the token."""
        headers = {
            "Authorization": f"Basic {self.token}",
            "X-Experience-API-Version": "1.0.3",
            "Content-Type": "application/json",
        }
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.send(method, f"{self.parameters['endpoint']}{resource}{query}", headers, body)

    def report(self, *statements: Mapping[str, Any]) -> Answer:
        """POST statements, all in one request."""
        return self.ask("POST", "statements", body=json.dumps(statements).encode())

    def initialized(self) -> dict[str, Any]:
        """A cmi5 defined statement; the others below are too."""
        return self.defined("initialized")

    def completed(self) -> dict[str, Any]:
        """The learner has seen it all."""
        return self.defined("completed", {"completion": True, "duration": "PT5M"})

    def passed(self, scaled: float | None = None) -> dict[str, Any]:
        """The learner has succeeded."""
        return self.judged("passed", True, scaled)

    def failed(self, scaled: float | None = None) -> dict[str, Any]:
        """The learner has not."""
        return self.judged("failed", False, scaled)

    def terminated(self) -> dict[str, Any]:
        """The end of the session."""
        return self.defined("terminated", {"duration": "PT6M"})

    def judged(self, verb: str, success: bool, scaled: float | None) -> dict[str, Any]:
        """A statement with success, with or without a score."""
        result: dict[str, Any] = {"success": success, "duration": "PT5M"}
        statement = self.defined(verb, result | ({"score": {"scaled": scaled}} if scaled is not None else {}))
        if scaled is not None and "masteryScore" in self.launch_data:
            statement["context"]["extensions"][MASTERY_SCORE] = self.launch_data["masteryScore"]
        return statement

    def defined(self, verb: str, result: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A cmi5 defined statement about this AU."""
        statement = self.allowed(VERBS + verb, self.parameters["activityId"], result)
        judges = result is not None and {"success", "completion"} & result.keys()
        categories = [CMI5_CATEGORY, MOVE_ON_CATEGORY] if judges else [CMI5_CATEGORY]
        statement["context"].setdefault("contextActivities", {})["category"] = categories
        return statement

    def allowed(self, verb: str, object_id: str, result: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A statement from the context template alone, about whatever the AU likes."""
        self.now += timedelta(seconds=1)
        context = copy.deepcopy(self.launch_data["contextTemplate"])
        context["registration"] = self.parameters["registration"]
        statement = {
            "id": str(uuid4()),
            "actor": self.actor,
            "verb": {"id": verb},
            "object": {"objectType": "Activity", "id": object_id},
            "context": context,
            "timestamp": self.now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return statement | ({"result": dict(result)} if result else {})
