"""Who comes for the first time by a connection: somebody its own partner has a record of, or somebody new."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import sqlalchemy as sa

from hub.access.roles import has_power_beyond
from hub.audiences.provisioning import Mode, check_mode
from hub.errors import NotAllowed
from hub.logging import get_logger
from hub.network import tables
from hub.network.importing.roster_keys import find_ids
from hub.network.people.identities import find_person, link_identity, was_removed_from
from hub.network.people.merges import absorbed_ids
from hub.network.people.own_records import find_called
from hub.network.people.person import Person, read_person
from hub.network.people.places import MAX_PLACES
from hub.network.people.provision import (
    NewPerson,
    Place,
    change_details,
    create_person,
    read_places,
    set_places,
)
from hub.network.systems.connections import Connection
from hub.network.systems.link_proofs import take_turns
from hub.sso.local.accounts import is_unproved
from hub.sso.policy import SignInPolicy
from hub.sso.refusals import TELL_ADMINISTRATOR, switched_off
from hub.sso.scim.names import FORMS
from hub.sso.sessions import Proved
from hub.store import UnitOfWork

logger = get_logger(__name__)
MODE: Mode = "sign_in"
DETAILS = ("given_name", "family_name", "email", "locale")
Claims = Mapping[str, Sequence[str]]


def welcome(
    uow: UnitOfWork, connection: Connection, policy: SignInPolicy, proved: Proved, claims: Claims
) -> str:
    """The person whom an unknown subject means from now on: a record of the same partner's, else a new person.

    An e-mail never decides, and a sign-in that was taken away from somebody comes back by proof, not by what it claims.
    Raises NotAllowed ``unknown_subject``, ``sign_in_removed``, ``several_matches``, ``record_taken``, ``record_has_role``,
    ``unknown_employer``, ``name_not_told``, ``mode_not_for_audience``, ``unproved_account`` or ``person_disabled``, and then nothing is written.
    """
    take_turns(uow, connection.id)
    known = find_person(uow, connection.id, proved.form, proved.subject)
    if known is not None:  # the same person came in by another tab a moment ago
        return known
    person_id = find_record(uow, connection, policy, claims)
    _refuse_removed(uow, connection, policy, proved, person_id)
    if person_id is None:
        if not policy.creates_people:
            refuse_unknown(connection)
        person_id = _create(uow, connection, policy, claims)
    link_identity(uow, connection.id, proved.form, proved.subject, person_id, made_by=MODE)
    return person_id


def refresh(
    uow: UnitOfWork, connection: Connection, policy: SignInPolicy, person: Person, claims: Claims
) -> None:
    """Take over what the claims tell of somebody known, where the policy says so and the connection is the employer's."""
    if not policy.refreshes_details or connection.partner_id not in {person.partner_id, None}:
        return
    if connection.partner_id is None and _employer(connection, policy, claims) != person.partner_id:
        return
    told = _details(policy, claims)
    if told:
        change_details(uow, person.id, **told)
    if policy.attributes.get("location") and policy.attributes.get("position"):
        told_places = _told_places(uow, person.partner_id, policy, claims)
        places = told_places or _default_kept(uow, connection, policy, person.id)
        _set_places(uow, connection, person.id, person.partner_id, places)


def refuse_unknown(connection: Connection) -> NoReturn:
    """NotAllowed ``unknown_subject``: the sign-in worked, and the hub knows nobody by it."""
    raise NotAllowed(
        "unknown_subject",
        f"Your sign-in at {connection.name} worked, but you are not in the training network yet.",
        "Ask your manager or your employer's training administrator to add you; then sign in again.",
    )


def _refuse_removed(
    uow: UnitOfWork, connection: Connection, policy: SignInPolicy, proved: Proved, person_id: str | None
) -> None:
    """NotAllowed ``sign_in_removed`` where the sign-in would be again what it was, or a second record of the same human."""
    if person_id is None and not policy.creates_people:
        return
    owners = was_removed_from(uow, connection.id, proved.form, proved.subject)
    if owners and (person_id is None or {person_id, *absorbed_ids(uow, person_id)} & set(owners)):
        raise NotAllowed(
            "sign_in_removed",
            f"This sign-in at {connection.name} was taken away from the account that it opened.",
            "Sign in as you did so far and add it again on your account page, or ask an operator to invite you.",
        )


def find_record(uow: UnitOfWork, connection: Connection, policy: SignInPolicy, claims: Claims) -> str | None:
    """The person whom the connection's own partner calls as the claim says, in its files or by its SCIM client.

    NotAllowed ``several_matches``, ``person_disabled``, ``record_taken`` where the connection knows the person by another
    subject already, and ``record_has_role`` where the person has power beyond this partner: whoever can change the claim
    must not become somebody else.
    """
    values = policy.told(claims, "match")
    if not values or connection.partner_id is None:
        return None
    found = find_called(uow, connection.partner_id, values, ("scim",), FORMS)
    if len(found) > 1:
        raise _refusal(
            "several_matches",
            f"{connection.name} told a name that fits several people in the training network.",
        )
    if found and found[0].disabled:
        raise switched_off()
    if found and has_power_beyond(uow, read_person(uow, found[0].id), [connection.partner_id]):
        raise NotAllowed(
            "record_has_role",
            f"{connection.name} alone cannot tell who you are: you have rights beyond this partner.",
            "Sign in as you did so far and add this sign-in on your account page, or ask an operator for a link.",
        )
    if found and is_unproved(uow, found[0].id):
        raise _refusal(
            "unproved_account",
            "You have an account of the training hub whose e-mail address was never confirmed.",
        )
    if found and _is_known_at(uow, connection.id, found[0].id):
        raise _refusal(
            "record_taken", f"{connection.name} told a name that is somebody else's there already."
        )
    return str(found[0].id) if found else None


def _is_known_at(uow: UnitOfWork, connection_id: str, person_id: str) -> bool:
    link = tables.identity_link
    mine = sa.select(link.c.subject).where(
        link.c.person_id == person_id, link.c.connection_id == connection_id
    )
    return uow.connection.scalar(mine.limit(1)) is not None


def _create(uow: UnitOfWork, connection: Connection, policy: SignInPolicy, claims: Claims) -> str:
    partner_id = connection.partner_id or _employer(connection, policy, claims)
    if partner_id is None:
        raise _refusal("unknown_employer", f"{connection.name} did not tell an employer that the hub knows.")
    details = _details(policy, claims)
    if not details.get("given_name") and not details.get("family_name"):
        raise _refusal(
            "name_not_told", f"Your sign-in at {connection.name} worked, but it did not tell your name."
        )
    places = _told_places(uow, partner_id, policy, claims) or _default_places(policy)
    check_mode(uow, MODE, places)
    named = {name: details.get(name, "") for name in DETAILS}
    person_id = create_person(uow, NewPerson(partner_id, **named), made_by=MODE)
    _set_places(uow, connection, person_id, partner_id, places)
    return person_id


def _set_places(
    uow: UnitOfWork, connection: Connection, person_id: str, partner_id: str, places: Sequence[Place]
) -> None:
    try:
        check_mode(uow, MODE, places)
    except NotAllowed:
        return  # somebody known comes in all the same; the place is for others to give
    source = _source(connection)
    set_places(uow, person_id, (), source=source, partner_id=partner_id, if_possible=places)


def _default_kept(
    uow: UnitOfWork, connection: Connection, policy: SignInPolicy, person_id: str
) -> list[Place]:
    """The default place, where this connection gave it: whoever is told no place any more keeps that one alone."""
    default = [(each.location_id, each.position_id) for each in _default_places(policy)]
    given = read_places(uow, person_id, source=_source(connection))
    return [each for each in given if (each.location_id, each.position_id) in default]


def _source(connection: Connection) -> str:
    return f"{MODE}:{connection.id}"


def _employer(connection: Connection, policy: SignInPolicy, claims: Claims) -> str | None:
    """Whom the claims name as employer where partners share a connection; None where that is nobody, or several."""
    named = {policy.partners.get(value) for value in claims.get(policy.partner_claim, ())}
    named.discard(None)
    return named.pop() if len(named) == 1 else None


def _details(policy: SignInPolicy, claims: Claims) -> dict[str, str]:
    told = {name: policy.told(claims, name) for name in DETAILS}
    return {name: values[0] for name, values in told.items() if values}


def _told_places(uow: UnitOfWork, partner_id: str, policy: SignInPolicy, claims: Claims) -> list[Place]:
    """Positions at locations, both by the names of the network files: in pairs where there are as many, else each at each.

    Names that nobody knows, and locations of other partners, are passed over, and so is what exceeds MAX_PLACES: whoever
    works everywhere gets in all the same.
    """
    locations, positions = policy.told(claims, "location"), policy.told(claims, "position")
    if not locations or not positions:
        return []
    location_ids = find_ids(uow, "location", locations, partner_id)
    position_ids = find_ids(uow, "position", positions)
    in_pairs = len(locations) == len(positions)
    pairs = (
        zip(locations, positions, strict=True)
        if in_pairs
        else ((location, position) for location in locations for position in positions)
    )
    places = [
        Place(location_ids[location], position_ids[position])
        for location, position in dict.fromkeys(pairs)
        if location in location_ids and position in position_ids
    ]
    if len(places) > MAX_PLACES:
        logger.warning("places_cut", told=len(places), kept=MAX_PLACES, partner_id=partner_id)
    return places[:MAX_PLACES]


def _default_places(policy: SignInPolicy) -> list[Place]:
    if policy.default_location_id is None or policy.default_position_id is None:
        return []
    return [Place(policy.default_location_id, policy.default_position_id)]


def _refusal(code: str, message: str) -> NotAllowed:
    return NotAllowed(code, message, TELL_ADMINISTRATOR)
