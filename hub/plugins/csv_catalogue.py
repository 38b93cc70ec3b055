"""Reads an LMS's catalogue from a CSV address: external_id,key,title,activity_id,description,minutes,completion_policy,launch."""

import csv
import io
import json
from collections.abc import Iterator

from hub.api import CatalogueRow, CatalogueSource, OutgoingHttp, OutsideFailed, hookimpl


class Plugin:
    """``launch`` is a JSON object of custom launch parameters; minutes and policy may be empty."""

    @hookimpl
    def read_catalogue(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[CatalogueRow]:
        """GET the file and yield its rows."""
        answer = http.get(source.address, connection=source.connection)
        if answer.status != 200:
            raise OutsideFailed("catalogue_refused", f"{source.address} answered {answer.status}.")
        reader = csv.DictReader(io.StringIO(answer.body.decode("utf-8")))
        for line, row in enumerate(reader, start=2):
            try:
                yield CatalogueRow(
                    external_id=row["external_id"],
                    key=row["key"],
                    title=row["title"],
                    activity_id=row["activity_id"],
                    description=row.get("description") or "",
                    minutes=int(row["minutes"]) if row.get("minutes") else None,
                    completion_policy=row.get("completion_policy") or "completed-or-passed",
                    launch=json.loads(row.get("launch") or "{}"),
                )
            except (KeyError, ValueError) as error:
                raise OutsideFailed(
                    "bad_catalogue",
                    f"Line {line} of {source.address} cannot be read: {error}",
                    retryable=False,
                ) from error
