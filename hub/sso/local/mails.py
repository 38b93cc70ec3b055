"""Mails about accounts. Each is written once; its address goes nowhere but into the sealed mail."""

from typing import Literal

from hub.network.people.person import read_person
from hub.notify.send_mail import send_mail
from hub.sso.local.accounts import Account, employer_of
from hub.sso.local.links import NewLink
from hub.store import UnitOfWork

Change = Literal["recovered", "password", "passkey"]
_WORDS: dict[Change, str] = {
    "recovered": "Somebody got back into your account with a mail sent to this address.",
    "password": "The password of your account was changed.",
    "passkey": "A passkey was added to your account.",
}


def mail_invitation(uow: UnitOfWork, account: Account, link: NewLink) -> None:
    """Send the invitation."""
    person = read_person(uow, account.person_id)
    values = {"name": person.given_name, "employer": employer_of(uow, account), "address": link.mailed}
    send_mail(
        uow, account.email, "account_invitation", values, key=f"invitation:{link.id}", about=account.person_id
    )


def mail_recovery(uow: UnitOfWork, account: Account, link: NewLink) -> None:
    """Send the way back in."""
    values = {
        "name": read_person(uow, account.person_id).given_name,
        "employer": employer_of(uow, account),
        "address": link.mailed,
    }
    send_mail(
        uow, account.email, "account_recovery", values, key=f"recovery:{link.id}", about=account.person_id
    )


def tell_changed(uow: UnitOfWork, account: Account, change: Change, about_id: str) -> None:
    """Tell the owner what was changed, in case it was somebody else. ``about_id`` is the id of what it is about."""
    values = {"name": read_person(uow, account.person_id).given_name, "what": _WORDS[change]}
    key = f"account_changed:{change}:{about_id}"
    send_mail(uow, account.email, "account_changed", values, key=key, about=account.person_id)


def mail_confirmation(
    uow: UnitOfWork, email: str, name: str, employer: str, code: str, request_id: str
) -> None:
    """Ask whoever registered to prove the address."""
    values = {"name": name, "employer": employer, "address": code}
    send_mail(uow, email, "registration_confirm", values, key=f"registration:{request_id}")


def mail_refusal(uow: UnitOfWork, email: str, name: str, employer: str, request_id: str) -> None:
    """Tell whoever registered that it was refused."""
    values = {"name": name, "employer": employer}
    send_mail(uow, email, "registration_refused", values, key=f"registration_refused:{request_id}")
