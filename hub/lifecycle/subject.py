"""Whom an erasure is about: every name under which systems know a person, or an actor whom the hub does not know."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from hub.errors import BadInput
from hub.journal.terms import AGENT, RELATED_AGENT, hash_term
from hub.lifecycle.anonymize import Anonymizer, Identity
from hub.network import tables as network
from hub.network.people.identities import LTI_FORMS, SUBJECT, find_people
from hub.network.people.person import read_person
from hub.store import UnitOfWork

FORMS = ("mbox", "mbox_sha1sum", "openid", "account")


@dataclass(frozen=True)
class Subject:
    """Who is to be erased.

    ``names`` are identities by connection, as they stand in statements. ``person_id`` is None for an actor who is nobody's
    identity. ``words`` are texts that name the person. ``shown`` is for the eyes of who decides, and is kept nowhere.
    """

    person_id: str | None
    names: frozenset[tuple[str, Identity]]
    words: tuple[str, ...]
    shown: str

    @property
    def identities(self) -> frozenset[Identity]:
        """The identities, whichever connection uses them."""
        return frozenset(identity for _, identity in self.names)

    @property
    def terms(self) -> list[int]:
        """Under which the journal finds statements that name the subject."""
        return sorted(
            hash_term(connection_id, kind, f"{form}:{value}")
            for connection_id, (form, value) in self.names
            for kind in (AGENT, RELATED_AGENT)
        )

    def anonymizer(self, uow: UnitOfWork) -> Anonymizer:
        """What takes the subject out of other people's statements."""
        return Anonymizer(self.identities, self.words, uow.settings.public_url)

    def hash(self, uow: UnitOfWork) -> str:
        """By which an interrupted erasure is found again; without the hub's key it tells nothing."""
        told = self.person_id or "|".join(sorted(f"{form}:{value}" for form, value in self.identities))
        return hmac.new(uow.settings.secret_keys[0].encode(), told.encode(), hashlib.sha256).hexdigest()


def subject_of_person(uow: UnitOfWork, person_id: str) -> Subject:
    """A person by id; Missing when there is none.

    Identifiers of xAPI are meant to be unique in the world, so each counts at every connection, and the person's e-mail
    address does too, although nobody is ever recognized by it; but not where a connection means somebody else by it.
    """
    person = read_person(uow, person_id)
    link = network.identity_link
    rows = uow.connection.execute(sa.select(link).where(link.c.person_id == person_id)).all()
    identities = {_as_actor(uow, row.form, row.subject) for row in rows if row.form not in LTI_FORMS}
    if person.email:
        address = f"mailto:{person.email}"
        digest = hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
        identities |= {("mbox", address), ("mbox_sha1sum", digest)}
    others = _of_others(uow, person_id, identities)
    names = {(id, identity) for id in _connections(uow) for identity in identities} - others
    subjects = [row.subject for row in rows if row.form != SUBJECT and row.form not in LTI_FORMS]
    words = [person.email, *subjects, *(s.removeprefix("mailto:") for s in subjects), person.name]
    return Subject(person.id, frozenset(names), _words(words), person.name or "an erased person")


def subject_of_actor(uow: UnitOfWork, form: str, value: str) -> Subject:
    """An actor by an identifier of xAPI: ``mbox`` with ``mailto:…``, ``account`` with ``HOME_PAGE|NAME``, and so on.

    BadInput ``bad_actor`` for what is no identifier, ``actor_is_person`` when a connection knows it as a person: then that
    person is to be erased.
    """
    if form not in FORMS or not value or (form == "mbox" and not value.startswith("mailto:")):
        raise BadInput(
            "bad_actor",
            "This is no identifier of an actor.",
            f"Name one as FORM:VALUE, where FORM is one of {', '.join(FORMS)}: mbox:mailto:ana@example.com.",
        )
    connections = _connections(uow)
    public = uow.settings.public_url + "|"
    for id in connections:
        known = [(form, value)]
        if form == "account" and value.startswith(public):
            known.append((SUBJECT, value.removeprefix(public)))
        for one_form, one_value in known:
            people = find_people(uow, id, one_form, [one_value])
            if people:
                raise BadInput(
                    "actor_is_person",
                    "This actor is a person the hub knows.",
                    f"Erase the person {people[one_value]} instead.",
                )
    value = value.lower() if form == "mbox_sha1sum" else value
    words = [value, value.removeprefix("mailto:")] if form != "account" else [value]
    return Subject(
        None, frozenset((id, (form, value)) for id in connections), _words(words), f"{form} {value}"
    )


def _as_actor(uow: UnitOfWork, form: str, subject: str) -> Identity:
    """How a statement names an identity: subjects that the hub gave out as an account at the hub.

    Those that LTI platforms name stand in no statement.
    """
    if form == SUBJECT:
        return "account", f"{uow.settings.public_url}|{subject}"
    return form, subject


def _of_others(uow: UnitOfWork, person_id: str, identities: Iterable[Identity]) -> set[tuple[str, Identity]]:
    """Which of these names are another person's at some connection."""
    link = network.identity_link
    rows = uow.connection.execute(
        sa.select(link).where(
            link.c.person_id != person_id, link.c.subject.in_([subject for _, subject in identities])
        )
    )
    return {(row.connection_id, (row.form, row.subject)) for row in rows}


def _connections(uow: UnitOfWork) -> list[str]:
    return list(uow.connection.scalars(sa.select(network.connection.c.id)))


def _words(found: Iterable[str]) -> tuple[str, ...]:
    """The longest first, so that a short one takes nothing out of a longer one's middle."""
    return tuple(sorted({word for word in found if len(word) > 3}, key=lambda word: (-len(word), word)))
