"""Statements, as a learning system sends them to the hub's record store."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from hub.store import UnitOfWork
from hub.testing.small_hub.courses import Course
from hub.testing.small_hub.network import HOME_PAGE, SmallNetwork
from hub.testing.small_hub.people import Person
from hub.xapi.callers.credentials import DEFINE, WRITE, Credential, create_credential
from hub.xapi.http.versions import ApiVersion
from hub.xapi.storing.incoming import read_statements
from hub.xapi.storing.store_statements import store_statements
from hub.xapi.tables import xapi_credential

VERBS = "http://adlnet.gov/expapi/verbs/"


@dataclass(frozen=True)
class Statement:
    """A statement that the record store has taken; ``body`` is what was sent."""

    id: str
    body: Mapping[str, Any]


def verb_id(verb: str) -> str:
    """The IRI of a verb; a plain word is one of ADL's."""
    return verb if "://" in verb else VERBS + verb


def statement_body(
    id: str, account: str, verb: str, object_id: str, result: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON of a statement about an account, which is its home page and name with ``|`` between them."""
    home_page, name = account.rsplit("|", 1)
    refers = {"objectType": "StatementRef"} if verb == "voided" else {}
    return {
        "id": id,
        "actor": {"account": {"homePage": home_page, "name": name}},
        "verb": {"id": verb_id(verb)},
        "object": {"id": object_id, **refers},
        "result": dict(result or {}),
    }


@dataclass
class MakeStatement:
    """``statement(ann, brakes, "passed", score=0.9)``: what the course's system reports of somebody.

    The hub has not looked at it yet: what it became of it is there when a test reads goals, credits or ``told()``.
    """

    network: SmallNetwork = field(repr=False)

    def __call__(
        self,
        person: Person,
        course: Course | Statement,
        verb: str = "completed",
        *,
        at: datetime | None = None,
        score: float | None = None,
        success: bool | None = None,
        completion: bool | None = None,
        extensions: Mapping[str, Any] | None = None,
        id: str = "",
        lms_id: str = "",
    ) -> Statement:
        """``score`` is scaled, -1 to 1; ``extensions`` are those of the context. Sent with the same ``id`` it is the same one.

        With a statement in place of the course it is voided, or whatever the verb says of it.
        """
        told = {"success": success, "completion": completion, "score": {"scaled": score}}
        result = {name: value for name, value in told.items() if value not in (None, {"scaled": None})}
        about = course.activity_id if isinstance(course, Course) else course.id
        hub = self.network.hub
        with hub.unit_of_work() as uow:
            sender = course.lms_id if isinstance(course, Course) else lms_id or self.network.lms(uow, "lms")
            account = self.network.account(uow, sender, person.id, person.name, HOME_PAGE)
            body = statement_body(id or str(uuid4()), account, verb, about, result)
            if extensions:
                body["context"] = {"extensions": dict(extensions)}
            body["timestamp"] = (at or uow.now).isoformat()
            incoming = read_statements(json.dumps(body).encode(), ApiVersion.V1, single=True)
            store_statements(uow, self._credential(uow, sender), incoming, ApiVersion.V1)
        return Statement(body["id"], body)

    def _credential(self, uow: UnitOfWork, lms_id: str) -> Credential:
        """The one with which this system sends; made for its first statement."""
        key = self.network.ids.get(("credential", lms_id))
        if key is None:
            key = create_credential(uow, lms_id, [WRITE, DEFINE], "Tests").key
            self.network.adopt("credential", lms_id, key)
        row = uow.find(xapi_credential, key=key)
        return Credential(row.id, key, lms_id, None, frozenset(row.scopes))
