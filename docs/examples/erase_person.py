from collections.abc import Iterator

from hub.api import Erased, hookimpl


class Plugin:
    hub_api = "1.1"
    seats = {"ann": 12}

    @hookimpl
    def erase_person(self, person_id: str) -> Iterator[Erased]:
        if self.seats.pop(person_id, None) is not None:
            yield Erased("seats", 1)
