from collections.abc import Sequence

from hub.api import Workflow, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_workflows(self) -> Sequence[Workflow]:
        return [
            Workflow(
                "welcome-call",
                "Call whoever is new",
                on="joined",
                reason="you are new",
                tell={"words": "Somebody new has begun. Please call in the first week."},
            )
        ]
