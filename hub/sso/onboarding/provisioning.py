"""What a partner's administrator does with a setup link so that the partner's system tells the hub who works there (SCIM 2.0)."""

from datetime import timedelta

from hub.errors import BadInput
from hub.network.systems.setup_links import SetupLink, attach_connection, check_allows, claim_setup_link
from hub.network.systems.setup_steps import run_step
from hub.network.systems.slugs import free_slug
from hub.network.views import names_of_partners
from hub.runtime import Hub
from hub.sso.onboarding.expiries import look_at
from hub.sso.scim.happened import Happened, last_requests
from hub.sso.scim.names import TOKEN_DAYS
from hub.sso.scim.tokens import TokenLine, connect_client, list_tokens, make_token, revoke_token
from hub.store import UnitOfWork

LABEL = "by setup link"
MAX_REQUESTS = 10


def make_scim_token(hub: Hub, code: str, browser: str) -> str:
    """A new token for the partner's SCIM client, shown this once; its connection is made with the first one.

    Earlier tokens of this link end, so that a token that went astray is replaced by pressing the button again.
    """

    def step(uow: UnitOfWork) -> str:
        link = _link(uow, code, browser)
        connection_id = link.provisioning_id or _connect(uow, link)
        for line in _tokens(uow, connection_id):
            if line.state == "active":
                revoke_token(uow, connection_id, line.id)
        made = make_token(uow, connection_id, LABEL, uow.now + timedelta(days=TOKEN_DAYS))
        look_at(uow, [connection_id])
        return made.token

    return run_step(hub, step)


def stop_provisioning(hub: Hub, code: str, browser: str) -> None:
    """Let the tokens of this link end. BadInput ``nothing_connected`` where there is none."""

    def step(uow: UnitOfWork) -> None:
        link = _link(uow, code, browser)
        if link.provisioning_id is None:
            raise BadInput("nothing_connected", "No token has been made yet.", "There is nothing to end.")
        for line in _tokens(uow, link.provisioning_id):
            if line.state == "active":
                revoke_token(uow, link.provisioning_id, line.id)
        look_at(uow, [link.provisioning_id])

    run_step(hub, step)


def read_tokens(uow: UnitOfWork, link: SetupLink) -> list[TokenLine]:
    """The tokens that were made with this link, the newest first."""
    return _tokens(uow, link.provisioning_id) if link.provisioning_id else []


def read_requests(uow: UnitOfWork, link: SetupLink) -> list[Happened]:
    """What the partner's client asked last, with the reason where it was refused; without anything about people."""
    return last_requests(uow, link.provisioning_id, MAX_REQUESTS) if link.provisioning_id else []


def _tokens(uow: UnitOfWork, connection_id: str) -> list[TokenLine]:
    return [line for line in list_tokens(uow, connection_id) if line.label == LABEL]


def _connect(uow: UnitOfWork, link: SetupLink) -> str:
    name = names_of_partners(uow, [link.partner_id])[link.partner_id]
    slug = free_slug(uow, f"{name} people", link.partner_id, "people")
    connection_id = connect_client(uow, slug, f"People of {name}", link.partner_id)
    attach_connection(uow, link.id, connection_id, "provisioning_id")
    return connection_id


def _link(uow: UnitOfWork, code: str, browser: str) -> SetupLink:
    link = claim_setup_link(uow, code, browser)
    check_allows(link, "provisioning")
    return link
