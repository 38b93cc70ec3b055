"""A small hub for tests of plugins: what the pytest fixtures that come with the hub are made of.

The names here are for type hints in tests: ``def test_it(person: MakePerson, told: Told) -> None``.
"""

from hub.testing.recording_http import RecordingHttp, Request
from hub.testing.small_hub.courses import Course, LearningPath, MakeCourse, MakePath
from hub.testing.small_hub.launches import Launch, MakeLaunch
from hub.testing.small_hub.outside import FakeIdp, FakeLms
from hub.testing.small_hub.pages import Browse, PersonsBrowser
from hub.testing.small_hub.people import Appointment, Credit, Goal, MakeAppointment, MakePerson, Person
from hub.testing.small_hub.statements import MakeStatement, Statement
from hub.testing.small_hub.told import Telling, Told

__all__ = [
    "Appointment",
    "Browse",
    "Course",
    "Credit",
    "FakeIdp",
    "FakeLms",
    "Goal",
    "Launch",
    "LearningPath",
    "MakeAppointment",
    "MakeCourse",
    "MakeLaunch",
    "MakePath",
    "MakePerson",
    "MakeStatement",
    "Person",
    "PersonsBrowser",
    "RecordingHttp",
    "Request",
    "Statement",
    "Telling",
    "Told",
]
