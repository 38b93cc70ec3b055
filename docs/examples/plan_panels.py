from collections.abc import Sequence

from hub.api import Panel, PanelView, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        days = (view.on - min(view.starts)).days
        return [Panel("Welcome", f"You have been here for {days} days.", progress=min(days / 90, 1.0))]
