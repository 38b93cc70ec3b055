"""The first person of a partner who looks after its people, by a setup link: nobody at the hub has to know who it is.

Whoever has the link proves to be one of the partner's people by signing in with what the link connected. It works while the
partner has nobody in the role; later ones get it from operators.
"""

import sqlalchemy as sa

from hub.access.roles import grant_partner_admin, has_partner_admin
from hub.errors import Conflict
from hub.journal import audit
from hub.network.people.person import read_person
from hub.network.systems.setup_links import (
    ACTION,
    LinkRefused,
    SetupLink,
    check_allows,
    claim_setup_link,
)
from hub.network.systems.setup_steps import run_step
from hub.network.tables import partner
from hub.runtime import Hub
from hub.sso.onboarding.steps import sign_in_of
from hub.sso.sessions import Session
from hub.store import UnitOfWork

SIGNED_IN = "/setup/signed-in"
"""Where the browser comes back to after signing in. The link's secret stays out of the flow; a cookie has it."""


def sign_in_to_prove(hub: Hub, code: str, browser: str) -> str:
    """The slug of the sign-in by which whoever has the link proves who they are. Conflict ``sign_in_is_off``."""

    def step(uow: UnitOfWork) -> str:
        connection = sign_in_of(uow, _link(uow, code, browser))
        if connection.disabled:
            raise Conflict("sign_in_is_off", "Nobody can sign in with it yet.", "Switch it on first.")
        return connection.slug

    return run_step(hub, step)


def become_first_admin(hub: Hub, code: str, browser: str, session: Session | None) -> None:
    """Let whoever is signed in by the link's own sign-in look after the partner's people; audited and journaled.

    LinkRefused 403 ``not_signed_in_by_link`` for anybody else, Conflict ``has_partner_admin`` where somebody does so already.
    """

    def step(uow: UnitOfWork) -> None:
        link = _link(uow, code, browser)
        if session is None or not proves(uow, link, session):
            raise LinkRefused(
                "not_signed_in_by_link",
                "You are not signed in as one of the partner's people.",
                "Sign in with what you connected, in this browser.",
                status=403,
            )
        _take_turns(uow, link.partner_id)
        if has_partner_admin(uow, link.partner_id):
            raise Conflict(
                "has_partner_admin",
                "Somebody looks after the people of this partner already.",
                "Ask an operator of the training hub for the role.",
            )
        grant_partner_admin(uow, session.person_id, link.partner_id, link.created_by)
        audit(
            uow,
            ACTION,
            link.id,
            actor_id=session.person_id,
            partner_id=link.partner_id,
            connection_id=link.sign_in_id,
            detail={"done": "first_admin"},
        )

    run_step(hub, step)


def proves(uow: UnitOfWork, link: SetupLink, session: Session) -> bool:
    """Whether a session is of one of the partner's own people, by the sign-in that the link connected."""
    if session.looks_as_id is not None or session.connection_id != link.sign_in_id:
        return False
    return read_person(uow, session.person_id).partner_id == link.partner_id


def _take_turns(uow: UnitOfWork, partner_id: str) -> None:
    """Of two who come by two links at once, one is the first. On SQLite writing units take turns anyway."""
    if not uow.is_sqlite:
        mine = sa.select(partner.c.id).where(partner.c.id == partner_id)
        uow.connection.execute(mine.with_for_update(key_share=True)).all()


def _link(uow: UnitOfWork, code: str, browser: str) -> SetupLink:
    link = claim_setup_link(uow, code, browser)
    check_allows(link, "admin")
    return link
