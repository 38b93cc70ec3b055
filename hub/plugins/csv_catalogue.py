"""Reads an LMS's catalogue from the address of a CSV file.

Its columns: external_id, key, title, activity_id, description, minutes, completion_policy, launch.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hub.api import CatalogueRow, CatalogueSource, OutgoingHttp, OutsideFailed, hookimpl

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

REQUIRED = ("external_id", "key", "title", "activity_id")


class Plugin:
    """``launch`` is a JSON object of custom launch parameters; it, description, minutes and policy may be empty."""

    hub_api = "1.0"

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing."""
        return []

    @hookimpl
    def read_catalogue(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[CatalogueRow]:
        """GET the file, with the secret as bearer token if there is one, and yield its rows."""
        headers = {"Authorization": f"Bearer {source.secret}"} if source.secret else {}
        answer = http.get(source.address, connection=source.connection, headers=headers)
        if answer.status != 200:
            raise OutsideFailed("catalogue_refused", f"{source.address} answered {answer.status}.")
        line = 1
        try:
            reader = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")), strict=True)
            lost = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if lost:  # an error page or an empty file must not look like a catalogue without courses
                raise ValueError(f"there is no column {', '.join(lost)}")
            for row in reader:
                line = reader.line_num
                yield _catalogue_row(row)
        except (ValueError, csv.Error) as error:
            raise OutsideFailed(
                "bad_catalogue", f"Line {line} of {source.address} cannot be read: {error}", retryable=False
            ) from error


def _catalogue_row(row: Mapping[str, str | None]) -> CatalogueRow:
    """ValueError for a row that cannot be read."""
    text = {name: value or "" for name, value in row.items()}
    empty = [name for name in REQUIRED if not text[name].strip()]
    if empty:
        raise ValueError(f"{', '.join(empty)} is empty")
    launch = json.loads(text.get("launch") or "{}")
    if not isinstance(launch, dict) or not all(isinstance(value, str) for value in launch.values()):
        raise ValueError("launch is not a JSON object of texts")
    return CatalogueRow(
        **{name: text[name] for name in REQUIRED},
        description=text.get("description", ""),
        minutes=int(text["minutes"]) if text.get("minutes") else None,
        completion_policy=text.get("completion_policy") or "completed-or-passed",
        launch=launch,
    )
