"""Picking for another LMS: a deep linking request of a platform, while somebody chooses (Deep Linking 2.0, section 4.4).

The picker stands in the platform's frame, where no cookie of the hub works. Its address holds a token instead, which is good
for this one choice.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.errors import BadInput, Missing, NotAllowed
from hub.ids import content_hash, new_id
from hub.journal import audit
from hub.lti.content.catalogue import Shelf
from hub.lti.content.check_items import ACCEPTED_TYPE
from hub.lti.content.tables import lti_pick
from hub.lti.content.urls import is_loopback, origin, web_address
from hub.lti.refusals import Refused
from hub.lti.tool.platform_deployments import find_deployment
from hub.lti.tool.platforms import Platform, read_platform
from hub.lti.tool.roles import map_roles, may_pick
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM
from hub.sealing import Sealer
from hub.store import UnitOfWork

LIFETIME = timedelta(hours=1)
"""How long somebody may take to choose."""
SETTINGS_CLAIM = DEEP_LINKING_CLAIM + "deep_linking_settings"
_TARGETS = ("iframe", "window", "embed")
_MAX_TOKEN = 100


@dataclass(frozen=True)
class Pick:
    """An open choice. ``is_foreign`` when the answer goes to another host than the platform's own, which people are told.

    ``accept_line_item`` is None where the platform does not say; ``targets`` is how it can present what is picked.
    """

    id: str
    platform: Platform
    deployment_id: str
    person_id: str | None
    return_url: str
    accept_multiple: bool
    accept_line_item: bool | None
    targets: tuple[str, ...]
    data: Any
    shelf: Shelf

    @property
    def return_host(self) -> str:
        """Where the answer goes."""
        return urlsplit(self.return_url).hostname or ""

    @property
    def is_foreign(self) -> bool:
        """Whether that is none of the platform's hosts (row DL5 of the protocol tables)."""
        return self.return_host not in _hosts_of(self.platform)


@dataclass(frozen=True)
class Asker:
    """Who began a choice. ``frame_ancestors`` are the origins that may show its pages in a frame, as a policy names them."""

    connection_id: str
    person_id: str | None
    frame_ancestors: str


def begin_pick(uow: UnitOfWork, platform: Platform, claims: Mapping[str, Any], person_id: str | None) -> str:
    """The address of the picker for an accepted LtiDeepLinkingRequest; ``person_id`` None for somebody the hub does not know.

    Refuses ``not_instructor`` (who learns in a course does not choose what stands in it), ``no_settings``,
    ``bad_return_url``, ``insecure_return_url`` and ``type_not_accepted``.
    """
    if not may_pick(map_roles(claims.get(CLAIM + "roles", []))):
        raise Refused("not_instructor", "Only those who build a course choose what stands in it.", status=403)
    settings = claims.get(SETTINGS_CLAIM)
    if not isinstance(settings, dict):
        raise Refused("no_settings", "The message has no deep linking settings.")
    return_url = _read_return_url(platform, settings.get("deep_link_return_url"))
    types, targets = settings.get("accept_types"), settings.get("accept_presentation_document_targets")
    if not isinstance(types, list) or ACCEPTED_TYPE not in types:
        raise Refused(
            "type_not_accepted", f"{platform.name} takes no LTI links here, and the hub has nothing else."
        )
    token, data = secrets.token_urlsafe(32), settings.get("data")
    values: dict[str, Any] = {
        "id": new_id(),
        "token_hash": content_hash(token.encode()),
        "connection_id": platform.connection_id,
        "deployment_id": claims[CLAIM + "deployment_id"],
        "person_id": person_id,
        "return_url": return_url,
        "accept_multiple": _is_true(settings.get("accept_multiple")),
        "accept_line_item": None if (line := settings.get("accept_lineitem")) is None else _is_true(line),
        "targets": [t for t in _TARGETS if isinstance(targets, list) and t in targets],
        "sealed_data": None if data is None else Sealer(uow.settings.secret_keys).seal(json.dumps(data)),
        "expires_at": uow.now + LIFETIME,
    }
    uow.connection.execute(sa.insert(lti_pick).values(**values))
    if urlsplit(return_url).hostname not in _hosts_of(platform):
        audit(
            uow,
            "lti_pick",
            values["id"],
            actor_id=person_id,
            partner_id=platform.partner_id,
            connection_id=platform.connection_id,
            detail={"flag": "foreign_return_url", "host": urlsplit(return_url).hostname},
        )
    return uow.settings.url(f"/lti/tool/pick?token={token}")


def read_pick(uow: UnitOfWork, token: str) -> Pick:
    """The open choice with this token. Missing ``unknown_pick``, BadInput ``pick_expired`` or ``pick_used``."""
    table, row = lti_pick, None
    if 0 < len(token) <= _MAX_TOKEN:
        digest = content_hash(token.encode())
        row = uow.connection.execute(sa.select(table).where(table.c.token_hash == digest)).one_or_none()
    if row is None:
        raise Missing("unknown_pick", "There is no such choice.", _AGAIN)
    if row.used_at is not None:
        raise BadInput("pick_used", "This choice was sent already.", _AGAIN)
    if row.expires_at <= uow.now:
        raise BadInput("pick_expired", "Choosing took too long.", _AGAIN)
    platform = read_platform(uow, row.connection_id)
    deployment = find_deployment(uow, row.connection_id, row.deployment_id)
    if platform.disabled or deployment is None or deployment.state != "approved":
        raise NotAllowed("platform_disabled", f"{platform.name} is switched off at the moment.")
    data = (
        None
        if row.sealed_data is None
        else json.loads(Sealer(uow.settings.secret_keys).open(row.sealed_data))
    )
    return Pick(
        id=row.id,
        platform=platform,
        deployment_id=row.deployment_id,
        person_id=row.person_id,
        return_url=row.return_url,
        accept_multiple=row.accept_multiple,
        accept_line_item=row.accept_line_item,
        targets=tuple(row.targets),
        data=data,
        shelf=Shelf(row.connection_id, deployment.partner_id or platform.partner_id),
    )


def asker_of(uow: UnitOfWork, token: str) -> Asker | None:
    """Who began the choice with this token, be it open, used or expired."""
    table = lti_pick
    digest = content_hash(token.encode())
    row = uow.connection.execute(
        sa.select(table.c.connection_id, table.c.person_id, table.c.return_url).where(
            table.c.token_hash == digest
        )
    ).one_or_none()
    if row is None:
        return None
    ancestors = f"{read_platform(uow, row.connection_id).origin} {origin(urlsplit(row.return_url))}"
    return Asker(row.connection_id, row.person_id, ancestors)


def _read_return_url(platform: Platform, url: Any) -> str:
    """Where the answer goes: by https, unless the platform itself is on plain http on this machine (row DL5)."""
    address = web_address(url)
    if address is None:
        raise Refused("bad_return_url", f"{platform.name} does not say where to send what is chosen.")
    is_plain = urlsplit(platform.authorize_url).scheme == "http"
    if address.scheme == "http" and not (is_plain and is_loopback(address)):
        raise Refused("insecure_return_url", f"{platform.name} wants the choice sent without https.")
    return str(url)


def _hosts_of(platform: Platform) -> set[str | None]:
    return {urlsplit(url).hostname for url in (platform.issuer, platform.authorize_url)}


def _is_true(value: Any) -> bool:
    """Some platforms send booleans as texts."""
    return value is True or value == "true"


_AGAIN = "Go back to your course and start again there."
