"""Tools: the LTI side of connections to LMSs, what the hub tells them and what they tell the hub."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Unpack

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.lti import tables
from hub.lti.deployments import has_open_deployment, make_default_deployment
from hub.lti.remote_keys import KeySource
from hub.lti.tool_settings import (
    ToolChanges,
    ToolState,
    changed_settings,
    new_settings,
)
from hub.network.systems.connections import create_connection, read_connection
from hub.network.tables import connection as connection_table
from hub.store import UnitOfWork
from hub.store.driver import Question


@dataclass(frozen=True)
class Tool:
    """An LMS as LTI tool. ``disabled`` when the tool or its connection is switched off.

    ``deployment_id`` is its default deployment; ``deployed`` whether any of its deployments is switched on. ``state`` is
    pending for a tool that registered itself until somebody approves it.
    """

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
    state: ToolState = "active"
    deployed: bool = True
    deep_linking_url: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    domain: str = ""
    public_jwks: tuple[Mapping[str, str], ...] = ()

    @property
    def closed(self) -> str:
        """The reason code for which everything of this tool is refused now; empty while it is served."""
        if self.state != "active":
            return f"tool_{self.state}"
        if self.disabled:
            return "tool_disabled"
        return "" if self.deployed else "deployment_disabled"

    @property
    def closed_words(self) -> str:
        """The same in words, as the end of a sentence that begins with who it is."""
        return _CLOSED[self.closed]


_CLOSED = {
    "": "is in use.",
    "tool_pending": "is not approved yet.",
    "tool_refused": "was not approved.",
    "tool_disabled": "is switched off at the moment.",
    "deployment_disabled": "is switched off at the moment.",
}


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


def connect_tool(
    uow: UnitOfWork, slug: str, name: str, partner_id: str | None = None, **settings: Unpack[ToolChanges]
) -> ToolRegistration:
    """Make a connection to an LMS and register it as LTI tool; ``partner_id`` None lets several partners share it.

    ``login_url``, ``launch_url`` and one of ``jwks_url`` and ``public_jwks`` are needed. Raises BadInput ``bad_tool``
    with one problem per wrong setting, Conflict when the slug is taken.
    """
    return add_tool(uow, create_connection(uow, slug, "lms", name, partner_id), **settings)


def add_tool(uow: UnitOfWork, connection_id: str, **settings: Unpack[ToolChanges]) -> ToolRegistration:
    """Register an LMS that already has a connection; as ``connect_tool``, and Conflict when it is a tool already."""
    if read_connection(uow, connection_id).kind != "lms":
        raise BadInput("not_an_lms", "Only a connection to an LMS can be an LTI tool.")
    if _BY_CONNECTION.ask(uow.connection, connection_id=connection_id) is not None:
        raise Conflict("tool_exists", "This connection already is an LTI tool.")
    body = {
        "connection_id": connection_id,
        "client_id": new_id(),
        "deployment_id": secrets.token_hex(8),
        "disabled": False,
        **new_settings(settings),
    }
    _save(uow, body)
    make_default_deployment(uow, connection_id, body["deployment_id"])
    audit(uow, "tool_connected", connection_id, connection_id=connection_id, detail={"state": body["state"]})
    return registration_of(read_tool(uow, connection_id), uow.settings)


def update_tool(uow: UnitOfWork, connection_id: str, **settings: Unpack[ToolChanges]) -> ToolRegistration:
    """Change settings of a tool; client_id and deployments stay. The same again changes nothing; as ``add_tool``.

    Keys fetched from an address that is no longer the tool's are forgotten.
    """
    known = _configured(uow, connection_id)
    body = {**known, **changed_settings(known, settings)}
    if body != known:
        _save(uow, body)
        if body["jwks_url"] != known["jwks_url"]:
            tool = tables.lti_tool
            forgotten = {"jwks": None, "jwks_at": None, "jwks_tried_at": None}
            uow.connection.execute(
                sa.update(tool).where(tool.c.connection_id == connection_id).values(**forgotten)
            )
        changed = sorted(name for name in body if body[name] != known[name])
        audit(uow, "tool_updated", connection_id, connection_id=connection_id, detail={"changed": changed})
    return registration_of(read_tool(uow, connection_id), uow.settings)


def approve_tool(uow: UnitOfWork, connection_id: str) -> None:
    """Serve a tool that registered itself from now on; once more changes nothing."""
    _decide(uow, connection_id, "active", "tool_approved")


def refuse_tool(uow: UnitOfWork, connection_id: str) -> None:
    """Serve a tool that registered itself never, unless it is approved later; its tokens are revoked."""
    _decide(uow, connection_id, "refused", "tool_refused")


def set_tool_disabled(uow: UnitOfWork, connection_id: str, *, disabled: bool) -> None:
    """Switch a tool off or on. While it is off its launches, tokens and services are refused at once.

    Tokens given out before are revoked for good, so that none comes back to life with the tool.
    """
    known = _configured(uow, connection_id)
    if known["disabled"] == disabled:
        return
    _save(uow, {**known, "disabled": disabled})
    if disabled:
        revoke_tokens(uow, connection_id)
    audit(uow, "tool_disabled" if disabled else "tool_enabled", connection_id, connection_id=connection_id)


def revoke_tokens(uow: UnitOfWork, connection_id: str) -> None:
    """No access token given to this tool so far is good for anything from now on."""
    token = tables.lti_token
    uow.connection.execute(
        sa.update(token).where(token.c.connection_id == connection_id).values(revoked=True)
    )


def read_tool(uow: UnitOfWork, connection_id: str) -> Tool:
    """The tool of a connection; Missing when it has none."""
    row = _BY_CONNECTION.ask(uow.connection, connection_id=connection_id)
    if row is None:
        raise Missing("no_tool", "This learning system cannot be launched by LTI.")
    return _tool(row)


def find_tool(uow: UnitOfWork, client_id: str) -> Tool | None:
    """The tool with this client_id, if there is one."""
    row = _BY_CLIENT_ID.ask(uow.connection, client_id=client_id) if "\0" not in client_id else None
    return _tool(row) if row is not None else None


def key_source(tool: Tool) -> KeySource:
    """Where the public keys of a tool are."""
    return KeySource(tables.lti_tool, tool.connection_id, tool.jwks_url, tool.public_jwks)


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
    "public_jwks",
    "scopes",
    "shares_personal_data",
    "state",
    "deep_linking_url",
    "custom",
    "domain",
)


def _configured(uow: UnitOfWork, connection_id: str) -> dict[str, Any]:
    """All settings of a tool as the table keeps them."""
    tool = tables.lti_tool
    columns = (*(tool.c[name] for name in _CONFIGURED), tool.c.disabled, tool.c.asked)
    row = uow.connection.execute(
        sa.select(*columns).where(tool.c.connection_id == connection_id)
    ).one_or_none()
    if row is None:
        raise Missing("no_tool", "There is no such LTI tool.")
    return dict(row._mapping)


def _decide(uow: UnitOfWork, connection_id: str, state: ToolState, action: str) -> None:
    known = _configured(uow, connection_id)
    if known["state"] == state:
        return
    _save(uow, {**known, "state": state})
    if state != "active":
        revoke_tokens(uow, connection_id)
    audit(uow, action, connection_id, connection_id=connection_id)


def _save(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    record_changes(uow, [Change("lti_tool_changed", body["connection_id"], body)])
    apply_tool(uow, body)


def _by(key: str) -> Question:
    tool, connection = tables.lti_tool, connection_table
    return Question(
        sa.select(
            *(tool.c[name] for name in _CONFIGURED),
            tool.c.disabled,
            connection.c.slug,
            connection.c.name,
            connection.c.partner_id,
            connection.c.disabled.label("connection_disabled"),
            has_open_deployment(tool.c.connection_id).label("deployed"),
        )
        .join(connection, connection.c.id == tool.c.connection_id)
        .where(tool.c[key] == sa.bindparam(key))
    )


_BY_CONNECTION, _BY_CLIENT_ID = _by("connection_id"), _by("client_id")


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
        state=row.state,
        deployed=bool(row.deployed),
        deep_linking_url=row.deep_linking_url,
        custom=row.custom,
        domain=row.domain,
        public_jwks=tuple(row.public_jwks or ()),
    )
