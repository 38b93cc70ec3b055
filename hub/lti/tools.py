"""Tools: the LTI side of connections to LMSs, what the hub tells them and what they tell the hub."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, Unpack
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import BadInput, Conflict, Missing, Problem
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.lti import tables
from hub.lti.vocabulary import AGS_SCOPES
from hub.network.connections import create_connection, read_connection
from hub.network.tables import connection as connection_table
from hub.store import UnitOfWork

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Tool:
    """An LMS as LTI tool. ``disabled`` when the tool or its connection is switched off: then everything is refused."""

    connection_id: str
    slug: str
    name: str
    partner_id: str | None
    client_id: str
    deployment_id: str
    login_url: str
    launch_url: str
    redirect_uris: tuple[str, ...]
    jwks_url: str
    scopes: tuple[str, ...]
    shares_personal_data: bool
    disabled: bool


@dataclass(frozen=True)
class ToolRegistration:
    """What the LMS's administrator enters about the hub (LTI 1.3, section 3.1.3)."""

    connection_id: str
    issuer: str
    client_id: str
    deployment_id: str
    authorize_url: str
    token_url: str
    jwks_url: str
    scopes: tuple[str, ...]


class ToolSettings(TypedDict):
    """What an LMS's administrator tells the hub.

    ``redirect_uris`` are the addresses an id_token may be posted to, compared exactly; the launch URL if left out.
    ``scopes`` default to all of AGS, ``shares_personal_data`` (whether launches tell name and e-mail) to true.
    """

    login_url: str
    launch_url: str
    jwks_url: str
    redirect_uris: NotRequired[Sequence[str]]
    scopes: NotRequired[Sequence[str]]
    shares_personal_data: NotRequired[bool]


def connect_tool(
    uow: UnitOfWork, slug: str, name: str, partner_id: str | None = None, **settings: Unpack[ToolSettings]
) -> ToolRegistration:
    """Make a connection to an LMS and register it as LTI tool; ``partner_id`` None lets several partners share it.

    Raises BadInput ``bad_tool`` with one problem per wrong setting, Conflict when the slug is taken.
    """
    return add_tool(uow, create_connection(uow, slug, "lms", name, partner_id), **settings)


def add_tool(uow: UnitOfWork, connection_id: str, **settings: Unpack[ToolSettings]) -> ToolRegistration:
    """Register an LMS that already has a connection; as ``connect_tool``, and Conflict when it is a tool already."""
    if read_connection(uow, connection_id).kind != "lms":
        raise BadInput("not_an_lms", "Only a connection to an LMS can be an LTI tool.")
    if _row(uow, tables.lti_tool.c.connection_id == connection_id) is not None:
        raise Conflict("tool_exists", "This connection already is an LTI tool.")
    body: dict[str, Any] = {
        "connection_id": connection_id,
        "client_id": new_id(),
        "deployment_id": secrets.token_hex(8),
        "login_url": settings["login_url"],
        "launch_url": settings["launch_url"],
        "redirect_uris": list(settings.get("redirect_uris") or [settings["launch_url"]]),
        "jwks_url": settings["jwks_url"],
        "scopes": sorted(set(settings.get("scopes", AGS_SCOPES))),
        "shares_personal_data": settings.get("shares_personal_data", True),
        "disabled": False,
    }
    _check(body)
    _save(uow, body)
    audit(uow, "tool_connected", connection_id, connection_id=connection_id)
    return registration_of(read_tool(uow, connection_id), uow.settings)


def set_tool_disabled(uow: UnitOfWork, connection_id: str, *, disabled: bool) -> None:
    """Switch a tool off or on. While it is off its launches, tokens and services are refused at once.

    Tokens given out before are revoked for good, so that none comes back to life with the tool.
    """
    tool = tables.lti_tool
    row = _row(uow, tool.c.connection_id == connection_id)
    if row is None:
        raise Missing("no_tool", "There is no such LTI tool.")
    if row.disabled == disabled:
        return
    _save(uow, {**{name: getattr(row, name) for name in _CONFIGURED}, "disabled": disabled})
    if disabled:
        token = tables.lti_token
        uow.connection.execute(
            sa.update(token).where(token.c.connection_id == connection_id).values(revoked=True)
        )
    audit(uow, "tool_disabled" if disabled else "tool_enabled", connection_id, connection_id=connection_id)


def read_tool(uow: UnitOfWork, connection_id: str) -> Tool:
    """The tool of a connection; Missing when it has none."""
    row = _row(uow, tables.lti_tool.c.connection_id == connection_id)
    if row is None:
        raise Missing("no_tool", "This learning system cannot be launched by LTI.")
    return _tool(row)


def find_tool(uow: UnitOfWork, client_id: str) -> Tool | None:
    """The tool with this client_id, if there is one."""
    row = _row(uow, tables.lti_tool.c.client_id == client_id) if "\0" not in client_id else None
    return _tool(row) if row is not None else None


def registration_of(tool: Tool, settings: Settings) -> ToolRegistration:
    """What the administrator of the tool has to enter."""
    return ToolRegistration(
        connection_id=tool.connection_id,
        issuer=settings.public_url,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        authorize_url=settings.url("/lti/authorize"),
        token_url=settings.url("/lti/token"),
        jwks_url=settings.url("/lti/jwks"),
        scopes=tool.scopes,
    )


def apply_tool(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a tool as a change of kind ``lti_tool_changed`` has it (also used by a rebuild)."""
    tool = tables.lti_tool
    updated = uow.connection.execute(
        sa.update(tool).where(tool.c.connection_id == body["connection_id"]).values(**body)
    )
    if not updated.rowcount:
        uow.connection.execute(sa.insert(tool).values(**body))


_CONFIGURED = (
    "connection_id",
    "client_id",
    "deployment_id",
    "login_url",
    "launch_url",
    "redirect_uris",
    "jwks_url",
    "scopes",
    "shares_personal_data",
)


def _save(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    record_changes(uow, [Change("lti_tool_changed", body["connection_id"], body)])
    apply_tool(uow, body)


def _check(body: Mapping[str, Any]) -> None:
    urls = [(name, body[name]) for name in ("login_url", "launch_url", "jwks_url")]
    urls += [("redirect_uris", uri) for uri in body["redirect_uris"]]
    problems = [Problem(problem, name) for name, url in urls if (problem := _url_problem(url))]
    problems += [Problem(f"unknown scope {s}", "scopes") for s in body["scopes"] if s not in AGS_SCOPES]
    if problems:
        raise BadInput("bad_tool", "This LTI tool cannot be registered.", problems=problems)


def _url_problem(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{url} is not an address"
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.fragment:
        return f"{url} is not an http(s) address without user name and fragment"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return f"{url} must use https: plain http is allowed on loopback only"
    return ""


def _row(uow: UnitOfWork, where: sa.ColumnElement[bool]) -> sa.Row[Any] | None:
    tool, connection = tables.lti_tool, connection_table
    query: sa.Select[Any] = (
        sa.select(
            *(tool.c[name] for name in _CONFIGURED),
            tool.c.disabled,
            connection.c.slug,
            connection.c.name,
            connection.c.partner_id,
            connection.c.disabled.label("connection_disabled"),
        )
        .join(connection, connection.c.id == tool.c.connection_id)
        .where(where)
    )
    return uow.connection.execute(query).one_or_none()


def _tool(row: sa.Row[Any]) -> Tool:
    return Tool(
        connection_id=row.connection_id,
        slug=row.slug,
        name=row.name,
        partner_id=row.partner_id,
        client_id=row.client_id,
        deployment_id=row.deployment_id,
        login_url=row.login_url,
        launch_url=row.launch_url,
        redirect_uris=tuple(row.redirect_uris),
        jwks_url=row.jwks_url,
        scopes=tuple(row.scopes),
        shares_personal_data=row.shares_personal_data,
        disabled=row.disabled or row.connection_disabled,
    )
