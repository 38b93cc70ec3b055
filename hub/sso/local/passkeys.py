"""Passkeys: what browsers are asked, what they answer, and which passkeys open an account (W3C Web Authentication, Level 3).

Discoverable credentials with user verification, so that a passkey alone says who somebody is and proves it. The hub asks
for no attestation: which maker's authenticator somebody has is nobody's business here.
"""

import ipaddress
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hub.config import Settings
from hub.errors import BadInput, Conflict, HubError, Missing, NotAllowed
from hub.ids import is_id, new_id
from hub.network.people.provision import clean_text
from hub.sso.local.accounts import Account
from hub.sso.local.challenges import SIGN_IN, new_challenge
from hub.sso.local.tables import passkey
from hub.store import UnitOfWork
from hub.store.insert import insert_once

MAX_PASSKEYS = 20
MAX_NAME = 60
MAX_ANSWER = 20_000
MAX_CREDENTIAL_ID = 1023
"""In bytes (WebAuthn 3, section 4, credential ID)."""
MAX_TRANSPORTS = 6
Answer = Mapping[str, Any]
_Verified = TypeVar("_Verified")


@dataclass(frozen=True)
class Passkey:
    """One passkey as its owner sees it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class NewPasskey:
    """What a browser answered when a passkey was made, verified."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: Sequence[str]


@dataclass(frozen=True)
class KeptPasskey:
    """A passkey as it is compared with an answer."""

    id: str
    account_id: str
    public_key: str


def rp_id(settings: Settings) -> str:
    """The name that passkeys are bound to: the hub's host name."""
    return urlsplit(settings.public_url).hostname or ""


def is_possible(settings: Settings) -> bool:
    """Whether browsers make passkeys for this hub at all: an address of numbers has none."""
    try:
        ipaddress.ip_address(rp_id(settings))
    except ValueError:
        return True
    return False


def ask_for_new(uow: UnitOfWork, account: Account, name: str, browser: str) -> str:
    """What ``navigator.credentials.create`` is asked, as JSON; ``name`` is the person's. Conflict ``too_many_passkeys``."""
    rows = uow.connection.execute(sa.select(passkey).where(passkey.c.account_id == account.id)).all()
    if len(rows) >= MAX_PASSKEYS:
        raise Conflict(
            "too_many_passkeys", f"There are {MAX_PASSKEYS} passkeys already.", "Remove one first."
        )
    known = [
        PublicKeyCredentialDescriptor(
            base64url_to_bytes(row.credential_id),
            transports=[AuthenticatorTransport(one) for one in row.transports],
        )
        for row in rows
    ]
    options = webauthn.generate_registration_options(
        rp_id=rp_id(uow.settings),
        rp_name="Partner Training Hub",
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=name or account.email,
        challenge=new_challenge(uow, browser, purpose_of(account.id)),
        exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(options)


def ask_for_known(uow: UnitOfWork, browser: str) -> str:
    """What ``navigator.credentials.get`` is asked, as JSON: any passkey of this hub."""
    options = webauthn.generate_authentication_options(
        rp_id=rp_id(uow.settings),
        challenge=new_challenge(uow, browser, SIGN_IN),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def purpose_of(account_id: str) -> str:
    """For what the challenge of a new passkey is good."""
    return f"new:{account_id}"


def read_answer(body: bytes) -> Answer:
    """A browser's answer. BadInput ``bad_passkey_answer`` for what is none."""
    try:
        answer = json.loads(body) if len(body) <= MAX_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _bad_answer()
    return answer


def challenge_of(answer: Answer) -> bytes:
    """The challenge that an answer says it answers. BadInput ``bad_passkey_answer``."""
    try:
        told = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))["challenge"]
        if isinstance(told, str):
            return base64url_to_bytes(told)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    raise _bad_answer()


def verify_new(settings: Settings, answer: Answer, challenge: bytes) -> NewPasskey:
    """The passkey that a browser made for this challenge. NotAllowed ``passkey_not_verified``."""
    verified = _verified(
        lambda: webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=rp_id(settings),
            expected_origin=settings.public_url,
            require_user_verification=True,
        )
    )
    if len(verified.credential_id) > MAX_CREDENTIAL_ID:
        raise _bad_answer()
    told = answer["response"].get("transports")
    known = {one.value for one in AuthenticatorTransport}
    return NewPasskey(
        bytes_to_base64url(verified.credential_id),
        bytes_to_base64url(verified.credential_public_key),
        verified.sign_count,
        [one for one in told[:MAX_TRANSPORTS] if isinstance(one, str) and one in known]
        if isinstance(told, list)
        else [],
    )


def verify_known(settings: Settings, answer: Answer, challenge: bytes, kept: KeptPasskey) -> int:
    """The authenticator's count of signatures with this one. NotAllowed ``passkey_not_verified``."""
    handle = answer["response"].get("userHandle")
    if handle is not None and handle != bytes_to_base64url(kept.account_id.encode()):
        raise _not_verified()
    return _verified(
        lambda: webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=rp_id(settings),
            expected_origin=settings.public_url,
            credential_public_key=base64url_to_bytes(kept.public_key),
            credential_current_sign_count=0,  # ``note_use`` decides about it, in one statement
            require_user_verification=True,
        )
    ).new_sign_count


def keep_passkey(uow: UnitOfWork, account_id: str, new: NewPasskey, name: str) -> str:
    """The id of the passkey, which opens this account from now on. Conflict ``passkey_taken`` where it opens one already."""
    passkey_id = new_id()
    kept = insert_once(
        uow,
        passkey,
        id=passkey_id,
        account_id=account_id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        transports=list(new.transports),
        name=clean_text(name, MAX_NAME) or "Passkey",
        created_at=uow.now,
    )
    if not kept:
        raise Conflict("passkey_taken", "This passkey opens an account already.", "Make another one.")
    return passkey_id


def find_passkey(uow: UnitOfWork, answer: Answer) -> KeptPasskey:
    """The passkey that an answer names. NotAllowed ``passkey_unknown``."""
    credential_id = answer.get("id")
    is_plain = isinstance(credential_id, str) and credential_id.isascii() and credential_id.isprintable()
    row = uow.find(passkey, credential_id=credential_id) if is_plain else None
    if row is None:
        raise NotAllowed(
            "passkey_unknown",
            "The training hub does not know this passkey, or not any more.",
            "Choose another passkey, or sign in with your password.",
        )
    return KeptPasskey(row.id, row.account_id, row.public_key)


def note_use(uow: UnitOfWork, passkey_id: str, sign_count: int) -> None:
    """A passkey was used. NotAllowed ``passkey_copied`` where its count does not go up: somebody has a copy of it.

    Passkeys that many devices share do not count and always say 0 (WebAuthn 3, section 6.1.1).
    """
    table = passkey
    counted = sa.or_(
        table.c.sign_count < sign_count, sa.and_(table.c.sign_count == 0, sa.literal(sign_count) == 0)
    )
    used = sa.update(table).where(table.c.id == passkey_id, counted)
    if uow.connection.execute(used.values(sign_count=sign_count, used_at=uow.now)).rowcount != 1:
        raise NotAllowed(
            "passkey_copied",
            "This passkey was used elsewhere with a later signature: it may have been copied.",
            "Sign in in another way, then remove the passkey from your account.",
        )


def list_passkeys(uow: UnitOfWork, account_id: str) -> list[Passkey]:
    """An account's passkeys, the oldest first."""
    query = (
        sa.select(passkey)
        .where(passkey.c.account_id == account_id)
        .order_by(passkey.c.created_at, passkey.c.id)
    )
    return [Passkey(r.id, r.name, r.created_at, r.used_at) for r in uow.connection.execute(query)]


def rename_passkey(uow: UnitOfWork, account_id: str, passkey_id: str, name: str) -> None:
    """Call a passkey something else. BadInput ``no_name``; Missing ``no_passkey``."""
    name = clean_text(name, MAX_NAME)
    if not name:
        raise BadInput("no_name", "A passkey needs a name.", "Name it after the device it is on.")
    _one(uow, account_id, passkey_id, sa.update(passkey).values(name=name))


def forget_passkey(uow: UnitOfWork, account_id: str, passkey_id: str) -> None:
    """Let a passkey open nothing any more. Missing ``no_passkey``."""
    _one(uow, account_id, passkey_id, sa.delete(passkey))


def _one(uow: UnitOfWork, account_id: str, passkey_id: str, change: Any) -> None:
    mine = change.where(passkey.c.id == passkey_id, passkey.c.account_id == account_id)
    if not is_id(passkey_id) or uow.connection.execute(mine).rowcount != 1:
        raise Missing("no_passkey", "There is no such passkey.")


def _verified(verify: Callable[[], _Verified]) -> _Verified:
    try:
        return verify()
    except Exception:  # noqa: BLE001  (whatever the library makes of foreign bytes, they prove nothing)
        raise _not_verified() from None


def _not_verified() -> HubError:
    return NotAllowed("passkey_not_verified", "Your passkey could not be verified.", "Try it again.")


def _bad_answer() -> HubError:
    return BadInput("bad_passkey_answer", "Your browser did not answer as passkeys do.", "Try it again.")
