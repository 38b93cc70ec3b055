"""Statements of about 1 kB as an LMS sends them. Number ``n`` of a series is always the same, so nothing has to be kept."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

VERBS = ("experienced", "attempted", "answered", "completed", "passed", "initialized", "terminated")
PEOPLE, ACTIVITIES, COACHES, COURSES, PROGRAMS = 997, 499, 53, 50, 5
REGISTRATION_SIZE = 64
"""Statements of one registration; they stand among those of REGISTRATIONS others."""
REGISTRATIONS = 1000
LMS = "https://academy.example"
_VERB = "http://adlnet.gov/expapi/verbs/"


@dataclass(frozen=True)
class Series:
    """Numbered statements. With ``people`` and ``courses`` all are completions by these people of these courses."""

    name: str
    people: int = 0
    courses: int = 0

    def id(self, n: int) -> str:
        """The id of statement ``n``: random to look at, as senders make them."""
        return str(uuid.UUID(bytes=_hash(f"{self.name}/{n}"), version=4))

    def registration(self, n: int) -> str:
        """The registration of statement ``n``."""
        number = n // (REGISTRATION_SIZE * REGISTRATIONS) * REGISTRATIONS + n % REGISTRATIONS
        return str(uuid.UUID(bytes=_hash(f"{self.name}/registration/{number}"), version=4))

    def statement(self, n: int) -> dict[str, Any]:
        """Statement ``n`` as it is sent, but for its JSON."""
        course = (
            (n // self.people + n % self.people) % self.courses
            if self.courses
            else n * 104_729 % ACTIVITIES % COURSES
        )
        verb = "completed" if self.courses else VERBS[n * 31 % len(VERBS)]
        return {
            "id": self.id(n),
            "actor": {
                "objectType": "Agent",
                "name": f"Learner {n}",
                "mbox": person(n if self.courses else n * 7919, self.people),
            },
            "verb": {"id": _VERB + verb, "display": {"en-US": verb}},
            "object": {
                "objectType": "Activity",
                "id": course_activity(course) if self.courses else activity(n * 104_729),
                "definition": {
                    "type": "http://adlnet.gov/expapi/activities/assessment",
                    "name": {"en-US": f"Check of unit {n % 40}"},
                },
            },
            "context": {
                "registration": self.registration(n),
                "instructor": {"objectType": "Agent", "account": {"homePage": LMS, "name": coach(n)}},
                "contextActivities": {
                    "parent": [{"objectType": "Activity", "id": course_activity(course)}],
                    "grouping": [{"objectType": "Activity", "id": f"{LMS}/program/{course % PROGRAMS}"}],
                    "category": [{"objectType": "Activity", "id": f"{LMS}/profiles/courses/v2"}],
                },
                "platform": "Academy",
                "language": "en-US",
            },
            "result": {
                "score": {"scaled": (n % 101) / 100, "raw": n % 101, "min": 0, "max": 100},
                "success": True,
                "completion": True,
                "duration": f"PT{n % 60}M{n % 50}S",
            },
            "timestamp": f"2026-05-{n % 28 + 1:02}T{n % 24:02}:{n % 60:02}:{n % 59:02}.{n % 1000:03}Z",
        }

    def body(self, first: int, count: int) -> bytes:
        """A batch of statements as JSON; one alone is sent without an array."""
        if count == 1:
            return _json(self.statement(first))
        return b"[" + b",".join(_json(self.statement(n)) for n in range(first, first + count)) + b"]"


def person(n: int, people: int = 0) -> str:
    """The mailbox of a learner."""
    return f"mailto:learner-{n % (people or PEOPLE)}@partner.example"


def coach(n: int) -> str:
    """The account name of an instructor."""
    return f"coach-{n % COACHES}"


def activity(n: int) -> str:
    """What learners do in courses."""
    unit = n % ACTIVITIES
    return f"{LMS}/course/{unit % COURSES}/unit/{unit}"


def course_activity(n: int) -> str:
    """A course."""
    return f"{LMS}/course/{n}"


def verb_id(n: int) -> str:
    """One of the verbs."""
    return _VERB + VERBS[n % len(VERBS)]


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()
