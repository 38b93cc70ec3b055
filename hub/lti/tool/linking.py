"""From the one-time code of a launch into the hub's own pages: as somebody known, or on to say who one is.

The pages themselves, and the session, are made in ``hub.web``.
"""

import secrets
from dataclasses import dataclass

from hub.errors import NotAllowed
from hub.journal import audit
from hub.lti.bridge.deliveries import release_parked
from hub.lti.tool.attempt import Attempt, audited_refusal
from hub.lti.tool.entries import Entry, exchange_code, read_entry, take_entry
from hub.lti.tool.launch import give_access, refuse_left_partner
from hub.lti.tool.platform_deployments import find_deployment
from hub.lti.tool.platforms import Platform, read_platform
from hub.lti.tool.target import Target
from hub.network.people.person import lock_people, read_person
from hub.network.systems.link_proofs import bind_proof, link_by_proof, read_proof
from hub.runtime import Hub
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Opened:
    """An entry whose code was used. Where nobody is known by it, ``link_code`` leads on and ``browser`` goes into a cookie."""

    entry: Entry
    link_code: str = ""
    browser: str = ""


@dataclass(frozen=True)
class LinkPage:
    """What somebody is asked: ``platform`` knows you; who are you here?"""

    platform: Platform


def open_entry(uow: UnitOfWork, code: str) -> Opened:
    """Use up the code of a launch, in a unit in which the caller starts a session for its person.

    Raises what ``take_entry`` raises, and NotAllowed ``person_disabled`` and ``platform_disabled``.
    """
    entry = read_entry(uow, code)
    _refuse_disabled(uow, entry)
    if entry.person_id is not None:
        return Opened(take_entry(uow, code))
    link_code, browser = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    bind_proof(uow, code, link_code, browser)
    return Opened(exchange_code(uow, code, link_code), link_code, browser)


def read_link_page(uow: UnitOfWork, code: str, browser: str) -> LinkPage:
    """What the page of a link code says; raises what ``read_proof`` raises."""
    return LinkPage(read_platform(uow, read_proof(uow, code, browser).connection_id))


def link_person(hub: Hub, code: str, browser: str, person_id: str) -> Entry:
    """Let the account at the platform mean this person from now on, and go on with the launch that led here.

    Raises, each with its one audit row and nothing written: what ``link_by_proof`` and ``take_entry`` raise, NotAllowed
    ``left_partner`` where the platform's partner does not employ the person.
    """
    attempt = Attempt("lti_link", person_id=person_id)
    with audited_refusal(hub, attempt), hub.unit_of_work() as uow:
        lock_people(uow, [person_id])
        proof = read_proof(uow, code, browser)
        platform = attempt.platform = read_platform(uow, proof.connection_id)
        entry = read_entry(uow, code)
        deployment = find_deployment(uow, entry.connection_id, entry.deployment_id)
        owner_id = (deployment.partner_id if deployment else None) or platform.partner_id
        refuse_left_partner(uow, read_person(uow, person_id), owner_id, platform.name)
        _refuse_disabled(uow, entry)
        link_by_proof(uow, code, browser, person_id)
        entry = take_entry(uow, code, person_id)
        give_access(uow, person_id, _target(entry), entry.connection_id, owner_id)
        release_parked(uow, entry.connection_id, person_id)
        audit(
            uow,
            "lti_link",
            person_id,
            actor_id=person_id,
            partner_id=platform.partner_id,
            connection_id=platform.connection_id,
            detail={"entry": entry.id},
        )
        return entry


def _refuse_disabled(uow: UnitOfWork, entry: Entry) -> None:
    """Again, as on the way in: minutes may have passed."""
    platform = read_platform(uow, entry.connection_id)
    if platform.disabled:
        raise NotAllowed("platform_disabled", f"{platform.name} is switched off at the moment.")
    if entry.person_id is not None and read_person(uow, entry.person_id).disabled:
        raise NotAllowed("person_disabled", "Your access to the training hub has been switched off.")


def _target(entry: Entry) -> Target:
    kinds = {"offering": Target("offering", entry.target_id), "path": Target("path", entry.target_id)}
    return kinds.get(entry.target_kind, Target("home"))
