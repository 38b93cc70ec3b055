"""How far a partner's administrator has come with sign-in and list of people, as one list with what is left to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hub.access.roles import has_partner_admin
from hub.network.systems.connections import Connection, read_connection
from hub.network.systems.setup_links import SetupLink
from hub.network.views import names_of_partners
from hub.sso.onboarding.contacts import list_contacts
from hub.sso.onboarding.domains import Claim, list_domains
from hub.sso.onboarding.entered import has_entry
from hub.sso.onboarding.products import PRODUCTS, Product
from hub.sso.onboarding.provisioning import read_tokens
from hub.sso.policy import NO_POLICY, SignInPolicy, read_policy
from hub.sso.scim.tokens import TokenLine
from hub.store import UnitOfWork

ItemKey = Literal[
    "product", "provider", "mapping", "domains", "contacts", "trial", "switch", "provisioning", "admin"
]


@dataclass(frozen=True)
class Item:
    """One step. ``ready`` says that the steps it needs are done; ``needed`` that nothing is finished without it."""

    key: ItemKey
    done: bool
    ready: bool
    needed: bool = True


@dataclass(frozen=True)
class Checklist:
    """Everything the pages of a setup link show about sign-in and list of people."""

    partner: str
    connection: Connection | None
    product: Product | None
    entered: bool
    policy: SignInPolicy
    domains: Sequence[Claim]
    contacts: Sequence[str]
    tokens: Sequence[TokenLine]
    items: Sequence[Item]

    @property
    def left(self) -> int:
        """How many needed steps are left."""
        return sum(item.needed and not item.done for item in self.items)

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(item.done for item in self.items)

    @property
    def active_token(self) -> TokenLine | None:
        """The token that works now."""
        return next((token for token in self.tokens if token.state == "active"), None)


def read_checklist(uow: UnitOfWork, link: SetupLink) -> Checklist:
    """How far the work of this link has come; only with the parts that the link has."""
    connection = read_connection(uow, link.sign_in_id) if link.sign_in_id else None
    entered = connection is not None and has_entry(uow, connection)
    domains = list_domains(uow, connection.id) if connection else []
    contacts = list_contacts(uow, connection.id) if connection else []
    tokens = read_tokens(uow, link)
    is_on = connection is not None and not connection.disabled
    items: list[Item] = []
    if "sign_in" in link.parts:
        proved = any(claim.state != "open" for claim in domains)
        items += [
            Item("product", connection is not None, ready=True),
            Item("provider", entered, connection is not None),
            Item("mapping", entered and bool(connection), connection is not None, needed=False),
            Item("domains", proved, connection is not None, needed=False),
            Item("contacts", bool(contacts), connection is not None, needed=False),
            Item("trial", link.tried_at is not None, entered),
            Item("switch", is_on, link.tried_at is not None),
        ]
    if "provisioning" in link.parts:
        has_token = any(token.state == "active" for token in tokens)
        items.append(Item("provisioning", has_token, ready=True, needed="sign_in" not in link.parts))
    if "admin" in link.parts:
        items.append(Item("admin", has_partner_admin(uow, link.partner_id), ready=is_on, needed=False))
    return Checklist(
        partner=names_of_partners(uow, [link.partner_id]).get(link.partner_id, ""),
        connection=connection,
        product=PRODUCTS.get(link.product),
        entered=entered,
        policy=read_policy(uow, connection.id) if connection else NO_POLICY,
        domains=domains,
        contacts=contacts,
        tokens=tokens,
        items=items,
    )
