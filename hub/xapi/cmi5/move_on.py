"""When an AU, a block and a course are satisfied: pure rules (cmi5, 9.3.9 and 13.1.4)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.xapi.cmi5.courses import Node
from hub.xapi.cmi5.vocabulary import LaunchMode, MoveOn


@dataclass(frozen=True)
class Progress:
    """What the record says of one learner's work on one AU within a registration. Times are by the AU's clock."""

    launched_at: datetime | None = None
    completed_at: datetime | None = None
    passed_at: datetime | None = None
    failed_at: datetime | None = None
    waived: str = ""

    def meets(self, move_on: MoveOn) -> bool:
        """Whether the AU's requirement is met; a waived AU has met whatever it asks for."""
        completed, passed = self.completed_at is not None, self.passed_at is not None
        return (
            bool(self.waived)
            or {
                "NotApplicable": True,
                "Passed": passed,
                "Completed": completed,
                "CompletedAndPassed": completed and passed,
                "CompletedOrPassed": completed or passed,
            }[move_on]
        )


def satisfied_parts(course_id: str, nodes: Sequence[Node], met: Collection[str]) -> set[str]:
    """Ids of the blocks, and of the course itself, of which every part is satisfied.

    ``nodes`` stand in order, a block before what it holds; ``met`` are the AUs whose requirement is met.
    """
    lacking: set[str] = set()
    for node in reversed(nodes):
        satisfied = node.id in met if node.kind == "au" else node.id not in lacking
        if not satisfied:
            lacking.add(node.parent_id)
    blocks = {node.id for node in nodes if node.kind == "block"}
    return {part for part in (*blocks, course_id) if part not in lacking}


def met_aus(nodes: Iterable[Node], progress: dict[str, Progress]) -> set[str]:
    """Ids of the AUs whose requirement is met."""
    nothing = Progress()
    return {node.id for node in nodes if node.au and progress.get(node.id, nothing).meets(node.au.move_on)}


def default_mode(node: Node, progress: Progress) -> LaunchMode:
    """Normal while there is something left to report: an AU may report each verb once only, and is reviewed after that."""
    done = progress.completed_at is not None and progress.passed_at is not None
    asked = node.au is not None and node.au.move_on != "NotApplicable"
    return (
        "Review" if done or (asked and node.au is not None and progress.meets(node.au.move_on)) else "Normal"
    )
