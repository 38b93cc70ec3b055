from collections.abc import Sequence

from hub.api import PersonalData, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        return [
            PersonalData(
                "Who reached which goal",
                "the sales office counts goals",
                "the screen forgets it after a day",
                "the screen",
            )
        ]
