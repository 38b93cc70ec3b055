"""Accepting a launch: one unit that uses up the state and writes down who came, from where, and what is opened."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from hub.errors import NotAllowed
from hub.journal import Change, audit, record_changes
from hub.lti.content.pick import begin_pick
from hub.lti.legacy.carry_over import carry_over_person, old_ids
from hub.lti.notices.platform_service import keep_notice_service
from hub.lti.refusals import Refused
from hub.lti.tool import tables
from hub.lti.tool.attempt import Attempt
from hub.lti.tool.entries import NewEntry, came_through, save_entry
from hub.lti.tool.login import START_AGAIN, Login
from hub.lti.tool.loops import refuse_loop
from hub.lti.tool.placements import save_placement, subject_key
from hub.lti.tool.platform_deployments import (
    PlatformDeployment,
    belongs_to_another,
    find_deployment,
    note_unknown,
)
from hub.lti.tool.platforms import Platform
from hub.lti.tool.roles import map_roles
from hub.lti.tool.target import Target, read_target
from hub.lti.tool.validate import Launch
from hub.network.people.identities import LTI_SUBJECT, find_person
from hub.network.people.person import Person, read_person, works_for
from hub.network.systems.link_proofs import Proof, keep_proof
from hub.network.tables import connection
from hub.runtime import Hub
from hub.store import UnitOfWork
from hub.store.driver import Command
from hub.training import tables as training
from hub.training.courses.course_access import allow_course, allow_courses
from hub.training.courses.offerings import read_steps

Outcome = Literal["open", "link", "anonymous", "pick", "pending"]


@dataclass(frozen=True)
class Accepted:
    """What happens next.

    ``open`` and ``link``: the browser takes ``code`` to the hub's own pages, where somebody known is signed in, or somebody
    unknown says who they are. ``anonymous``: a page without a session. ``pick``: on to ``address``, the picker.
    ``pending``: the deployment waits for approval.
    """

    outcome: Outcome
    platform: Platform
    title: str
    code: str = ""
    address: str = ""
    return_url: str = ""


def accept_launch(hub: Hub, launch: Launch, attempt: Attempt, *, in_frame: bool) -> Accepted:
    """Use up the launch; of twenty that bring the same message at once, in whatever process, one succeeds.

    Refuses ``state_used``, ``deployment_of_another``, ``deployment_refused``, ``launch_loop``, ``unknown_target``,
    ``unknown_subject`` where the platform's unknown people are refused, ``person_disabled``, ``left_partner`` and
    ``not_instructor``, and then nothing is written. A deployment that is new is kept as pending, and nothing else.
    """
    with hub.unit_of_work() as uow:
        _use_state(uow, launch.login)
        deployment = _deployment(uow, launch)
        if deployment is None or deployment.state == "pending":
            return _wait_for_approval(uow, launch, attempt, known=deployment is not None)
        if launch.message.is_deep_linking:
            return _pick(uow, launch, deployment, attempt)
        return _enter(uow, launch, deployment, attempt, in_frame=in_frame)


def consume_error(hub: Hub, login: Login) -> None:
    """Use up the state of a login that the platform answered with an error; refuses ``state_used``."""
    with hub.unit_of_work() as uow:
        _use_state(uow, login)


_USE = Command(
    sa.update(tables.lti_login)
    .where(tables.lti_login.c.state_hash == sa.bindparam("state"), tables.lti_login.c.used_at.is_(None))
    .values(used_at=sa.bindparam("now"))
)


def _use_state(uow: UnitOfWork, login: Login) -> None:
    if _USE.run(uow.connection, state=login.state_hash, now=uow.now) != 1:
        raise Refused("state_used", f"This launch was used before. {START_AGAIN}")


def _deployment(uow: UnitOfWork, launch: Launch) -> PlatformDeployment | None:
    platform, deployment_id = launch.platform, launch.message.deployment_id
    deployment = find_deployment(uow, platform.connection_id, deployment_id)
    if deployment is None and belongs_to_another(uow, platform.connection_id, platform.issuer, deployment_id):
        raise Refused("deployment_of_another", "The message comes from a deployment of another registration.")
    if deployment is not None and deployment.state == "refused":
        raise Refused(
            "deployment_refused",
            f"This part of {platform.name} may not open the training hub. Ask whoever looks after your course.",
            status=403,
        )
    return deployment


def _wait_for_approval(uow: UnitOfWork, launch: Launch, attempt: Attempt, *, known: bool) -> Accepted:
    """Keep the deployment for an operator to decide on; the launch itself is refused, with its one audit row."""
    platform, message = launch.platform, launch.message
    if not known:
        note_unknown(uow, platform.connection_id, message.deployment_id)
    audit(
        uow,
        "lti_entry",
        refused="deployment_pending",
        partner_id=platform.partner_id,
        connection_id=platform.connection_id,
        detail=attempt.as_detail(),
    )
    return Accepted("pending", platform, message.title, return_url=message.return_url)


def _pick(uow: UnitOfWork, launch: Launch, deployment: PlatformDeployment, attempt: Attempt) -> Accepted:
    """On to choosing content, which needs a role that may, and no account (LTI Deep Linking 2.0, section 2.1)."""
    platform, message = launch.platform, launch.message
    person_id = None
    if message.subject:
        key = subject_key(deployment, platform.partner_id, message.subject)
        person_id = attempt.person_id = find_person(uow, platform.connection_id, LTI_SUBJECT, key)
    address = begin_pick(uow, platform, launch.claims, person_id)
    new = NewEntry(
        platform.connection_id, message, Target("pick"), map_roles(message.roles), False, person_id
    )
    _audit_entry(uow, platform, save_entry(uow, new), person_id)
    return Accepted("pick", platform, message.title, address=address)


def _enter(
    uow: UnitOfWork, launch: Launch, deployment: PlatformDeployment, attempt: Attempt, *, in_frame: bool
) -> Accepted:
    platform, message = launch.platform, launch.message
    target = read_target(uow.settings, message.target_link_uri)
    if target is None or target.kind == "pick":
        raise Refused("bad_target", "The link does not lead to a page of the training hub.")
    key = subject_key(deployment, platform.partner_id, message.subject) if message.subject else ""
    keep_notice_service(uow, platform.connection_id, message.deployment_id, launch.claims)
    old, judged = old_ids(uow, platform.connection_id, platform.client_id, launch.claims)
    attempt.note(migration=judged)
    old_key = subject_key(deployment, platform.partner_id, old.user_id) if old.user_id else ""
    person = _person(uow, platform, deployment, key, old_key, attempt) if key else None
    offering_ids, title = _what_opens(uow, target, deployment.partner_id or platform.partner_id)
    if target.kind == "offering" and target.id:
        refuse_loop(uow, platform, target.id, person.id if person else None)
    placement = save_placement(uow, platform.connection_id, message, target, old)
    if person is not None and placement.has_column and not came_through(uow, person.id, placement.id):
        _note_entered(uow, placement.id, person.id)
    new = NewEntry(
        connection_id=platform.connection_id,
        message=message,
        target=target,
        role=map_roles(message.roles),
        in_frame=in_frame,
        person_id=person.id if person else None,
        placement_id=placement.id,
        code=new_code() if key else "",
    )
    entry_id = save_entry(uow, new)
    if not key:
        _audit_entry(uow, platform, entry_id, None, {"anonymous": True})
        return Accepted("anonymous", platform, message.title or title, return_url=message.return_url)
    if person is None:
        keep_proof(uow, new.code, Proof(platform.connection_id, LTI_SUBJECT, key))
        _audit_unknown(uow, platform, entry_id, attempt)
        return Accepted("link", platform, message.title or title, new.code)
    allow_courses(uow, person.id, offering_ids, platform.connection_id)
    _audit_entry(uow, platform, entry_id, person.id)
    return Accepted("open", platform, message.title or title, new.code)


def _note_entered(uow: UnitOfWork, placement_id: str, person_id: str) -> None:
    """Somebody's first launch from a place that has a column: the bridge tells it what they have completed so far."""
    body = {"placement_id": placement_id, "person_id": person_id}
    record_changes(uow, [Change("lti_placement_entered", placement_id, body, person_id=person_id)])


def new_code() -> str:
    """A one-time code in two parts: one for an address, one that stays in the browser's cookie or in a form."""
    return f"{secrets.token_urlsafe(32)}.{secrets.token_urlsafe(32)}"


def give_access(
    uow: UnitOfWork, person_id: str, target: Target, connection_id: str, partner_id: str | None
) -> None:
    """Let a person open what their learning system, which is one of ``partner_id``, has placed."""
    if target.kind == "offering" and target.id:
        allow_course(uow, person_id, target.id, connection_id)
    elif target.kind == "path":
        allow_courses(uow, person_id, _what_opens(uow, target, partner_id)[0], connection_id)


def _person(
    uow: UnitOfWork,
    platform: Platform,
    deployment: PlatformDeployment,
    key: str,
    old_key: str,
    attempt: Attempt,
) -> Person | None:
    """Who this subject is, by what was proved before or by the name it had under LTI 1.1; never by an e-mail address."""
    person_id = find_person(uow, platform.connection_id, LTI_SUBJECT, key)
    if person_id is None and old_key:
        person_id = carry_over_person(uow, platform.connection_id, old_key, key)
    attempt.person_id = person_id
    if person_id is None and platform.unknown_people == "refuse":
        raise Refused(
            "unknown_subject",
            f"The training hub does not know you by your account at {platform.name} yet. "
            "Ask your training administrator to connect it.",
            status=403,
        )
    if person_id is None:
        return None
    person = read_person(uow, person_id)
    if person.disabled:
        raise NotAllowed("person_disabled", "Your access to the training hub has been switched off.")
    refuse_left_partner(uow, person, deployment.partner_id or platform.partner_id, platform.name)
    return person


def refuse_left_partner(uow: UnitOfWork, person: Person, partner_id: str | None, name: str) -> None:
    """A partner's learning system opens the hub for that partner's own people; raises NotAllowed ``left_partner``."""
    if partner_id is not None and not works_for(uow, person, partner_id):
        raise NotAllowed("left_partner", f"{name} opens the training hub for its own people only.")


def _what_opens(uow: UnitOfWork, target: Target, partner_id: str | None) -> tuple[list[str], str]:
    """The offerings a target consists of, and its title; refuses ``unknown_target``.

    A partner's learning system opens courses of that partner and shared ones; those of others are as if they were not there.
    """
    if target.id is None:
        return [], "My training"
    title = _title(uow, target.kind, target.id)
    steps = [target.id] if target.kind == "offering" else read_steps(uow, [target.id]).get(target.id, [])
    if title is None or _are_of_others(uow, steps, partner_id):
        message = (
            "What this link opens is not in the training hub any more. Ask whoever looks after your course."
        )
        raise Refused("unknown_target", message, status=404)
    return steps, title


def _are_of_others(uow: UnitOfWork, offering_ids: Sequence[str], partner_id: str | None) -> bool:
    """Whether another partner's course is among these."""
    owner = connection.c.partner_id
    query = (
        sa.select(training.offering.c.id)
        .join(connection, connection.c.id == training.offering.c.connection_id)
        .where(training.offering.c.id.in_(offering_ids), owner.is_not(None))
    )
    others = query if partner_id is None else query.where(owner != partner_id)
    return uow.connection.scalar(others.limit(1)) is not None


def _title(uow: UnitOfWork, kind: str, id: str) -> str | None:
    table = training.offering if kind == "offering" else training.path
    found = uow.connection.scalar(sa.select(table.c.title).where(table.c.id == id))
    return None if found is None else str(found)


def _audit_entry(
    uow: UnitOfWork,
    platform: Platform,
    entry_id: str,
    person_id: str | None,
    detail: dict[str, bool] | None = None,
) -> None:
    audit(
        uow,
        "lti_entry",
        entry_id,
        actor_id=person_id,
        partner_id=platform.partner_id,
        connection_id=platform.connection_id,
        detail=detail,
    )


def _audit_unknown(uow: UnitOfWork, platform: Platform, entry_id: str, attempt: Attempt) -> None:
    audit(
        uow,
        "lti_entry",
        entry_id,
        refused="unknown_subject",
        partner_id=platform.partner_id,
        connection_id=platform.connection_id,
        detail=attempt.as_detail(),
    )
