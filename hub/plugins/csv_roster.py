"""Reads whose accounts an LMS has from a CSV address: person_id,subject,form."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hub.api import CatalogueSource, OutgoingHttp, OutsideFailed, RosterRow, hookimpl

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

REQUIRED = ("person_id", "subject")


class Plugin:
    """``person_id`` as in the network files; ``form`` may be left out, for accounts the LMS names in its LTI launches."""

    hub_api = "1.0"

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing: accounts it reads are the hub's to keep."""
        return []

    @hookimpl
    def read_roster(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[RosterRow]:
        """GET the file, with the secret as bearer token if there is one, and yield its rows."""
        headers = {"Authorization": f"Bearer {source.secret}"} if source.secret else {}
        answer = http.get(source.address, connection=source.connection, headers=headers)
        if answer.status != 200:
            raise OutsideFailed("roster_refused", f"The address of the roster answered {answer.status}.")
        line = 1
        try:
            reader = csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig")), strict=True)
            lost = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if lost:  # a page to sign in must not look like an empty roster
                raise ValueError(f"there is no column {', '.join(lost)}")
            for row in reader:
                line = reader.line_num
                yield _roster_row(row)
        except (ValueError, csv.Error) as error:
            raise OutsideFailed(
                "bad_roster", f"Line {line} of the roster cannot be read: {error}", retryable=False
            ) from error


def _roster_row(row: Mapping[str, str | None]) -> RosterRow:
    """ValueError for a row that cannot be read."""
    empty = [name for name in REQUIRED if not (row[name] or "").strip()]
    if empty:
        raise ValueError(f"{', '.join(empty)} is empty")
    return RosterRow(
        person_id=(row["person_id"] or "").strip(),
        subject=(row["subject"] or "").strip(),
        form=(row.get("form") or "").strip() or "lti",
    )
