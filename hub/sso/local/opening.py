"""Opening an account with a link: whoever was invited, or lost what opened it, sets a passkey or a password and is in."""

from collections.abc import Callable
from dataclasses import dataclass

from hub.errors import NotAllowed
from hub.network.people.person import Person, read_person
from hub.network.systems.connections import read_connection
from hub.runtime import Hub
from hub.sso.arrive import SignedIn, refuse_switched_off
from hub.sso.limits import refuse_flood
from hub.sso.local.accounts import PASSKEY, PASSWORD, Account, connect_account, employer_of, lock_account
from hub.sso.local.challenges import take_challenge
from hub.sso.local.invite import may_hold_key
from hub.sso.local.links import LinkKind, OpenLink, read_link, revoke_links, use_link
from hub.sso.local.mails import tell_changed
from hub.sso.local.passkeys import Answer, ask_for_new, challenge_of, keep_passkey, purpose_of, verify_new
from hub.sso.local.passwords import check_password, hash_password
from hub.sso.local.sign_in import FROM_NETWORK, Arrival, arrive_with
from hub.sso.local.ways_in import forget_password, forget_ways_in, known_words, set_hash
from hub.sso.refusals import Attempt, audited_refusal, switched_off
from hub.sso.sessions import end_sessions_of
from hub.store import UnitOfWork


@dataclass(frozen=True)
class Opening:
    """What the page of a link shows: whom it is for."""

    link: OpenLink
    person: Person
    employer: str


def look(hub: Hub, kind: LinkKind, code: str, address: str) -> Opening:
    """Whom a link is for; nothing is used up. Raises what ``read_link`` does; NotAllowed ``person_disabled``
    and ``beyond_partner``.
    """
    refuse_flood(hub, FROM_NETWORK, address)
    with audited_refusal(hub), hub.reading() as uow:
        link = _usable(uow, kind, code)
        person = read_person(uow, link.account.person_id)
        return Opening(link, person, employer_of(uow, link.account))


def open_with_password(
    hub: Hub, kind: LinkKind, code: str, password: str, address: str, arrival: Arrival
) -> SignedIn:
    """Set a password and sign in. BadInput ``weak_password``, and what ``look`` raises; the link is left to try again."""
    refuse_flood(hub, FROM_NETWORK, address)
    with audited_refusal(hub) as attempt:
        with hub.reading() as uow:
            check_password(password, known_words(uow, _usable(uow, kind, code).account))
        hashed = hash_password(password)

        def keep(uow: UnitOfWork, account: Account) -> None:
            set_hash(uow, account.id, hashed)

        return _open(hub, kind, code, PASSWORD, keep, attempt, arrival)


def begin_passkey(hub: Hub, kind: LinkKind, code: str, browser: str, address: str) -> str:
    """What the browser is asked for, as JSON; as ``look``."""
    refuse_flood(hub, FROM_NETWORK, address)
    with audited_refusal(hub), hub.unit_of_work() as uow:
        account = _usable(uow, kind, code).account
        return ask_for_new(uow, account, read_person(uow, account.person_id).name, browser)


def open_with_passkey(
    hub: Hub, kind: LinkKind, code: str, browser: str, answer: Answer, address: str, arrival: Arrival
) -> SignedIn:
    """Keep the passkey that was made and sign in. Raises as ``look`` and ``hub.sso.local.passkeys`` do."""
    refuse_flood(hub, FROM_NETWORK, address)
    with audited_refusal(hub) as attempt:
        challenge = challenge_of(answer)
        with hub.unit_of_work() as uow:
            account = _usable(uow, kind, code).account
            take_challenge(uow, challenge, browser, purpose_of(account.id))
        new = verify_new(hub.settings, answer, challenge)

        def keep(uow: UnitOfWork, account: Account) -> None:
            keep_passkey(uow, account.id, new, arrival.device)
            if kind == "recovery":
                forget_password(uow, account.id)  # it is lost, and perhaps somebody else has it

        return _open(hub, kind, code, PASSKEY, keep, attempt, arrival)


def _open(
    hub: Hub,
    kind: LinkKind,
    code: str,
    acr: str,
    keep: Callable[[UnitOfWork, Account], None],
    attempt: Attempt,
    arrival: Arrival,
) -> SignedIn:
    with hub.unit_of_work() as uow:
        link = _usable(uow, kind, code)
        account = link.account
        lock_account(uow, account.id)
        use_link(uow, link)
        if link.is_mailed and account.verified_at is None:
            forget_ways_in(uow, account.id)  # nobody proved whose they are
        keep(uow, account)
        connect_account(uow, account, proved_address=link.is_mailed)
        revoke_links(uow, account.id)
        if kind == "recovery":
            end_sessions_of(uow, account.person_id)
            tell_changed(uow, account, "recovered", link.id)
        token = arrive_with(uow, account, acr, attempt, arrival)
    return SignedIn(refuse_switched_off(token), arrival.return_to)


def _usable(uow: UnitOfWork, kind: LinkKind, code: str) -> OpenLink:
    link = read_link(uow, kind, code)
    person = read_person(uow, link.account.person_id)
    if person.disabled:
        raise switched_off()
    if not link.is_mailed:
        _refuse_other_hands(uow, link, person)
    return link


def _refuse_other_hands(uow: UnitOfWork, link: OpenLink, person: Person) -> None:
    """What the person is may have changed since whoever invited was given the address."""
    partner_id = read_connection(uow, link.account.connection_id).partner_id
    if partner_id is None or not may_hold_key(uow, partner_id, person, link.created_by):
        raise NotAllowed(
            "beyond_partner",
            "This address was handed over, and does not open an account that reaches beyond the partner.",
            "Open the address in the mail instead, or ask an operator of the training hub to invite you.",
        )
