from collections.abc import Sequence

from hub.api import Aspect, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_aspects(self) -> Sequence[Aspect]:
        return [Aspect("contract_tier", "Contract tier", type="choice", choices=("silver", "gold"))]
