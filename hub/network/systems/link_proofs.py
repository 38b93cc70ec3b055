"""Proof that an outside system means whoever sits at this browser, kept until that person says who it is.

A proof is bound to connection, subject and browser; it works once, and only for whoever is signed in in that browser.
Two systems never become one person by what they say alone.
"""

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from hub.errors import BadInput, HubError, NotAllowed
from hub.ids import content_hash
from hub.network import tables
from hub.network.people.identities import link_identity
from hub.store import UnitOfWork

LIFETIME = timedelta(minutes=30)
"""Long enough to find one's password for the own provider."""
_AGAIN = "Go back to your learning system and open the link again."


@dataclass(frozen=True)
class Proof:
    """What was shown: this system knows whoever holds the code by this subject."""

    connection_id: str
    form: str
    subject: str


def keep_proof(uow: UnitOfWork, code: str, proof: Proof) -> None:
    """Keep a proof under a code that only the browser it came from holds; bind it to that browser with ``bind_proof``."""
    uow.connection.execute(
        sa.insert(tables.identity_proof).values(
            code_hash=content_hash(code.encode()),
            browser_hash="",
            expires_at=uow.now + LIFETIME,
            **vars(proof),
        )
    )


def bind_proof(uow: UnitOfWork, code: str, new_code: str, browser: str) -> None:
    """Give the proof another code, which stands in an address, and bind it to the browser with this cookie. Once only."""
    table = tables.identity_proof
    bound = uow.connection.execute(
        sa.update(table)
        .where(table.c.code_hash == content_hash(code.encode()), table.c.browser_hash == "")
        .values(
            code_hash=content_hash(new_code.encode()),
            browser_hash=content_hash(browser.encode()),
            expires_at=uow.now + LIFETIME,
        )
    )
    if bound.rowcount != 1:
        raise _used()


def read_proof(uow: UnitOfWork, code: str, browser: str) -> Proof:
    """The proof of a code in the browser it is bound to.

    Raises BadInput ``unknown_link_code`` and ``link_code_expired``, NotAllowed ``link_of_another_browser`` and
    ``link_code_used``.
    """
    table = tables.identity_proof
    row = uow.connection.execute(
        sa.select(table).where(table.c.code_hash == content_hash(code.encode("utf-8", "replace")))
    ).one_or_none()
    if row is None or not row.browser_hash:
        raise BadInput("unknown_link_code", "This page is not known, or not any more.", _AGAIN)
    if row.browser_hash != content_hash(browser.encode("utf-8", "replace")):
        raise NotAllowed("link_of_another_browser", "This page belongs to another browser.", _AGAIN)
    if row.used_at is not None:
        raise _used()
    if row.expires_at <= uow.now:
        raise BadInput("link_code_expired", "This took too long.", _AGAIN)
    return Proof(row.connection_id, row.form, row.subject)


def link_by_proof(uow: UnitOfWork, code: str, browser: str, person_id: str) -> Proof:
    """Let what was proved mean this person from now on; of two that try at once, in whatever process, one succeeds.

    Raises what ``read_proof`` raises, and Conflict ``identity_taken``.
    """
    proof = read_proof(uow, code, browser)
    table = tables.identity_proof
    taken = uow.connection.execute(
        sa.update(table)
        .where(table.c.code_hash == content_hash(code.encode()), table.c.used_at.is_(None))
        .values(used_at=uow.now)
    )
    if taken.rowcount != 1:
        raise _used()
    take_turns(uow, proof.connection_id)
    link_identity(uow, proof.connection_id, proof.form, proof.subject, person_id, made_by="proof")
    return proof


def take_turns(uow: UnitOfWork, connection_id: str) -> None:
    """Let only this unit give meaning to the connection's subjects until it ends.

    Two people who claim one subject at once: the second finds it taken. On SQLite writing units take turns anyway.
    """
    if not uow.is_sqlite:
        table = tables.connection
        mine = sa.select(table.c.id).where(table.c.id == connection_id)
        uow.connection.execute(mine.with_for_update(key_share=True)).all()


def _used() -> HubError:
    return NotAllowed("link_code_used", "This page was used before.", _AGAIN)
