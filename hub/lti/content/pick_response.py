"""The answer to a platform's deep linking request: what was picked, signed by the hub (Deep Linking 2.0, section 4.5)."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import BadInput
from hub.journal import audit
from hub.lti.authorize import FormPost
from hub.lti.content.catalogue import Pickable, read_pickable
from hub.lti.content.check_items import ACCEPTED_TYPE, MAX_TEXT, MAX_TITLE
from hub.lti.content.pick import SETTINGS_CLAIM, Pick
from hub.lti.content.tables import lti_pick
from hub.lti.platform_keys import sign
from hub.lti.tool.adapter import deep_link_jwt
from hub.lti.tool.target import Target, target_url
from hub.lti.vocabulary import CLAIM
from hub.store import UnitOfWork

MAX_PICKED = 200
MAXIMUM = 100
LIFETIME = timedelta(minutes=5)


def finish_pick(uow: UnitOfWork, pick: Pick, targets: Collection[str]) -> FormPost:
    """The signed answer for the platform: items for these targets, none when somebody cancels. A choice is sent once.

    ``targets`` are keys of ``Pickable``. Raises BadInput for a target that cannot be picked, for too many, and when the
    choice was sent meanwhile.
    """
    targets = set(targets)
    if len(targets) > (MAX_PICKED if pick.accept_multiple else 1):
        raise BadInput("too_many", f"{pick.platform.name} does not take that many at once.")
    picked = read_pickable(uow, pick.shelf, targets)
    if len(picked) != len(targets):
        raise BadInput(
            "unknown_target", "Something you chose is not in the catalogue any more.", "Choose again."
        )
    table = lti_pick
    used = uow.connection.execute(
        sa.update(table).where(table.c.id == pick.id, table.c.used_at.is_(None)).values(used_at=uow.now)
    )
    if used.rowcount != 1:
        raise BadInput("pick_used", "This choice was sent already.")
    platform = pick.platform
    audit(
        uow,
        "lti_pick",
        pick.id,
        actor_id=pick.person_id,
        partner_id=platform.partner_id,
        connection_id=platform.connection_id,
        detail={"targets": [one.key for one in picked]},
    )
    token = sign(uow, _message(uow, pick, content_items(uow.settings, pick, picked)))
    return FormPost(pick.return_url, {"JWT": token}, platform.name)


def content_items(settings: Settings, pick: Pick, picked: Sequence[Pickable]) -> list[dict[str, Any]]:
    """LTI resource links (section 3.2). The address alone says what is opened: custom parameters get lost in some LMSs."""
    items: list[dict[str, Any]] = []
    for one in picked:
        item: dict[str, Any] = {
            "type": ACCEPTED_TYPE,
            "url": target_url(settings, Target(one.kind, one.id)),
            "title": one.title[:MAX_TITLE],
        }
        if one.description:
            item["text"] = one.description[:MAX_TEXT]
        if pick.accept_line_item is not False:
            item["lineItem"] = {"label": item["title"], "scoreMaximum": MAXIMUM, "resourceId": one.id}
        if "window" in pick.targets:
            # The hub signs people in, which works in a window of its own only.
            item["window"] = {"targetName": "_blank"}
        items.append(item)
    return items


def _message(uow: UnitOfWork, pick: Pick, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The claims, by the hub's clock and with a nonce that tells nothing of this machine."""
    asked = {CLAIM + "deployment_id": pick.deployment_id, SETTINGS_CLAIM: {"data": pick.data}}
    return {
        **deep_link_jwt(pick.platform, asked, items),
        "iat": int(uow.now.timestamp()),
        "exp": int((uow.now + LIFETIME).timestamp()),
        "nonce": secrets.token_urlsafe(32),
    }
