"""Finding the one person whom somebody at a terminal means."""

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.ids import is_id
from hub.network import tables
from hub.network.views import names_of_people
from hub.store import UnitOfWork
from hub.store.folded import folded

MOST = 10


def find_somebody(uow: UnitOfWork, words: str) -> str:
    """The id of the person with this id, this name in the network files, this e-mail address or this subject at some system.

    The first of these that anybody has counts. Missing ``no_person``; BadInput ``several_people`` with the ids of all of them.
    """
    words = words.strip()
    if is_id(words) and uow.find(tables.person, id=words) is not None:
        return words
    key, detail, link = tables.roster_key, tables.person_detail, tables.identity_link
    for query in (
        sa.select(key.c.id).where(key.c.kind == "person", key.c.external_id == words),
        sa.select(detail.c.person_id).where(folded(detail.c.email) == folded(sa.literal(words))),
        sa.select(link.c.person_id).where(link.c.subject == words),
    ):
        found = sorted(set(uow.connection.scalars(query.limit(MOST))))
        if len(found) == 1:
            return str(found[0])
        if found:
            names = names_of_people(uow, found)
            problems = [Problem(names.get(id, ""), id) for id in found]
            raise BadInput("several_people", f"{words} means several people.", "Name the id.", problems)
    raise Missing(
        "no_person",
        f"Nobody is known as {words}.",
        "Name an id, a person_id of the files, or an e-mail address.",
    )
