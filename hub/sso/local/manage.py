"""What somebody who is signed in changes about the own account: its passkeys and its password.

Whoever sits down at a browser that was left signed in must not be able to add a way in: everything here needs a sign-in
of the last minutes, or the present password.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from hub.errors import BadInput, HubError, Missing, NotAllowed, Problem
from hub.journal import audit
from hub.network.people.person import read_person
from hub.runtime import Hub
from hub.sso.local.accounts import Account, accounts_of, read_account
from hub.sso.local.challenges import take_challenge
from hub.sso.local.mails import tell_changed
from hub.sso.local.passkeys import (
    Answer,
    ask_for_new,
    challenge_of,
    keep_passkey,
    purpose_of,
    rename_passkey,
    verify_new,
)
from hub.sso.local.passwords import check_password, hash_password, is_right
from hub.sso.local.sign_in import refuse_guessing
from hub.sso.local.ways_in import (
    WaysIn,
    known_words,
    read_hash,
    read_ways_in,
    remove_passkey,
    remove_password,
    set_hash,
)
from hub.sso.sessions import Session, end_other_sessions
from hub.store import UnitOfWork

ACTION = "account"
"""Under which the audit trail has what people change about their accounts."""
RECENT = timedelta(minutes=15)


def is_recent(hub: Hub, session: Session) -> bool:
    """Whether the person proved who they are a moment ago."""
    return hub.clock.now() - session.authenticated_at <= RECENT


def read_own(uow: UnitOfWork, person_id: str) -> list[WaysIn]:
    """The person's accounts that something opens, with what opens them."""
    found = [read_ways_in(uow, account) for account in accounts_of(uow, person_id)]
    return [ways for ways in found if ways.count]


def change_password(
    hub: Hub, session: Session, account_id: str, present: str, password: str, address: str
) -> None:
    """Set another password; everybody else who is signed in with the account is signed out.

    ``present`` is the password until now; for an account without one a recent sign-in is needed. BadInput
    ``wrong_present`` and ``weak_password``; NotAllowed ``sign_in_again``; Missing ``no_account``; TooManyRequests.
    """
    with _audited(hub, session):
        with hub.reading() as uow:
            account = _own(uow, session, account_id)
            kept, known = read_hash(uow, account.id), known_words(uow, account)
        if kept is None:
            _need_recent(hub, session)
        else:
            refuse_guessing(hub, account.email, address)
            if not is_right(present, kept):
                problem = Problem("is not the present password", "present")
                raise BadInput("wrong_present", "The present password is another one.", problems=[problem])
        check_password(password, known)
        hashed = hash_password(password)
        with hub.unit_of_work() as uow:
            set_hash(uow, account.id, hashed)
            end_other_sessions(uow, session)
            row_id = _note(uow, account, "password_changed")
            tell_changed(uow, account, "password", row_id)


def forget_own_password(hub: Hub, session: Session, account_id: str) -> None:
    """Let only passkeys open the account. Conflict ``last_way_in``; NotAllowed ``sign_in_again``; Missing ``no_account``."""

    def change(uow: UnitOfWork, account: Account) -> None:
        remove_password(uow, account)
        _note(uow, account, "password_removed")

    _change(hub, session, account_id, change)


def begin_passkey(hub: Hub, session: Session, account_id: str, browser: str) -> str:
    """What the browser is asked for a new passkey, as JSON. NotAllowed ``sign_in_again``; Missing ``no_account``."""
    with _audited(hub, session):
        _need_recent(hub, session)
        with hub.unit_of_work() as uow:
            account = _own(uow, session, account_id)
            return ask_for_new(uow, account, read_person(uow, account.person_id).name, browser)


def add_passkey(hub: Hub, session: Session, account_id: str, browser: str, answer: Answer, name: str) -> None:
    """Keep the passkey that was made. Raises as ``begin_passkey`` and ``hub.sso.local.passkeys`` do."""
    with _audited(hub, session):
        _need_recent(hub, session)
        challenge = challenge_of(answer)
        with hub.unit_of_work() as uow:
            account = _own(uow, session, account_id)
            take_challenge(uow, challenge, browser, purpose_of(account.id))
        new = verify_new(hub.settings, answer, challenge)
        with hub.unit_of_work() as uow:
            passkey_id = keep_passkey(uow, account.id, new, name)
            _note(uow, account, "passkey_added")
            tell_changed(uow, account, "passkey", passkey_id)


def rename_own_passkey(hub: Hub, session: Session, account_id: str, passkey_id: str, name: str) -> None:
    """Call a passkey something else. BadInput ``no_name``; Missing ``no_passkey`` and ``no_account``."""
    with _audited(hub, session), hub.unit_of_work() as uow:
        rename_passkey(uow, _own(uow, session, account_id).id, passkey_id, name)


def remove_own_passkey(hub: Hub, session: Session, account_id: str, passkey_id: str) -> None:
    """Let a passkey open the account no more. Conflict ``last_way_in``; NotAllowed ``sign_in_again``; Missing ``no_passkey``."""

    def change(uow: UnitOfWork, account: Account) -> None:
        remove_passkey(uow, account, passkey_id)
        _note(uow, account, "passkey_removed")

    _change(hub, session, account_id, change)


def _change(
    hub: Hub, session: Session, account_id: str, change: Callable[[UnitOfWork, Account], None]
) -> None:
    with _audited(hub, session):
        _need_recent(hub, session)
        with hub.unit_of_work() as uow:
            change(uow, _own(uow, session, account_id))


def _own(uow: UnitOfWork, session: Session, account_id: str) -> Account:
    account = read_account(uow, account_id)
    if account.person_id != session.person_id:
        raise Missing("no_account", "There is no such account.")
    return account


def _need_recent(hub: Hub, session: Session) -> None:
    if not is_recent(hub, session):
        raise NotAllowed(
            "sign_in_again",
            "For this the hub needs to know that it is you: you signed in a while ago.",
            "Sign out, sign in again, and do it within a quarter of an hour.",
        )


def _note(uow: UnitOfWork, account: Account, done: str) -> str:
    audit(
        uow,
        ACTION,
        account.person_id,
        actor_id=account.person_id,
        connection_id=account.connection_id,
        detail={"done": done},
    )
    return f"{account.id}:{int(uow.now.timestamp())}"


@contextmanager
def _audited(hub: Hub, session: Session) -> Iterator[None]:
    try:
        yield
    except HubError as error:
        hub.audit_refusal(ACTION, error.code, session.person_id, actor_id=session.person_id)
        raise
