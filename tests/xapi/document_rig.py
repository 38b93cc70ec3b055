"""Documents to keep, and a client that keeps them in the record store of a hub under test."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.xapi.rig import ACTIVITY, AGENT, Answer, Store

PATHS = {
    "state": "/xapi/activities/state",
    "agent_profile": "/xapi/agents/profile",
    "activity_profile": "/xapi/activities/profile",
}
KINDS = tuple(PATHS)
PROFILES = ("agent_profile", "activity_profile")
NEW = {"If-None-Match": "*"}


def as_json(value: Any) -> str:
    """JSON as a parameter has it."""
    return json.dumps(value)


def parameters(kind: str, name: str | None = "settings", **more: Any) -> dict[str, Any]:
    """What names a document of a kind, or without a name what documents are listed by."""
    named: dict[str, Any] = {}
    if kind != "agent_profile":
        named["activityId"] = ACTIVITY["id"]
    if kind != "activity_profile":
        named["agent"] = as_json(AGENT)
    if name is not None:
        named["stateId" if kind == "state" else "profileId"] = name
    return named | more


@dataclass
class Documents:
    """Documents of one kind, as one system sees them."""

    store: Store
    kind: str
    named: dict[str, Any] = field(default_factory=dict)

    def send(self, method: str, body: Any = None, **options: Any) -> Answer:
        """A request for the document, unless ``query_string`` says something else; ``body`` is bytes or becomes JSON."""
        options.setdefault("query_string", parameters(self.kind) | self.named)
        if body is not None:
            options["data"] = body if isinstance(body, bytes) else json.dumps(body)
        return self.store.send(method, PATHS[self.kind], **options)

    def make(self, body: Any, content_type: str = "application/json", **options: Any) -> None:
        """PUT a document that is not there yet."""
        answer = self.send("PUT", body, content_type=content_type, headers=NEW, **options)
        assert answer.status_code == 204, answer.text

    def etag(self) -> str:
        """The ETag of the document."""
        return self.send("GET").headers["ETag"]

    def names(self, **more: Any) -> list[str]:
        """The ids of the documents of the context."""
        answer = self.send("GET", query_string=parameters(self.kind, None, **more))
        assert answer.status_code == 200, answer.text
        names: list[str] = answer.json
        return names
