"""The claim that carries ids of LTI 1.1 into a message of LTI 1.3, signed with the old shared secret.

1EdTech LTI Migration Guide 1.3, section "LTI 1.1 Migration Claim". The signature is base64 of HMAC-SHA256 over consumer key,
deployment_id, iss, client_id, exp and nonce, joined by ``&``: so it fits one message and no other.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.lti.legacy.keys import ConsumerKey, find_consumer_key
from hub.lti.vocabulary import CLAIM
from hub.network.people.identities import LTI_1P1_GIVEN, list_subjects
from hub.store import UnitOfWork

MIGRATION_CLAIM = CLAIM + "lti1p1"
MAX_ID = 255

Judged = Literal["signed", "unsigned", "other_key", "wrong_signature"]


@dataclass(frozen=True)
class OldIds:
    """What LTI 1.1 called the person, the link and the course of a message; empty where the claim does not say."""

    user_id: str = ""
    resource_link_id: str = ""
    context_id: str = ""


NOTHING = OldIds()


def judge_claim(
    uow: UnitOfWork, connection_id: str, client_id: str, claims: Mapping[str, Any]
) -> Judged | None:
    """Whether a platform's message carries the claim, signed with the key that was entered for that platform.

    None where it has no such claim, or no key was entered or it cannot be used: then there is nothing to carry over.
    """
    told = claims.get(MIGRATION_CLAIM)
    if not isinstance(told, dict):
        return None
    key = find_consumer_key(uow, connection_id, "platform")
    if key is None:
        return None
    given, name = told.get("oauth_consumer_key_sign"), told.get("oauth_consumer_key")
    if not isinstance(given, str) or not given or not isinstance(name, str) or not name:
        return "unsigned"
    if name != key.consumer_key:
        return "other_key"
    expected = sign_key(key, claims, client_id)
    fits = hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))
    return "signed" if fits else "wrong_signature"


def read_old_ids(claims: Mapping[str, Any]) -> OldIds:
    """The ids in a claim that was judged ``signed``; those that cannot be ids are left out.

    A claim without ``user_id`` says that LTI 1.1 named the person as the message does now, in ``sub``.
    """
    told = {"user_id": claims.get("sub"), **claims[MIGRATION_CLAIM]}
    return OldIds(*(_id(told.get(name)) for name in ("user_id", "resource_link_id", "context_id")))


def migration_claim(
    uow: UnitOfWork, connection_id: str, person_id: str, claims: Mapping[str, Any], *, with_person: bool
) -> dict[str, Any]:
    """The claim for a message of the hub to a tool that has an old consumer key; nothing for all other tools.

    ``claims`` are those of the message. With ``with_person`` the ``user_id`` goes along where a roster says what LTI 1.1
    called the person there: to a tool that may have no personal data it would undo the opaque subject.
    """
    key = find_consumer_key(uow, connection_id, "tool")
    if key is None:
        return {}
    told = {
        "oauth_consumer_key": key.consumer_key,
        "oauth_consumer_key_sign": sign_key(key, claims, claims["aud"]),
    }
    known = list_subjects(uow, connection_id, person_id) if with_person else []
    old = [subject for form, subject in known if form == LTI_1P1_GIVEN]
    return {MIGRATION_CLAIM: told | ({"user_id": old[0]} if old else {})}


def sign_key(key: ConsumerKey, claims: Mapping[str, Any], client_id: str) -> str:
    """The signature of a consumer key for the message with these claims."""
    parts = (
        key.consumer_key,
        claims[CLAIM + "deployment_id"],
        claims["iss"],
        client_id,
        int(claims["exp"]),
        claims["nonce"],
    )
    base = "&".join(map(str, parts)).encode("utf-8", "replace")
    return base64.b64encode(hmac.digest(key.secret.encode("utf-8", "replace"), base, hashlib.sha256)).decode()


def _id(value: object) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID and "\0" not in value else ""
