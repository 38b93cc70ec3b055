"""Signing in with an account of the hub: with a password, or with a passkey that says who one is."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.errors import HubError, NotAllowed
from hub.limits import Limit, count_request, network_of
from hub.network import tables as network
from hub.network.people.identities import SUBJECT
from hub.network.systems.connections import read_connection
from hub.runtime import Hub
from hub.sso.arrive import Assertion, SignedIn, arrive, refuse_switched_off
from hub.sso.limits import TooManyRequests, refuse_flood
from hub.sso.local import tables
from hub.sso.local.accounts import PASSKEY, PASSWORD, Account, clean_email, read_account
from hub.sso.local.challenges import SIGN_IN, take_challenge
from hub.sso.local.passkeys import Answer, ask_for_known, challenge_of, find_passkey, note_use, verify_known
from hub.sso.local.passwords import hash_password, is_outdated, is_right
from hub.sso.local.recovery import MAX_ACCOUNTS
from hub.sso.local.ways_in import rehash
from hub.sso.refusals import ACTION, Attempt, audited_refusal
from hub.sso.sessions import Proved
from hub.store import UnitOfWork

FROM_NETWORK = Limit("local_sign_in", 100, 60)
"""Per minute and network address; a whole dealership may share one."""
OF_ACCOUNT = Limit("password_of_account", 20, 900)
"""Passwords for one address from one network. Others who guess cannot shut the owner out: they sit elsewhere."""
OF_ACCOUNT_EVERYWHERE = Limit("password_everywhere", 200, 900)
"""Passwords for one address from all networks together. A delay: passkeys open the account all the while."""


@dataclass(frozen=True)
class Arrival:
    """The browser that somebody signs in with: the session it held before, what it is, and where it wants to go."""

    old_session: str = ""
    device: str = ""
    return_to: str = "/"


TRIED = 2
"""Accounts with one address whose passwords are compared: always so many at least, so that the time tells nothing of nearly all."""


class TooManyPasswords(TooManyRequests):
    """Too many passwords for one account."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.code = "too_many_passwords"
        self.message = "There were too many passwords for this address in a short time."
        self.help = f"Wait {retry_after // 60} minutes, or sign in with a passkey."


def sign_in_with_password(hub: Hub, email: str, password: str, address: str, arrival: Arrival) -> SignedIn:
    """Sign in by e-mail and password. ``address`` is the network address it comes from.

    Known and unknown addresses get the same answer after the same work. Raises NotAllowed ``wrong_password`` and what
    ``arrive`` raises; TooManyRequests.
    """
    refuse_flood(hub, FROM_NETWORK, address)
    refuse_guessing(hub, email, address)
    with audited_refusal(hub) as attempt:
        with hub.reading() as uow:
            known = _find(uow, email)
        tried: list[tuple[Account | None, str | None]] = [*known, *[(None, None)] * (TRIED - len(known))]
        right = [pair for pair in tried if is_right(password, pair[1])]
        account, kept = right[0] if right else (None, None)
        if account is None or kept is None:
            attempt.detail = {"account": known[0][0].id if known else ""}
            raise _wrong_password()
        newer = hash_password(password) if is_outdated(kept) else ""
        with hub.unit_of_work() as uow:
            if newer:
                rehash(uow, account.id, kept, newer)
            token = arrive_with(uow, account, PASSWORD, attempt, arrival)
        return SignedIn(refuse_switched_off(token), arrival.return_to)


def begin_passkey(hub: Hub, browser: str, address: str) -> str:
    """What the browser asks its passkeys, as JSON. TooManyRequests."""
    refuse_flood(hub, FROM_NETWORK, address)
    with hub.unit_of_work() as uow:
        return ask_for_known(uow, browser)


def sign_in_with_passkey(hub: Hub, browser: str, answer: Answer, address: str, arrival: Arrival) -> SignedIn:
    """Sign in with what a passkey answered; its challenge is used up whatever comes of it.

    Raises BadInput ``passkey_late`` and ``bad_passkey_answer``; NotAllowed ``passkey_unknown``, ``passkey_not_verified``
    and ``passkey_copied``; what ``arrive`` raises; TooManyRequests.
    """
    refuse_flood(hub, FROM_NETWORK, address)
    with audited_refusal(hub) as attempt:
        challenge = challenge_of(answer)
        with hub.unit_of_work() as uow:
            take_challenge(uow, challenge, browser, SIGN_IN)
        with hub.reading() as uow:
            kept = find_passkey(uow, answer)
            account = read_account(uow, kept.account_id)
        attempt.detail = {"account": account.id}
        count = verify_known(hub.settings, answer, challenge, kept)
        with hub.unit_of_work() as uow:
            note_use(uow, kept.id, count)
            token = arrive_with(uow, account, PASSKEY, attempt, arrival)
        return SignedIn(refuse_switched_off(token), arrival.return_to)


def arrive_with(
    uow: UnitOfWork,
    account: Account,
    acr: str,
    attempt: Attempt,
    arrival: Arrival,
    authenticated_at: datetime | None = None,
) -> str:
    """The token of a new session for the account's owner, as ``arrive``. ``acr`` says how it was proved."""
    attempt.connection = read_connection(uow, account.connection_id)
    proved = Proved(
        account.connection_id, SUBJECT, account.id, acr=acr, authenticated_at=authenticated_at or uow.now
    )
    return arrive(uow, Assertion(proved), attempt, arrival.old_session, arrival.device)


def refuse_guessing(hub: Hub, email: str, address: str) -> None:
    """Count one password for an address; TooManyPasswords when there were too many, audited once in each window."""
    email = email.strip().lower()[:320]
    for limit, who in (
        (OF_ACCOUNT, f"{email}|{network_of(address)}"),
        (OF_ACCOUNT_EVERYWHERE, email),
    ):
        count = count_request(hub, limit, who)
        if count == limit.times + 1:
            hub.audit_refusal(ACTION, "too_many_passwords", detail={"limit": limit.name})
        if count > limit.times:
            raise TooManyPasswords(limit.seconds)


def _find(uow: UnitOfWork, email: str) -> list[tuple[Account, str]]:
    """Accounts with the hashes of their passwords, in one query for known and unknown addresses alike; at most MAX_ACCOUNTS.

    First those whose address was proved, then those of the present employer, then those opened last. Of those that were not,
    the oldest first: whoever writes down another's address pushes nobody out.
    """
    account, password = tables.local_account, tables.local_password
    person, connection = network.person, network.connection
    is_proved = account.c.verified_at.is_not(None)
    try:
        wanted = clean_email(email)
    except HubError:
        wanted = ""
    rows = uow.connection.execute(
        sa.select(account, password.c.hash)
        .join(password, password.c.account_id == account.c.id)
        .join(person, person.c.id == account.c.person_id)
        .join(connection, connection.c.id == account.c.connection_id)
        .where(account.c.email == wanted)
        .order_by(
            sa.not_(is_proved),
            connection.c.disabled,
            person.c.disabled,
            sa.and_(is_proved, person.c.partner_id != connection.c.partner_id),
            sa.case((sa.not_(is_proved), account.c.created_at)),
            password.c.changed_at.desc(),
            account.c.id,
        )
        .limit(MAX_ACCOUNTS)
    )
    return [
        (Account(r.id, r.connection_id, r.person_id, r.email, r.verified_at, r.created_at), r.hash)
        for r in rows
    ]


def _wrong_password() -> HubError:
    return NotAllowed(
        "wrong_password",
        "E-mail and password do not fit together.",
        "Try again, or let the hub send you a mail to get back in.",
    )
