from collections.abc import Iterator, Sequence
from datetime import timedelta

from hub.api import Candidate, Opinion, hookimpl, reads


class Plugin:
    hub_api = "1.1"

    @hookimpl
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        for candidate in candidates:
            yield Opinion(
                appointment_id=candidate.appointment_id,
                target_kind="path",
                target="welcome",
                reason="you are new here",
                since=candidate.starts,
                until=candidate.starts + timedelta(days=90),
            )
