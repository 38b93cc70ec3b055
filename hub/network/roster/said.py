"""What the files say about one thing as a whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from hub.ids import content_hash
from hub.network.roster.files import FILE_OF_KIND
from hub.network.roster.names import Names, external_ids
from hub.network.roster.staging import ROWS, Staging, chosen

_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(slots=True)
class Said:
    """A snapshot of one thing, as far as the files know it.

    ``body`` is of a shape of ``hub.network.snapshots``. ``detail`` is a person's row of ``person_detail``. ``keys``
    are the ids of the appointments in it, by their external ids. ``is_new`` is set for a person not known before.
    """

    external_id: str
    id: str
    body: Mapping[str, Any]
    detail: dict[str, str] | None = None
    keys: dict[str, str] = field(default_factory=dict)
    is_new: bool = False

    @property
    def content_hash(self) -> str:
        """Equal if and only if the files say the same again."""
        return content_hash(_encoder.encode((self.body, self.detail)))


Build = Callable[[Staging, Names, Sequence[str]], list[Said]]
"""Puts together what the files say about things, given their external ids."""


def rows_of(staging: Staging, kind: str, names: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The rows of the kind's own file with these external ids, in their order."""
    rows, name = ROWS[FILE_OF_KIND[kind]], external_ids(kind)
    staging.choose(names)
    query = sa.select(rows).join(chosen, chosen.c.external_id == name).order_by(chosen.c.external_id)
    return staging.connection.execute(query).all()


def parts_of(staging: Staging, file: str, owner: str, names: Sequence[str]) -> Sequence[sa.Row[Any]]:
    """The rows of a file whose column ``owner`` is one of these."""
    rows = ROWS[file]
    staging.choose(names)
    return staging.connection.execute(
        sa.select(rows).join(chosen, chosen.c.external_id == rows.c[owner])
    ).all()
