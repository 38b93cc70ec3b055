"""How a flow ends once its connection has proved somebody, by what the flow was begun for: the same for all protocols."""

from datetime import datetime, timedelta

from hub.config import Settings
from hub.errors import NotAllowed
from hub.runtime import Hub
from hub.sso.arrive import Assertion, SignedIn, arrive, refuse_switched_off
from hub.sso.flows import LIFETIME, Flow, Purpose
from hub.sso.linking import link_arrived
from hub.sso.refusals import TELL_ADMINISTRATOR, Attempt
from hub.sso.sessions import Proved, Session
from hub.store import UnitOfWork

LEEWAY = timedelta(seconds=60)
OPERATORS = ("/admin", "/network", "/invitations")


def finish(
    hub: Hub, flow: Flow, assertion: Assertion, attempt: Attempt, old_session: str = "", device: str = ""
) -> SignedIn:
    """Let in whom the connection proved (``sign_in``), renew the session of who had to prove more (``step_up``) or anew
    (``again``), or add a sign-in (``link``).

    ``old_session`` is the token that the browser held before; that session ends, unless a sign-in was added to it: then
    there is no new token. Raises what ``arrive`` and ``link_arrived`` do, and
    NotAllowed ``another_person``, ``acr_too_weak`` or ``not_authenticated_again`` for what had to be proved anew; then
    nothing is written.
    """
    with hub.unit_of_work() as uow:
        token = finish_in(uow, flow, assertion, attempt, old_session, device)
    return finished(flow, token)


def finish_in(
    uow: UnitOfWork,
    flow: Flow,
    assertion: Assertion,
    attempt: Attempt,
    old_session: str = "",
    device: str = "",
) -> str:
    """The part of ``finish`` inside a unit; what it returns goes to ``finished`` when the unit is over."""
    if flow.purpose == "link":
        _check_fresh(uow, assertion.proved)
        link_arrived(uow, flow, assertion, attempt, old_session)
        return ""
    token = arrive(uow, assertion, attempt, old_session, device)
    if token and flow.purpose in {"again", "step_up"}:
        _refuse_another(flow, attempt.person_id)
    if token and flow.purpose == "step_up":
        _check_step_up(uow, flow, assertion.proved)
    if token and flow.purpose == "again":
        _check_fresh(uow, assertion.proved)
    return token


def finished(flow: Flow, token: str) -> SignedIn:
    """The sign-in that is over; NotAllowed ``person_disabled``, whose ends of sessions are kept by now."""
    if flow.purpose != "link":
        refuse_switched_off(token)
    return SignedIn(token, flow.return_to)


def wanted_acr(settings: Settings, purpose: Purpose, return_to: str, required: str) -> str:
    """The ways of authentication that are asked for, and that answers are held against, parted by spaces; empty for any.

    On the way to operators' pages those of the settings, where they name any; else ``required`` by the connection.
    """
    return (purpose == "step_up" and is_for_operators(return_to) and settings.admin_acr) or required


def joined_acr(asked: str, required: str) -> str:
    """What to ask a provider for: what is ``asked`` for this one time comes before what its connection requires."""
    return " ".join(dict.fromkeys([*asked.split(), *required.split()]))


def check_acr(required: str, acr: str, name: str) -> None:
    """NotAllowed ``acr_too_weak`` unless ``acr`` is among the required ones, where any are; they are parted by spaces."""
    if required and acr not in required.split():
        raise NotAllowed(
            "acr_too_weak",
            f"{name} signed you in, but not as strongly as is needed here.",
            f"Sign in again with a second factor, if you have one. {TELL_ADMINISTRATOR}",
        )


def is_strong(settings: Settings, session: Session, now: datetime) -> bool:
    """Whether a session was proved as the settings ask of operators: by ``admin_acr``, within ``admin_minutes``."""
    if settings.admin_acr and session.acr not in settings.admin_acr.split():
        return False
    return not settings.admin_minutes or session.authenticated_at > now - timedelta(
        minutes=settings.admin_minutes
    )


def is_for_operators(return_to: str) -> bool:
    """Whether a step-up leads to operators' pages, for which the settings ask for more than the same person."""
    return return_to.startswith(OPERATORS)


def _refuse_another(flow: Flow, person_id: str | None) -> None:
    """Where one person was asked to prove it anew, that one has to come back; a client's ``prompt=login`` asks whoever is there."""
    is_for_anybody = flow.purpose == "again" and flow.person_id is None
    if person_id != flow.person_id and not is_for_anybody:
        raise NotAllowed(
            "another_person",
            "Somebody else signed in than the one who was asked to.",
            "Go back and sign in again with the same account.",
        )


def _check_step_up(uow: UnitOfWork, flow: Flow, proved: Proved) -> None:
    """For operators' pages: by a way that ``admin_acr`` names, within ``admin_minutes``."""
    if not is_for_operators(flow.return_to):
        return
    check_acr(uow.settings.admin_acr, proved.acr, "Your provider")
    minutes = uow.settings.admin_minutes
    oldest = uow.now - timedelta(minutes=minutes) - LEEWAY
    if minutes and (proved.authenticated_at is None or proved.authenticated_at < oldest):
        raise _not_again()


def _check_fresh(uow: UnitOfWork, proved: Proved) -> None:
    """Proved since the flow can have begun: what somebody had left open at the provider hours ago does not count."""
    if proved.authenticated_at is None or proved.authenticated_at < uow.now - LIFETIME - LEEWAY:
        raise _not_again()


def _not_again() -> NotAllowed:
    return NotAllowed(
        "not_authenticated_again",
        "Your provider did not ask you to sign in again, or does not say that it did.",
        f"Sign out there, then try again. {TELL_ADMINISTRATOR}",
    )
