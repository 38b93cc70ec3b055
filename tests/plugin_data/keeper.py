"""A plugin that keeps who read which book, and can hand it out and erase it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from hub.api import Erased, PersonalData, hookimpl
from tests.plugin_data.shelf import Shelf, books

KEPT = PersonalData("Who reads which book", "so that it comes back", "the book is back")


class Keeper(Shelf):
    """``broken`` is raised instead of erasing or handing out."""

    broken: Exception | None = None

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        return [KEPT]

    @hookimpl
    def export_person(self, person_id: str) -> Iterator[Mapping[str, Any]]:
        self.stumble()
        with self.storage.reading() as connection:
            for row in connection.execute(sa.select(books).where(books.c.person_id == person_id)):
                yield {"book": row.id}

    @hookimpl
    def erase_person(self, person_id: str) -> Iterator[Erased]:
        self.stumble()
        with self.storage.writing() as unit:
            gone = unit.connection.execute(sa.delete(books).where(books.c.person_id == person_id)).rowcount
        yield Erased("books", gone)

    def stumble(self) -> None:
        if self.broken:
            raise self.broken
