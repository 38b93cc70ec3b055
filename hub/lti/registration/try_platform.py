"""Trying a platform: its keys, an access token, the gradebook and the roster, as the hub uses them itself.

Only reads are tried. What they need besides the registration, the addresses of services, comes with launches: until a first
launch those steps are left out, and say so.
"""

from collections.abc import Callable, Iterator
from itertools import islice

import sqlalchemy as sa

from hub.errors import OutsideFailed
from hub.exchange import Exchange, Step, shown
from hub.lti.bridge import tables as bridge
from hub.lti.bridge.nrps_client import NrpsClient
from hub.lti.bridge.outcome import ServiceFailed
from hub.lti.bridge.service import ServiceClient
from hub.lti.bridge.tokens import service_token
from hub.lti.registration.explain import explain
from hub.lti.registration.fetch_keys import try_keys
from hub.lti.tool import tables
from hub.lti.tool.platforms import Platform, read_platform
from hub.lti.vocabulary import LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE, LINE_ITEMS_TYPE, NRPS_SCOPE
from hub.runtime import Hub

TOKEN, LINE_ITEMS, MEMBERS = "Get an access token", "Read the gradebook", "Read the roster"
_NO_LAUNCH = "No launch has told the address of this service yet. Open the hub once from the LMS."
_LOOKED_AT = 50
"""Members that are counted."""


def try_platform(hub: Hub, connection_id: str) -> Exchange:
    """Try a platform, outside any unit; Missing ``no_platform`` when the connection has none.

    The access token is a new one, also when another is still good. Nothing that is shown names a person.
    """
    with hub.reading() as uow:
        platform = read_platform(uow, connection_id)
    return Exchange(list(_steps(hub, platform)))


def _steps(hub: Hub, platform: Platform) -> Iterator[Step]:
    if platform.disabled:
        message, advice = f"{platform.name} is switched off.", explain("platform_disabled").change
        yield Step("May it launch?", "failed", message, code="platform_disabled", advice=advice)
    else:
        yield Step("May it launch?", "done", "It is in use.")
    yield try_keys(hub, platform.connection_id, platform.jwks_url)
    token = _try_token(hub, platform)
    yield token
    for title, service in ((LINE_ITEMS, _line_items), (MEMBERS, _members)):
        if token.outcome != "done":
            yield Step(title, "skipped", "There is no access token.")
        else:
            yield service(hub, platform, title)


def _try_token(hub: Hub, platform: Platform) -> Step:
    if not platform.scopes:
        return Step(TOKEN, "skipped", "The platform lets the hub use none of its services.")
    table = bridge.lti_service_token
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.delete(table).where(table.c.connection_id == platform.connection_id))

    def ask() -> dict[str, str]:
        service_token(hub, platform, platform.scopes)
        return {"Scopes asked for": shown(" ".join(platform.scopes))}

    audience = platform.token_audience or platform.token_url
    sent = {"client_id": shown(platform.client_id), "aud": shown(audience)}
    return _try(TOKEN, f"POST {shown(platform.token_url)}", "The platform gives the hub a token.", ask, sent)


def _line_items(hub: Hub, platform: Platform, title: str) -> Step:
    scopes = [scope for scope in (LINE_ITEM_READ_SCOPE, LINE_ITEM_SCOPE) if scope in platform.scopes]
    if not scopes:
        return Step(title, "skipped", "The platform does not let the hub read line items.")
    url = _last_address(hub, platform, tables.lti_placement.c.line_items_url)
    if url is None:
        return Step(title, "skipped", _NO_LAUNCH)

    def ask() -> dict[str, str]:
        answer = ServiceClient(hub, platform).call("GET", url, scopes[:1], accept=LINE_ITEMS_TYPE)
        listed = answer.json()
        if not isinstance(listed, list):
            raise ServiceFailed(
                "bad_line_items", "What the platform calls a list of line items is none.", 200
            )
        return {"Line items": str(len(listed))}

    return _try(title, f"GET {shown(url)}", "The hub may read the gradebook.", ask)


def _members(hub: Hub, platform: Platform, title: str) -> Step:
    if NRPS_SCOPE not in platform.scopes:
        return Step(title, "skipped", "The platform does not let the hub read rosters.")
    url = _last_address(hub, platform, tables.lti_placement.c.members_url)
    if url is None:
        return Step(title, "skipped", _NO_LAUNCH)

    def ask() -> dict[str, str]:
        members = list(islice(NrpsClient(hub, platform).members(url), _LOOKED_AT))
        count = f"{_LOOKED_AT} or more" if len(members) == _LOOKED_AT else str(len(members))
        return {"Members": count}

    return _try(title, f"GET {shown(url)}", "The hub may read the roster.", ask)


def _try(
    title: str,
    request: str,
    done: str,
    ask: Callable[[], dict[str, str]],
    sent: dict[str, str] | None = None,
) -> Step:
    try:
        received = ask()
    except OutsideFailed as failure:
        status = failure.status_received if isinstance(failure, ServiceFailed) else None
        advice = explain(failure.code).change
        return Step(title, "failed", failure.message, request, status, failure.code, advice, sent or {})
    return Step(title, "done", done, request, 200, received=received)


def _last_address(hub: Hub, platform: Platform, column: sa.Column[str | None]) -> str | None:
    """The address of a service in the placement that a launch last told something new about."""
    table = tables.lti_placement
    with hub.reading() as uow:
        return uow.connection.scalar(
            sa.select(column)
            .where(table.c.connection_id == platform.connection_id, column.is_not(None))
            .order_by(table.c.seen_at.desc())
            .limit(1)
        )
