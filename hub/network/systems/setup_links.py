"""Setup links: a partner's administrator connects the partner's systems without an account here and without a ticket.

A link is a secret in an address. It belongs to one partner, works in the one browser that claimed it, for some days, and
not again once its work is done. What may be connected are its parts; the rooms of the protocols bring the steps.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

import sqlalchemy as sa

from hub.errors import BadInput, HubError, Missing
from hub.ids import content_hash, is_id, new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.systems.connections import read_connection
from hub.store import UnitOfWork

ACTION = "setup_link"
"""Under which the audit trail has what happens to setup links."""
Part = Literal["tool", "platform", "sign_in", "provisioning", "admin"]
"""What a link lets one connect: an LMS whose courses the hub opens, one that opens courses of the hub, the partner's
sign-in, and the system that tells who works there. ``admin`` lets its first person look after the partner's people."""
Place = Literal["connection_id", "sign_in_id", "provisioning_id"]
"""Where a link remembers which connection came of it: the LMS, the sign-in, what tells who works there."""
LinkState = Literal["open", "claimed", "finished", "revoked", "expired"]
MAX_DAYS = 90
MAX_NAME = 255
PARTS: tuple[Part, ...] = ("tool", "platform", "sign_in", "provisioning", "admin")
_WORDS: dict[str, str] = {
    "tool": "connect a tool",
    "platform": "connect a platform",
    "sign_in": "connect a sign-in",
    "provisioning": "connect a system that tells who works there",
    "admin": "look after the people",
}
_ASK_AGAIN = "Ask whoever sent you the link for a new one."


class LinkRefused(HubError):
    """A setup link that does not open this, or nothing any more: 403 or 410."""

    def __init__(self, code: str, message: str, help: str = "", *, status: int) -> None:
        super().__init__(code, message, help)
        self.status = status


@dataclass(frozen=True)
class SetupLink:
    """A setup link, without its secret. ``product`` is the sign-in product that was chosen, empty until then.

    ``tried_at`` is when somebody last signed in on trial and all was well.
    """

    id: str
    partner_id: str
    parts: tuple[Part, ...]
    name: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None
    revoked_at: datetime | None
    connection_id: str | None
    sign_in_id: str | None
    provisioning_id: str | None
    product: str
    tried_at: datetime | None

    def state(self, now: datetime) -> LinkState:
        """What has become of it."""
        if self.finished_at:
            return "finished"
        if self.revoked_at:
            return "revoked"
        if self.expires_at <= now:
            return "expired"
        return "claimed" if self.claimed_at else "open"


@dataclass(frozen=True)
class NewLink:
    """A new link; its address is known only here."""

    id: str
    address: str


def make_setup_link(
    uow: UnitOfWork, partner_id: str, parts: Iterable[str], name: str, created_by: str | None, days: int = 7
) -> NewLink:
    """A link for the partner's administrator. BadInput ``bad_setup_link`` for wrong parts, name or number of days.

    ``admin`` goes with ``sign_in`` only: who looks after the people is whoever signed in by what the link connects.
    """
    wanted = set(parts)
    if (
        not wanted
        or not wanted <= set(PARTS)
        or ("admin" in wanted and "sign_in" not in wanted)
        or not 0 < len(name.strip()) <= MAX_NAME
        or not 1 <= days <= MAX_DAYS
    ):
        raise BadInput(
            "bad_setup_link",
            "A setup link needs something to connect, a name, and a number of days.",
            f"Choose a name of at most {MAX_NAME} characters and 1 to {MAX_DAYS} days.",
        )
    if not is_id(partner_id) or uow.find(tables.partner, id=partner_id) is None:
        raise Missing("no_partner", "There is no such partner.")
    code, link_id = secrets.token_urlsafe(32), new_id()
    values = {
        "id": link_id,
        "partner_id": partner_id,
        "parts": " ".join(part for part in PARTS if part in wanted),
        "name": name.strip(),
        "created_by": created_by,
        "created_at": uow.now,
        "expires_at": uow.now + timedelta(days=days),
    }
    uow.connection.execute(sa.insert(tables.setup_link).values(**values, code_hash=_hash(code)))
    _record(uow, link_id)
    audit(uow, ACTION, link_id, actor_id=created_by, partner_id=partner_id, detail={"done": "made"})
    return NewLink(link_id, uow.settings.url(f"/setup/{code}"))


def claim_setup_link(uow: UnitOfWork, code: str, browser: str) -> SetupLink:
    """The link with this code, for the browser that holds the secret ``browser``; the first one to come keeps it.

    To be called when somebody presses a button, not when the page is opened: mail programs open links to look at them.
    Raises Missing ``unknown_link``; LinkRefused 410 ``link_used``, ``link_revoked`` or ``link_expired``; LinkRefused 403
    ``link_of_another_browser``, also for a browser without a secret: it could be any.
    """
    row = _usable(uow, code)
    browser_hash = _hash(browser)
    if row.browser_hash is None and browser:
        table = tables.setup_link
        claimed = uow.connection.execute(
            sa.update(table)
            .where(table.c.id == row.id, table.c.browser_hash.is_(None))
            .values(browser_hash=browser_hash, claimed_at=uow.now)
        )
        row = _usable(uow, code)
        if claimed.rowcount:
            _record(uow, row.id)
            audit(uow, ACTION, row.id, partner_id=row.partner_id, detail={"done": "claimed"})
    if row.browser_hash != browser_hash:
        raise LinkRefused(
            "link_of_another_browser",
            "This setup link is in use in another browser. Go on there, or ask for a new link.",
            status=403,
        )
    return _link(row)


def peek_setup_link(uow: UnitOfWork, code: str) -> SetupLink:
    """The link with this code, for the page before the button; claims nothing, refuses as ``claim_setup_link`` does."""
    return _link(_usable(uow, code))


def attach_connection(
    uow: UnitOfWork, link_id: str, connection_id: str, place: Place = "connection_id"
) -> None:
    """Remember which connection came of the link. LinkRefused 403 ``link_of_another_partner`` for somebody else's."""
    link = read_setup_link(uow, link_id)
    if read_connection(uow, connection_id).partner_id != link.partner_id:
        raise LinkRefused(
            "link_of_another_partner",
            "This connection is not one of the partner for whom the setup link was made.",
            status=403,
        )
    if getattr(link, place) != connection_id:
        _change(uow, link_id, **{place: connection_id})


def note_product(uow: UnitOfWork, link_id: str, product: str) -> None:
    """Remember which product the partner signs in with."""
    _change(uow, link_id, product=product)


def note_trial(uow: UnitOfWork, link_id: str, *, good: bool) -> None:
    """Remember that a sign-in on trial went well just now, or that what it proved no longer counts."""
    _change(uow, link_id, tried_at=uow.now if good else None)


def finish_setup_link(uow: UnitOfWork, code: str, browser: str, connection_id: str | None = None) -> None:
    """The work is done: the link opens nothing any more. Refuses as ``claim_setup_link`` and ``attach_connection`` do.

    Without ``connection_id`` it is the connection that was attached; BadInput ``nothing_connected`` when there is none.
    """
    link = claim_setup_link(uow, code, browser)
    if connection_id is not None:
        attach_connection(uow, link.id, connection_id)
    connection_id = connection_id or link.connection_id or link.sign_in_id or link.provisioning_id
    if connection_id is None:
        raise BadInput(
            "nothing_connected", "Nothing has been connected yet.", "Take the steps of the list first."
        )
    _change(uow, link.id, finished_at=uow.now)
    audit(
        uow,
        ACTION,
        link.id,
        partner_id=link.partner_id,
        connection_id=connection_id,
        detail={"done": "finished"},
    )


def revoke_setup_link(uow: UnitOfWork, link_id: str, actor_id: str | None) -> None:
    """Let a link open nothing any more; one that is finished or revoked stays as it is. Missing when there is none."""
    link = read_setup_link(uow, link_id)
    if link.revoked_at or link.finished_at:
        return
    _change(uow, link_id, revoked_at=uow.now)
    audit(uow, ACTION, link_id, actor_id=actor_id, partner_id=link.partner_id, detail={"done": "revoked"})


def read_setup_link(uow: UnitOfWork, link_id: str) -> SetupLink:
    """The link with this id; Missing ``unknown_link`` when there is none."""
    table = tables.setup_link
    row = (
        uow.connection.execute(sa.select(table).where(table.c.id == link_id)).one_or_none()
        if is_id(link_id)
        else None
    )
    if row is None:
        raise _unknown()
    return _link(row)


def list_setup_links(uow: UnitOfWork, partner_id: str | None = None, limit: int = 100) -> list[SetupLink]:
    """The newest links, of one partner or of all."""
    table = tables.setup_link
    query = sa.select(table).order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit)
    if partner_id is not None:
        query = query.where(table.c.partner_id == partner_id)
    return [_link(row) for row in uow.connection.execute(query)]


def check_link_is_open(uow: UnitOfWork, link_id: str) -> SetupLink:
    """The link, if what it began may still go on; LinkRefused 410 when it is finished, revoked or expired."""
    link = read_setup_link(uow, link_id)
    _check_open(link, uow.now)
    return link


def check_allows(link: SetupLink, part: Part) -> None:
    """LinkRefused 403 ``link_for_something_else`` unless the link lets one connect this."""
    if part not in link.parts:
        raise LinkRefused(
            "link_for_something_else", f"The setup link does not let you {_WORDS[part]}.", status=403
        )


def _usable(uow: UnitOfWork, code: str) -> sa.Row[Any]:
    table = tables.setup_link
    row = uow.connection.execute(sa.select(table).where(table.c.code_hash == _hash(code))).one_or_none()
    if row is None:
        raise _unknown()
    _check_open(_link(row), uow.now)
    return row


def _check_open(link: SetupLink, now: datetime) -> None:
    match link.state(now):
        case "finished":
            raise LinkRefused(
                "link_used", f"This setup link has done its work already. {_ASK_AGAIN}", status=410
            )
        case "revoked":
            raise LinkRefused("link_revoked", f"This setup link was taken back. {_ASK_AGAIN}", status=410)
        case "expired":
            raise LinkRefused("link_expired", f"This setup link has expired. {_ASK_AGAIN}", status=410)


def _unknown() -> Missing:
    return Missing("unknown_link", "There is no such setup link.", "Check that you opened the whole address.")


def _change(uow: UnitOfWork, link_id: str, **values: Any) -> None:
    table = tables.setup_link
    uow.connection.execute(sa.update(table).where(table.c.id == link_id).values(**values))
    _record(uow, link_id)


def _record(uow: UnitOfWork, link_id: str) -> None:
    """The journal has the link as it is now, but for the hashes of its secrets."""
    body = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in vars(read_setup_link(uow, link_id)).items()
    }
    record_changes(uow, [Change("setup_link_changed", link_id, body)])


def _link(row: sa.Row[Any]) -> SetupLink:
    values = {name: getattr(row, name) for name in SetupLink.__dataclass_fields__}
    return SetupLink(**{**values, "parts": cast("tuple[Part, ...]", tuple(row.parts.split()))})


def _hash(secret: str) -> str:
    return content_hash(secret.encode("utf-8", "surrogatepass"))
