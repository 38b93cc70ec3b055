"""Whether what a browser brings is a launch of the platform that was asked, for this browser, now, and not seen before.

LTI 1.3, section 5.1.3; 1EdTech Security Framework 1.0, section 5.1.3. The cheap questions come first, the key before the
claims. Only that the state is used once is decided later, by the database, in the unit that accepts the launch.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from hub.ids import content_hash
from hub.lti.refusals import Refused
from hub.lti.remote_keys import KeySource, remote_key
from hub.lti.tool import adapter, tables
from hub.lti.tool.attempt import Attempt
from hub.lti.tool.login import START_AGAIN, Login, find_login
from hub.lti.tool.message import LtiMessage, read_message
from hub.lti.tool.platforms import Platform, find_platform
from hub.lti.tool.strict_jwt import audiences, check_audience, check_times, read_unverified, verify
from hub.lti.vocabulary import CLAIM
from hub.runtime import Hub

OLDEST = timedelta(minutes=10)
LONGEST = timedelta(hours=24)


@dataclass(frozen=True)
class Launch:
    """A message that may be accepted once."""

    platform: Platform
    login: Login
    message: LtiMessage
    claims: Mapping[str, Any]


def find_state(hub: Hub, state: str, attempt: Attempt) -> Login:
    """The login this state belongs to; refuses ``no_state``, ``unknown_state``, ``state_used``, ``state_expired`` and
    ``platform_disabled``."""
    if not state:
        raise _bad_state("no_state")
    found = find_login(hub, state)
    if found is None:
        raise _bad_state("unknown_state")
    login, platform = found
    attempt.platform = platform
    if login.used_at is not None:
        raise _bad_state("state_used")
    if login.expires_at <= hub.clock.now():
        raise _bad_state("state_expired")
    if platform.disabled:
        raise Refused("platform_disabled", f"{platform.name} is switched off at the moment.", status=403)
    return login


def is_same_browser(login: Login, cookie: str) -> bool:
    """Whether the cookie is that of the browser which began the login."""
    return hmac.compare_digest(content_hash(cookie.encode("utf-8", "replace")), login.browser_hash)


def check_proof(login: Login, proof: str) -> None:
    """What the platform's storage gave back, where no cookie came along; refuses ``storage_silent`` and ``storage_wrong_answer``."""
    if not proof:
        raise Refused(
            "storage_silent", f"Your browser did not keep what the training hub gave it. {START_AGAIN}"
        )
    given = content_hash(proof.encode("utf-8", "replace"))
    if login.storage_hash is None or not hmac.compare_digest(given, login.storage_hash):
        raise Refused("storage_wrong_answer", f"This launch was begun in another browser. {START_AGAIN}")


def validate(hub: Hub, login: Login, state: str, token: str, attempt: Attempt) -> Launch:
    """Everything about the id_token itself, outside any unit: the platform's keys may have to be fetched."""
    platform = attempt.platform
    if platform is None:
        raise RuntimeError("find_state comes first")
    unverified = read_unverified(token)
    _note(attempt, unverified.kid, unverified.claims)
    _check_sender(hub, platform, unverified.claims)
    source = KeySource(tables.lti_platform, platform.connection_id, platform.jwks_url)
    key = remote_key(hub, source, unverified.kid)
    claims = verify(token, key)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise Refused("no_nonce", "The message does not have the claim nonce.")
    if not hmac.compare_digest(content_hash(nonce.encode("utf-8", "replace")), login.nonce_hash):
        raise Refused("wrong_nonce", f"The message answers another request. {START_AGAIN}")
    check_audience(claims, platform.client_id)
    check_times(claims, hub.clock.now(), oldest=OLDEST, longest=LONGEST)
    message = read_message(claims)
    if message.target_link_uri != login.target_link_uri:
        raise Refused("other_target", "The message opens something else than what was asked for.")
    if message.subject:  # the library knows no anonymous launches
        adapter.validate_message(platform, claims, key, state, nonce, token)
    return Launch(platform, login, message, claims)


def _check_sender(hub: Hub, platform: Platform, claims: Mapping[str, Any]) -> None:
    """The token names the platform and the client id that the state was made for, before any key is looked for."""
    issuer, named = claims.get("iss"), audiences(claims)
    if issuer == platform.issuer and platform.client_id in named:
        return
    if isinstance(issuer, str) and _is_another(hub, issuer, named):
        raise Refused(
            "state_of_another_platform", f"The message answers another system's request. {START_AGAIN}"
        )
    if issuer != platform.issuer:
        raise Refused("wrong_issuer", "The message comes from another system than the one that was asked.")
    raise Refused("wrong_audience", "The message is meant for somebody else.")


def _is_another(hub: Hub, issuer: str, named: list[str]) -> bool:
    with hub.reading() as uow:
        return any(find_platform(uow, issuer, client_id) for client_id in named[:10])


def _note(attempt: Attempt, kid: str, claims: Mapping[str, Any]) -> None:
    names = ("iss", "aud", "azp")
    attempt.note(kid=kid, **{name: claims.get(name) for name in names})
    attempt.note(**{name: claims.get(CLAIM + name) for name in ("deployment_id", "message_type")})


def _bad_state(reason: str) -> Refused:
    return Refused(reason, f"This launch cannot be used, or not any more. {START_AGAIN}")
