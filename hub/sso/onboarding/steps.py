"""What a partner's administrator does with a setup link for the sign-in, step by step, each in a unit of its own.

Every step proves anew that the link is good and the browser the one that claimed it. A refused step leaves one audit row
and changes nothing else. The network is asked before the unit that writes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from hub.errors import BadInput, Conflict
from hub.exchange import Exchange
from hub.journal import audit
from hub.limits import Limit, count_request
from hub.network.systems.connections import (
    Connection,
    create_connection,
    read_connection,
    set_connection_disabled,
    set_connection_kind,
)
from hub.network.systems.setup_links import (
    ACTION,
    LinkRefused,
    SetupLink,
    attach_connection,
    check_allows,
    claim_setup_link,
    note_product,
    note_trial,
)
from hub.network.systems.setup_steps import audited, run_step
from hub.network.systems.slugs import free_slug
from hub.network.views import names_of_partners
from hub.runtime import Hub
from hub.sso.begin import begin_sign_in
from hub.sso.limits import TooManyRequests
from hub.sso.oidc.keys import PublicKey
from hub.sso.oidc.metadata import Metadata
from hub.sso.onboarding import domains
from hub.sso.onboarding.contacts import add_contact, drop_contact
from hub.sso.onboarding.dns_proof import Answer
from hub.sso.onboarding.enter_oidc import Entry, end_of_day
from hub.sso.onboarding.entered import has_entry
from hub.sso.onboarding.expiries import look_at
from hub.sso.onboarding.products import Protocol, find_guide
from hub.sso.policy import SignInPolicy, read_policy, save_policy
from hub.sso.trials import ARRIVAL, forget_trials, read_trial
from hub.store import UnitOfWork

BACK = "/setup/back"
"""Where the browser comes back to after a trial. The link's secret stays out of the flow; a cookie has it."""
NOT_IN_THE_HUB = frozenset({"unknown_subject", "left_partner", "mode_not_for_audience", "person_disabled"})
"""What a trial may end with all the same: who tries need not be one of the people who learn."""
ENTRIES = Limit("setup_provider", 30, 600)
"""Providers that are asked in ten minutes, for one connection."""


def choose_product(hub: Hub, code: str, browser: str, product: str, protocol: str) -> None:
    """Choose what people sign in with; the connection is made, switched off, and knows how the product names attributes.

    BadInput ``unknown_product`` or ``no_such_protocol``; Conflict ``sign_in_is_on``.
    """

    def step(uow: UnitOfWork) -> None:
        link = sign_in_link(uow, code, browser)
        guide = find_guide(product, protocol)
        connection_id = _connection_for(uow, link, cast(Protocol, protocol))
        policy = read_policy(uow, connection_id)
        save_policy(uow, connection_id, replace(policy, attributes=guide.attributes, refreshes_details=True))
        attach_connection(uow, link.id, connection_id, "sign_in_id")
        note_product(uow, link.id, product)
        untried(uow, link, connection_id)

    run_step(hub, step)


def enter_oidc(
    hub: Hub, code: str, browser: str, issuer: str, client_id: str, client_secret: str, secret_expires: str
) -> None:
    """Keep what the OpenID provider shows, after asking it. BadInput with each field; Conflict ``sign_in_is_on``."""

    def prepare(uow: UnitOfWork) -> tuple[str, Entry]:
        connection = switched_off(uow, sign_in_link(uow, code, browser), "oidc")
        entry = Entry(issuer, client_id, client_secret, end_of_day(secret_expires), uow.now)
        return connection.id, entry

    connection_id, entry = run_step(hub, prepare)

    def ask() -> tuple[Metadata, tuple[PublicKey, ...]]:
        refuse_many(hub, connection_id)
        return entry.ask(hub.http, connection_id)

    metadata, keys = audited(hub, ask)

    def step(uow: UnitOfWork) -> None:
        link = sign_in_link(uow, code, browser)
        connection = switched_off(uow, link, "oidc")
        entry.save(uow, connection.id, metadata, keys)
        entered(uow, link, connection.id)

    run_step(hub, step)


def refuse_many(hub: Hub, connection_id: str) -> None:
    """TooManyRequests where a link makes the hub ask providers again and again."""
    if count_request(hub, ENTRIES, connection_id) > ENTRIES.times:
        raise TooManyRequests(ENTRIES.seconds)


def entered(uow: UnitOfWork, link: SetupLink, connection_id: str) -> None:
    """What was tried before counts no longer; the audit trail says that something was entered."""
    untried(uow, link, connection_id)
    look_at(uow, [connection_id])
    audit(
        uow,
        ACTION,
        link.id,
        partner_id=link.partner_id,
        connection_id=connection_id,
        detail={"done": "entered"},
    )


def untried(uow: UnitOfWork, link: SetupLink, connection_id: str) -> None:
    """What was tried before counts no longer, in no browser: a trial that is still kept would say it did."""
    forget_trials(uow, connection_id)
    note_trial(uow, link.id, good=False)


def save_mapping(
    hub: Hub,
    code: str,
    browser: str,
    attributes: Mapping[str, str],
    *,
    creates_people: bool,
    refreshes_details: bool,
    default_location_id: str | None,
    default_position_id: str | None,
) -> None:
    """Keep which attributes mean what, and whether people come in by signing in. BadInput ``bad_policy`` with each field.

    The default place, of ids or None, is that of people who are new and of whom no place is told.
    Conflict ``sign_in_is_on`` where it would change who is let in, and as whom. Another mapping is to be tried anew.
    """

    def step(uow: UnitOfWork) -> None:
        link = sign_in_link(uow, code, browser)
        connection = sign_in_of(uow, link)
        before = read_policy(uow, connection.id)
        policy = replace(
            before,
            attributes={name: claim for name, claim in attributes.items() if claim},
            creates_people=creates_people,
            refreshes_details=refreshes_details,
            default_location_id=default_location_id,
            default_position_id=default_position_id,
        )
        if _lets_in(policy) != _lets_in(before):
            refuse_on(connection)
        save_policy(uow, connection.id, policy)
        if (policy.attributes, creates_people) != (before.attributes, before.creates_people):
            untried(uow, link, connection.id)

    run_step(hub, step)


def add_domain(hub: Hub, code: str, browser: str, text: str) -> None:
    """Claim a domain for the connection. As ``claim_domain``."""
    run_step(hub, lambda uow: domains.claim_domain(uow, _id(uow, code, browser), text))


def check_domain(hub: Hub, code: str, browser: str, domain: str) -> Answer:
    """Look the domain's proof up now. As ``domains.check_domain``."""
    connection_id = run_step(hub, lambda uow: _id(uow, code, browser))
    return audited(hub, lambda: domains.check_domain(hub, connection_id, domain)[1])


def drop_domain(hub: Hub, code: str, browser: str, domain: str) -> None:
    """Take a domain away again. As ``domains.drop_domain``; refused for one that an operator vouched for."""

    def step(uow: UnitOfWork) -> None:
        connection_id = _id(uow, code, browser)
        if domains.read_domain(uow, connection_id, domain).vouched_at:
            raise LinkRefused(
                "domain_is_vouched", "An operator of the hub put this domain here. Ask them.", status=403
            )
        domains.drop_domain(uow, connection_id, domain)

    run_step(hub, step)


def tell(hub: Hub, code: str, browser: str, email: str) -> None:
    """Let somebody be told what expires. As ``add_contact``."""
    run_step(hub, lambda uow: add_contact(uow, _id(uow, code, browser), email))


def tell_no_more(hub: Hub, code: str, browser: str, email: str) -> None:
    """As ``drop_contact``."""
    run_step(hub, lambda uow: drop_contact(uow, _id(uow, code, browser), email))


def begin_trial(hub: Hub, code: str, browser: str, flow_browser: str) -> str:
    """The provider's address for a sign-in on trial, which comes back to BACK. ``flow_browser`` is the flow's cookie.

    Conflict ``nothing_entered``; else as ``begin_sign_in``.
    """

    def step(uow: UnitOfWork) -> str:
        connection = sign_in_of(uow, sign_in_link(uow, code, browser))
        _refuse_empty(uow, connection)
        return connection.slug

    slug = run_step(hub, step)
    return begin_sign_in(hub, slug, flow_browser, BACK, purpose="try")


def end_trial(hub: Hub, code: str, browser: str, flow_browser: str) -> Exchange | None:
    """What the trial of this browser came to, remembered by the link where it went well; None where there was none."""

    def step(uow: UnitOfWork) -> Exchange | None:
        link = sign_in_link(uow, code, browser)
        exchange = read_trial(uow, sign_in_of(uow, link).id, flow_browser)
        if exchange is not None:
            note_trial(uow, link.id, good=is_good(exchange))
        return exchange

    return run_step(hub, step)


def is_good(exchange: Exchange) -> bool:
    """Whether the sign-in works. That the hub does not know who tried says nothing against it."""
    failed = [step for step in exchange.steps if step.outcome == "failed"]
    arrived = any(step.title == ARRIVAL for step in exchange.steps)
    return arrived and all(step.title == ARRIVAL and step.code in NOT_IN_THE_HUB for step in failed)


def switch(hub: Hub, code: str, browser: str, *, on: bool) -> None:
    """Let people sign in there, or no longer. Conflict ``nothing_entered`` or ``not_tried``."""

    def step(uow: UnitOfWork) -> None:
        link = sign_in_link(uow, code, browser)
        connection = sign_in_of(uow, link)
        if on:
            _refuse_empty(uow, connection)
            if link.tried_at is None:
                raise Conflict(
                    "not_tried",
                    "Nobody has signed in on trial yet with what is entered now.",
                    "Try it first: then you see what your provider sends.",
                )
        set_connection_disabled(uow, connection.id, disabled=not on)
        audit(
            uow,
            ACTION,
            link.id,
            partner_id=link.partner_id,
            connection_id=connection.id,
            detail={"done": "switched_on" if on else "switched_off"},
        )

    run_step(hub, step)


def sign_in_of(uow: UnitOfWork, link: SetupLink) -> Connection:
    """The connection that people sign in by; BadInput ``no_product`` before one was chosen."""
    if link.sign_in_id is None:
        raise BadInput(
            "no_product", "Nothing has been chosen yet.", "Choose what your people sign in with first."
        )
    return read_connection(uow, link.sign_in_id)


def _connection_for(uow: UnitOfWork, link: SetupLink, protocol: Protocol) -> str:
    """The connection of the link, made anew where there is none or where another protocol's settings hang from it."""
    if link.sign_in_id is not None:
        connection = read_connection(uow, link.sign_in_id)
        refuse_on(connection)
        if connection.kind == protocol:
            return connection.id
        if not has_entry(uow, connection):
            set_connection_kind(uow, connection.id, protocol)
            return connection.id
    name = names_of_partners(uow, [link.partner_id])[link.partner_id]
    slug = free_slug(uow, name, link.partner_id, "sign-in")
    connection_id = create_connection(uow, slug, protocol, name, link.partner_id)
    set_connection_disabled(uow, connection_id, disabled=True)
    return connection_id


def switched_off(uow: UnitOfWork, link: SetupLink, protocol: Protocol) -> Connection:
    """The link's connection for something to be entered; Conflict ``sign_in_is_on`` or ``another_protocol``."""
    connection = sign_in_of(uow, link)
    refuse_on(connection)
    if connection.kind != protocol:
        raise Conflict("another_protocol", "Something else was chosen.", "Go back to the steps.")
    return connection


def refuse_on(connection: Connection) -> None:
    """Conflict ``sign_in_is_on``: whoever is signed in could become somebody else by another provider's word."""
    if not connection.disabled:
        raise Conflict(
            "sign_in_is_on", "People sign in with this already.", "Switch it off before you change it."
        )


def _lets_in(policy: SignInPolicy) -> tuple[str, bool]:
    """What of a policy decides who comes in as whom: by which attribute people are found, and whether new ones come."""
    return policy.attributes.get("match", ""), policy.creates_people


def _refuse_empty(uow: UnitOfWork, connection: Connection) -> None:
    if not has_entry(uow, connection):
        raise Conflict(
            "nothing_entered", "Nothing of your provider has been entered yet.", "Take that step first."
        )


def sign_in_link(uow: UnitOfWork, code: str, browser: str) -> SetupLink:
    """The link, for the browser that has it, if it is about the sign-in; refuses as ``claim_setup_link`` and ``check_allows``."""
    link = claim_setup_link(uow, code, browser)
    check_allows(link, "sign_in")
    return link


def _id(uow: UnitOfWork, code: str, browser: str) -> str:
    return sign_in_of(uow, sign_in_link(uow, code, browser)).id
