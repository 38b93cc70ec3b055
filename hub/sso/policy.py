"""What a connection's claims mean for the hub: which names of theirs stand for what, and who may come in by them.

Who somebody is stands in the subject alone. Claims tell details of a person, and where the connection's own partner
brought the person too (by its files or by SCIM), which of its records is meant.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Problem
from hub.ids import is_id
from hub.journal import Change, audit, record_changes
from hub.network import tables as network
from hub.network.systems.connections import read_connection
from hub.sso.tables import policy_partner, sign_in_policy
from hub.store import UnitOfWork
from hub.store.insert import insert_for

CHANGED = "sign_in_policy_changed"
ATTRIBUTES = ("given_name", "family_name", "email", "locale", "match", "position", "location")
"""What a claim can stand for. ``match`` is what the partner's own files or SCIM client call the person."""
MAX_PARTNERS = 5_000
_CLAIM = re.compile(r"[!-~]{1,200}")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class SignInPolicy:
    """``attributes`` are claim names by ATTRIBUTES; what is not among them is not asked for.

    ``refreshes_details`` takes details and places over at each sign-in, ``creates_people`` lets somebody in who is not
    in the hub yet: at the default place where the claims name none. ``partner_claim`` names the employer where
    partners share the connection; ``partners`` are partner ids by its values.
    """

    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    creates_people: bool = False
    refreshes_details: bool = False
    default_location_id: str | None = None
    default_position_id: str | None = None
    partner_claim: str = ""
    partners: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def claim_names(self) -> tuple[str, ...]:
        """The claims that matter here, each once."""
        names = [*self.attributes.values(), self.partner_claim]
        return tuple(dict.fromkeys(name for name in names if name))

    def told(self, claims: Mapping[str, Sequence[str]], attribute: str) -> Sequence[str]:
        """The values that the claims have for an attribute; none where it is not mapped or was not told."""
        name = self.attributes.get(attribute)
        return [value for value in claims.get(name, ()) if value.strip()] if name else []


NO_POLICY = SignInPolicy()
"""Where nothing is said: people who are known come in, nobody else, and claims change nothing."""


def read_policy(uow: UnitOfWork, connection_id: str) -> SignInPolicy:
    """The connection's policy; NO_POLICY where none was saved."""
    row = uow.find(sign_in_policy, connection_id=connection_id)
    if row is None:
        return NO_POLICY
    return SignInPolicy(**{name: getattr(row, name) for name in SignInPolicy.__dataclass_fields__})


def save_policy(
    uow: UnitOfWork, connection_id: str, policy: SignInPolicy, *, actor_id: str | None = None
) -> bool:
    """Keep a policy that ``check`` finds right; whether it is another than before. BadInput ``bad_policy``."""
    policy = replace(
        policy,
        attributes={name: claim.strip() for name, claim in policy.attributes.items() if claim.strip()},
        partner_claim=policy.partner_claim.strip(),
    )
    problems = check(uow, connection_id, policy)
    if problems:
        raise BadInput(
            "bad_policy", "The mapping cannot be kept; nothing was changed.", "Correct it.", problems
        )
    if policy == read_policy(uow, connection_id):
        return False
    body = {"connection_id": connection_id, **_values(policy)}
    rest = {name: value for name, value in body.items() if name != "connection_id"}
    insert = insert_for(sign_in_policy, is_sqlite=uow.is_sqlite).values(**body)
    uow.connection.execute(insert.on_conflict_do_update(index_elements=["connection_id"], set_=rest))
    _name_partners(uow, connection_id, policy)
    record_changes(uow, [Change(CHANGED, connection_id, body, actor_id=actor_id)])
    audit(uow, CHANGED, connection_id, actor_id=actor_id, connection_id=connection_id)
    return True


def _name_partners(uow: UnitOfWork, connection_id: str, policy: SignInPolicy) -> None:
    """Let the connection be found by the partners that its claims can name."""
    table = policy_partner
    uow.connection.execute(sa.delete(table).where(table.c.connection_id == connection_id))
    ids = sorted(set(policy.partners.values())) if policy.partner_claim else []
    if ids:
        rows: list[dict[str, object]] = [{"partner_id": id, "connection_id": connection_id} for id in ids]
        uow.execute_many(sa.insert(table), rows)


def check(uow: UnitOfWork, connection_id: str, policy: SignInPolicy) -> list[Problem]:
    """What is wrong with a policy, each with its field; nothing when it can be saved. Missing ``no_connection``."""
    partner_id = read_connection(uow, connection_id).partner_id
    problems = [
        Problem("is nothing that a claim can stand for", name)
        for name in policy.attributes
        if name not in ATTRIBUTES
    ]
    named = {**policy.attributes, "partner_claim": policy.partner_claim}
    problems += [
        Problem("must be a claim's name: visible characters without spaces, at most 200", name)
        for name, claim in named.items()
        if claim and not _CLAIM.fullmatch(claim)
    ]
    problems += _check_default_place(uow, policy, partner_id)
    if partner_id is None:
        problems += _check_shared(uow, policy)
    elif policy.partner_claim:
        problems.append(Problem("is only for connections that partners share", "partner_claim"))
    return problems


def _check_shared(uow: UnitOfWork, policy: SignInPolicy) -> list[Problem]:
    if policy.attributes.get("match"):
        return [Problem("is only for connections of one partner, who keeps both records", "match")]
    if policy.creates_people and not (policy.partner_claim and policy.partners):
        return [Problem("must say which claim names the employer, and which value is whom", "partner_claim")]
    ids = set(policy.partners.values())
    if len(policy.partners) > MAX_PARTNERS:
        return [Problem(f"takes at most {MAX_PARTNERS} employers", "partners")]
    partner = network.partner
    there = (
        set(uow.connection.scalars(sa.select(partner.c.id).where(uow.among(partner.c.id, ids))))
        if all(map(is_id, ids))
        else set()
    )
    return [Problem("names a partner that is not there", "partners")] if ids - there else []


def _check_default_place(uow: UnitOfWork, policy: SignInPolicy, partner_id: str | None) -> list[Problem]:
    location_id, position_id = policy.default_location_id, policy.default_position_id
    if (location_id is None) != (position_id is None):
        return [Problem("needs a location and a position, or neither", "default_location_id")]
    if location_id is None or position_id is None:
        return []
    location = uow.find(network.location, id=location_id) if is_id(location_id) else None
    problems = []
    if location is None or location.partner_id != partner_id:
        problems.append(Problem("is no location of this partner", "default_location_id"))
    if not is_id(position_id) or uow.find(network.position, id=position_id) is None:
        problems.append(Problem("is no position", "default_position_id"))
    return problems


def _values(policy: SignInPolicy) -> dict[str, Any]:
    return {**vars(policy), "attributes": dict(policy.attributes), "partners": dict(policy.partners)}
