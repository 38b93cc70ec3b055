"""Courses of learning systems, and paths of courses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.testing.small_hub.network import HOME_PAGE, SmallNetwork
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import set_offering, set_path

LMS = "lms"
"""The learning system of courses of which a test says nothing else."""


@dataclass(frozen=True)
class Course:
    """A course in the catalogue. ``lms`` is the slug of its system; statements name it by ``activity_id``."""

    key: str
    id: str
    lms: str
    lms_id: str
    activity_id: str


@dataclass(frozen=True)
class LearningPath:
    """A path of courses."""

    key: str
    id: str


def course_row(key: str, home_page: str = HOME_PAGE, **more: object) -> CatalogueRow:
    """A course of 20 minutes as a learning system lists it."""
    named = {"title": key.replace("-", " ").capitalize(), "minutes": 20, **more}
    return CatalogueRow(external_id=key, key=key, activity_id=f"{home_page}/courses/{key}", **named)  # type: ignore[arg-type]


@dataclass
class MakeCourse:
    """``course("brakes")``: a course of a learning system; the same key again is the same course, changed."""

    network: SmallNetwork = field(repr=False)

    def __call__(
        self,
        key: str = "brakes",
        *,
        lms: str = LMS,
        title: str = "",
        minutes: int | None = 20,
        policy: str = "completed-or-passed",
        launch: Mapping[str, str] | None = None,
        home_page: str = HOME_PAGE,
    ) -> Course:
        """``policy`` is the catalogue's name for what completes it, ``launch`` custom parameters."""
        row = course_row(
            key,
            home_page,
            minutes=minutes,
            completion_policy=policy,
            launch=dict(launch or {}),
            **({"title": title} if title else {}),
        )
        with self.network.hub.unit_of_work() as uow:
            lms_id = self.network.lms(uow, lms)
            return Course(key, set_offering(uow, lms_id, row), lms, lms_id, row.activity_id)


@dataclass
class MakePath:
    """``learning_path("welcome", "tour", "safety")``: a path of courses that are there already, in order."""

    network: SmallNetwork = field(repr=False)

    def __call__(self, key: str, *steps: str | Course) -> LearningPath:
        """Steps are courses or their keys."""
        keys = [step if isinstance(step, str) else step.key for step in steps]
        with self.network.hub.unit_of_work() as uow:
            return LearningPath(key, set_path(uow, key, key.capitalize(), "", keys))
