"""Which plugins run elsewhere. Each is switched per audience like any other, under its name with ``remote:`` before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hub.access.tables import api_token
from hub.audiences import tables
from hub.errors import BadInput, Conflict, Missing, Problem
from hub.journal import audit
from hub.store import UnitOfWork
from hub.words.phrase import say

PREFIX = "remote:"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class RemotePlugin:
    """A plugin that runs elsewhere. ``asked`` counts people it was asked about, ``unanswered`` those whose last question waits.

    ``on_for`` are keys of audiences; ``token_id`` is the token that its answers come with.
    """

    name: str
    token_id: str
    created_at: datetime
    ended_at: datetime | None
    asked: int
    unanswered: int
    on_for: tuple[str, ...]


def add_remote_plugin(uow: UnitOfWork, name: str, token_id: str, *, actor_id: str | None = None) -> None:
    """Let a plugin of this name be switched on. BadInput ``bad_name``; Conflict ``name_taken``, also by one that ended.

    What it says later stands with that name in reasons, so that nobody else gets it.
    """
    if not _NAME.fullmatch(name):
        problem = Problem(
            say("is a small letter and then small letters, digits and _, at most 40 in all"), "name"
        )
        raise BadInput("bad_name", "This cannot be the name of a plugin.", "", [problem])
    if uow.find(tables.remote_plugin, name=name) is not None:
        raise Conflict("name_taken", f"There is a remote plugin {name} already, or was one.")
    uow.insert(tables.remote_plugin, name=name, token_id=token_id, created_at=uow.now, ended_at=None)
    audit(uow, "remote_plugin_added", name, actor_id=actor_id)


def end_remote_plugin(uow: UnitOfWork, name: str, *, actor_id: str | None = None) -> bool:
    """Ask it nothing more and take no more answers; False when it had ended before. Missing ``no_remote_plugin``.

    What it wanted stays until it is switched off for its audiences.
    """
    table = tables.remote_plugin
    if uow.find(table, name=name) is None:
        raise missing()
    alive = sa.and_(table.c.name == name, table.c.ended_at.is_(None))
    if not uow.connection.execute(sa.update(table).where(alive).values(ended_at=uow.now)).rowcount:
        return False
    audit(uow, "remote_plugin_ended", name, actor_id=actor_id)
    return True


def plugin_of_token(uow: UnitOfWork, token_id: str) -> str:
    """The remote plugin that speaks with this token. Missing ``no_remote_plugin``, also for one that ended."""
    table = tables.remote_plugin
    name = uow.connection.scalar(sa.select(table.c.name).where(table.c.token_id == token_id, _in_force()))
    if name is None:
        raise missing()
    return str(name)


def is_remote_plugin(uow: UnitOfWork, plugin: str) -> bool:
    """Whether this is what switches call a remote plugin that did not end."""
    return plugin.startswith(PREFIX) and plugin.removeprefix(PREFIX) in remote_names(uow)


def remote_names(uow: UnitOfWork) -> list[str]:
    """Names of those that did not end."""
    name = tables.remote_plugin.c.name
    return list(uow.connection.scalars(sa.select(name).where(_in_force()).order_by(name)))


def _in_force() -> sa.ColumnElement[bool]:
    """It did not end, neither by itself nor with the token that it answers with."""
    table = tables.remote_plugin
    gone = sa.exists().where(api_token.c.id == table.c.token_id, api_token.c.revoked_at.is_not(None))
    return sa.and_(table.c.ended_at.is_(None), sa.not_(gone))


def list_remote_plugins(uow: UnitOfWork) -> Sequence[RemotePlugin]:
    """All of them, also those that ended, by name."""
    question, asked, switch = tables.remote_question, tables.asked, tables.audience_plugin
    answered = sa.exists().where(
        asked.c.person_id == question.c.person_id,
        asked.c.plugin == question.c.plugin,
        asked.c.question_hash == question.c.question_hash,
    )
    counts = {
        row.plugin: row
        for row in uow.connection.execute(
            sa.select(
                question.c.plugin,
                sa.func.count().label("asked"),
                sa.func.sum(sa.case((answered, 0), else_=1)).label("unanswered"),
            ).group_by(question.c.plugin)
        )
    }
    on_for: dict[str, list[str]] = {}
    switched = sa.select(switch.c.plugin, switch.c.audience).where(switch.c.valid_to.is_(None))
    for row in uow.connection.execute(switched.order_by(switch.c.audience)):
        on_for.setdefault(row.plugin, []).append(row.audience)
    found = []
    table = tables.remote_plugin
    ended = sa.func.coalesce(table.c.ended_at, api_token.c.revoked_at).label("ended")
    made = table.join(api_token, api_token.c.id == table.c.token_id)
    for row in uow.connection.execute(sa.select(table, ended).select_from(made).order_by(table.c.name)):
        plugin = PREFIX + row.name
        count = counts.get(plugin)
        asked_about, unanswered = (count.asked, int(count.unanswered)) if count else (0, 0)
        switches = tuple(on_for.get(plugin, ()))
        ended_at = row.ended
        found.append(
            RemotePlugin(row.name, row.token_id, row.created_at, ended_at, asked_about, unanswered, switches)
        )
    return found


def missing() -> Missing:
    """What is told of a remote plugin that is not there, or somebody else's."""
    return Missing("no_remote_plugin", "There is no such remote plugin.")
