import json
from collections.abc import Sequence

from hub.api import CertifiedChange, Export, OutgoingHttp, OutsideFailed, Refusals, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def certified_changed(
        self, export: Export, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
    ) -> None:
        rows = [{"id": each.id, "title": each.row.title if each.row else None} for each in changes]
        answer = http.post("https://map.example/certified", body=json.dumps(rows).encode())
        if answer.status != 200:
            raise OutsideFailed("map_down", f"The map answered {answer.status}.")
