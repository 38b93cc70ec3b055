from collections.abc import Sequence

from hub.api import Export, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_exports(self) -> Sequence[Export]:
        return [Export("dealer-map", targets=("path:high-voltage",))]
