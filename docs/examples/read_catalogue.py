from collections.abc import Iterator

from hub.api import CatalogueRow, CatalogueSource, OutgoingHttp, OutsideFailed, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def read_catalogue(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[CatalogueRow]:
        answer = http.get(source.address, connection=source.connection)
        if answer.status != 200:
            raise OutsideFailed("catalogue_refused", f"{source.address} answered {answer.status}.")
        for course in answer.json()["courses"]:
            yield CatalogueRow(
                external_id=course["id"],
                key=course["slug"],
                title=course["name"],
                activity_id=f"{source.address}/{course['id']}",
            )
