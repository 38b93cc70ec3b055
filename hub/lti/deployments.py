"""Deployments: one registration of a tool in use at several partners (LTI 1.3, section 3.1.3)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from hub.errors import BadInput, Missing
from hub.journal import Change, audit, record_changes
from hub.lti import tables
from hub.network.tables import partner
from hub.store import UnitOfWork

_LONGEST_ID = 100


@dataclass(frozen=True)
class Deployment:
    """A deployment of a tool. With ``partner_id`` it is for the people of that partner; the default one has none."""

    connection_id: str
    deployment_id: str
    partner_id: str | None
    name: str
    disabled: bool


def deployment_for(uow: UnitOfWork, connection_id: str, partner_id: str, default_id: str) -> Deployment:
    """The deployment of a tool in which people of a partner are launched: the partner's own, else the default one."""
    table = tables.lti_deployment
    is_own = table.c.partner_id == partner_id
    row = uow.connection.execute(
        sa.select(table)
        .where(
            table.c.connection_id == connection_id,
            sa.or_(is_own, table.c.deployment_id == default_id),
        )
        .order_by(sa.case((is_own, 0), else_=1), table.c.disabled, table.c.deployment_id)
        .limit(1)
    ).one()
    return _deployment(row)


def read_deployment(uow: UnitOfWork, connection_id: str, deployment_id: str) -> Deployment:
    """One deployment; Missing when the tool has none with this id."""
    table = tables.lti_deployment
    row = uow.connection.execute(
        sa.select(table).where(table.c.connection_id == connection_id, table.c.deployment_id == deployment_id)
    ).one_or_none()
    if row is None:
        raise Missing("no_deployment", "This tool has no such deployment.")
    return _deployment(row)


def list_deployments(uow: UnitOfWork, connection_id: str) -> list[Deployment]:
    """All deployments of a tool, in the order of their ids."""
    table = tables.lti_deployment
    rows = uow.connection.execute(
        sa.select(table).where(table.c.connection_id == connection_id).order_by(table.c.deployment_id)
    )
    return [_deployment(row) for row in rows]


def save_deployment(
    uow: UnitOfWork,
    connection_id: str,
    deployment_id: str | None,
    *,
    partner_id: str | None,
    name: str,
    disabled: bool,
) -> Deployment:
    """Add a deployment, or change one; None makes a new id. The same again changes nothing.

    A deployment that is switched off refuses launches and scores of its people at once; when it is the tool's last one,
    the tool's tokens are revoked. Raises Missing for an unknown tool or partner, BadInput for an id that cannot be one.
    """
    wanted = Deployment(
        connection_id, deployment_id or secrets.token_hex(8), partner_id, name.strip(), disabled
    )
    if not _is_deployment_id(wanted.deployment_id):
        raise BadInput(
            "bad_deployment_id",
            f"A deployment id has 1 to {_LONGEST_ID} characters that can be printed in ASCII.",
        )
    _check_references(uow, wanted)
    if wanted in list_deployments(uow, connection_id):
        return wanted
    _save(uow, wanted)
    _revoke_if_closed(uow, connection_id)
    audit(
        uow,
        "deployment_changed",
        connection_id,
        connection_id=connection_id,
        partner_id=partner_id,
        detail={"deployment_id": wanted.deployment_id, "disabled": disabled},
    )
    return wanted


def make_default_deployment(uow: UnitOfWork, connection_id: str, deployment_id: str) -> None:
    """The deployment every tool has from the start, for people for whom no other is meant."""
    _save(uow, Deployment(connection_id, deployment_id, partner_id=None, name="", disabled=False))


def has_open_deployment(connection_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether any deployment of a tool is switched on, as part of a query."""
    table = tables.lti_deployment
    return sa.exists().where(table.c.connection_id == connection_id, ~table.c.disabled)


def apply_deployment(uow: UnitOfWork, body: Mapping[str, Any]) -> None:
    """Write a deployment as a change of kind ``lti_deployment_changed`` has it."""
    table = tables.lti_deployment
    mine = sa.and_(
        table.c.connection_id == body["connection_id"], table.c.deployment_id == body["deployment_id"]
    )
    if not uow.connection.execute(sa.update(table).where(mine).values(**body)).rowcount:
        uow.connection.execute(sa.insert(table).values(**body))


def _save(uow: UnitOfWork, deployment: Deployment) -> None:
    body = dict(vars(deployment))
    record_changes(uow, [Change("lti_deployment_changed", deployment.connection_id, body)])
    apply_deployment(uow, body)


def _check_references(uow: UnitOfWork, wanted: Deployment) -> None:
    tool = tables.lti_tool
    known = sa.select(tool.c.deployment_id).where(tool.c.connection_id == wanted.connection_id)
    default = uow.connection.scalar(known)
    if default is None:
        raise Missing("no_tool", "There is no such LTI tool.")
    if wanted.partner_id and not uow.connection.scalar(
        sa.select(partner.c.id).where(partner.c.id == wanted.partner_id)
    ):
        raise Missing("no_partner", "There is no such partner.")
    if default == wanted.deployment_id and wanted.partner_id:
        raise BadInput("default_deployment", "The default deployment is for everybody, not for one partner.")


def _revoke_if_closed(uow: UnitOfWork, connection_id: str) -> None:
    """No token comes back to life when a tool without any open deployment gets one again."""
    token = tables.lti_token
    uow.connection.execute(
        sa.update(token)
        .where(token.c.connection_id == connection_id, ~has_open_deployment(token.c.connection_id))
        .values(revoked=True)
    )


def _is_deployment_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable()


def _deployment(row: sa.Row[Any]) -> Deployment:
    return Deployment(row.connection_id, row.deployment_id, row.partner_id, row.name, row.disabled)
