from collections.abc import Iterator

from hub.api import CatalogueSource, OutgoingHttp, OutsideFailed, RosterRow, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def read_roster(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[RosterRow]:
        headers = {"Authorization": f"Bearer {source.secret}"}
        answer = http.get(f"{source.address}/people", connection=source.connection, headers=headers)
        if answer.status != 200:
            raise OutsideFailed("roster_refused", f"{source.address} answered {answer.status}.")
        for account in answer.json()["people"]:
            yield RosterRow(person_id=account["employee"], subject=account["id"])
