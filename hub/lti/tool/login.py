"""The first step of a launch into the hub: a platform starts the login, the hub sends the browser on with a request.

LTI 1.3, section 5.1.1.1 and 5.1.1.2; OpenID Connect Core 1.0, section 4. Nothing is redirected anywhere but to the login
address of a registered platform.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import sqlalchemy as sa

from hub.ids import content_hash
from hub.lti.refusals import Refused
from hub.lti.tool import tables
from hub.lti.tool.attempt import Attempt
from hub.lti.tool.platforms import (
    LAUNCH_PATH,
    Platform,
    find_platform,
    platform_of,
    platform_rows,
    platforms_of_issuer,
)
from hub.lti.tool.target import read_target
from hub.runtime import Hub
from hub.store.driver import Question

LIFETIME = timedelta(minutes=10)
"""How long somebody may take to sign in at the platform."""
MAX_STORAGE_TARGET = 100
START_AGAIN = "Go back to your learning system and open the link again."

Parameters = Mapping[str, Sequence[str]]
"""Request parameters by name, each with all its values."""


@dataclass(frozen=True)
class Storage:
    """What the browser is to put into the platform's own storage (LTI Client Side postMessages 1.0, section 4.1).

    ``target`` names the frame that keeps it, ``origin`` is the only one that may answer.
    """

    target: str
    origin: str
    key: str
    value: str


@dataclass(frozen=True)
class BegunLogin:
    """Where the browser goes next, what its cookie ``cookie`` holds, and what to store first, where cookies may fail."""

    address: str
    platform: Platform
    cookie: str
    browser: str
    storage: Storage | None


@dataclass(frozen=True)
class Login:
    """A login under way, as it was begun."""

    state_hash: str
    connection_id: str
    nonce_hash: str
    browser_hash: str
    storage_hash: str | None
    target_link_uri: str
    expires_at: datetime
    used_at: datetime | None


def begin_login(hub: Hub, asked: Parameters, attempt: Attempt) -> BegunLogin:
    """Begin a login for the platform that asks.

    Refuses ``repeated_parameter``, ``unknown_issuer``, ``client_needed``, ``unknown_client``, ``platform_disabled``,
    ``no_login_hint``, ``no_target_link_uri`` and ``bad_target``, and then nothing is remembered.
    """
    given = one_each(asked)
    attempt.note(iss=given.get("iss"), aud=given.get("client_id"))
    platform = attempt.platform = _asking_platform(hub, given)
    for name in ("login_hint", "target_link_uri"):
        if not given.get(name):
            raise Refused(f"no_{name}", f"{platform.name} did not send {name}. {START_AGAIN}")
    if read_target(hub.settings, given["target_link_uri"]) is None:
        raise Refused("bad_target", "The link does not lead to a page of the training hub.")
    state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
    storage = _storage(platform, given.get("lti_storage_target", ""), state)
    with hub.unit_of_work() as uow:
        uow.insert(
            tables.lti_login,
            state_hash=content_hash(state.encode()),
            connection_id=platform.connection_id,
            nonce_hash=content_hash(nonce.encode()),
            browser_hash=content_hash(browser.encode()),
            storage_hash=content_hash(storage.value.encode()) if storage else None,
            target_link_uri=given["target_link_uri"],
            expires_at=uow.now + LIFETIME,
        )
    request = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": hub.settings.url(LAUNCH_PATH),
        "state": state,
        "nonce": nonce,
        "login_hint": given["login_hint"],
    }
    if "lti_message_hint" in given:
        request["lti_message_hint"] = given["lti_message_hint"]
    address = _with_query(platform.authorize_url, request)
    return BegunLogin(address, platform, cookie_of(state), browser, storage)


def one_each(asked: Parameters) -> dict[str, str]:
    """Parameters that came once each; refuses ``repeated_parameter``."""
    repeated = sorted(name for name, values in asked.items() if len(values) > 1)
    if repeated:
        raise Refused("repeated_parameter", "The request says something twice.")
    return {name: values[0] for name, values in asked.items() if values}


_login = tables.lti_login
_LOGIN = Question(
    platform_rows()
    .add_columns(*(c for c in _login.c if c is not _login.c.connection_id))
    .join(_login, _login.c.connection_id == tables.lti_platform.c.connection_id)
    .where(_login.c.state_hash == sa.bindparam("state_hash"))
)


def find_login(hub: Hub, state: str) -> tuple[Login, Platform] | None:
    """The login with this state, used or not, until it is tidied away; and the platform it was begun for."""
    with hub.glance() as uow:
        row = _LOGIN.ask(uow.connection, state_hash=content_hash(state.encode()))
    if row is None:
        return None
    return Login(**{field.name: getattr(row, field.name) for field in fields(Login)}), platform_of(row)


def cookie_of(state: str) -> str:
    """The name of the cookie of one login: several may be under way in one browser."""
    return f"hub_lti_{state[:8]}"


def storage_key(state: str) -> str:
    """Under which the platform keeps what the hub put there."""
    return f"hub_lti_{state}"


def _asking_platform(hub: Hub, given: Mapping[str, str]) -> Platform:
    issuer, client_id = given.get("iss", ""), given.get("client_id", "")
    with hub.reading() as uow:
        platform: Platform | None
        if client_id:
            platform = find_platform(uow, issuer, client_id)
            others: list[Any] = [] if platform else platforms_of_issuer(uow, issuer)
        else:
            others = platforms_of_issuer(uow, issuer)
            platform = others[0] if len(others) == 1 else None
    if platform is None and not others:
        raise Refused(
            "unknown_issuer", "The learning system that sent you is not connected to the training hub."
        )
    if platform is None and not client_id:
        raise Refused(
            "client_needed",
            "The learning system is connected more than once and did not say which one it is.",
        )
    if platform is None:
        raise Refused(
            "unknown_client", "The learning system names the training hub by an id that is not known."
        )
    if platform.disabled:
        raise Refused("platform_disabled", f"{platform.name} is switched off at the moment.", status=403)
    return platform


def _storage(platform: Platform, target: str, state: str) -> Storage | None:
    if not target or len(target) > MAX_STORAGE_TARGET or "\0" in target:
        return None
    return Storage(target, platform.origin, storage_key(state), secrets.token_urlsafe(32))


def _with_query(url: str, fields: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields))))))
