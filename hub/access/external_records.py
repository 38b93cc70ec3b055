"""Who may see and keep records of training elsewhere: the person, and those who look after the people of the own employer (B72)."""

import sqlalchemy as sa

from hub.access.roles import require_partner_admin
from hub.errors import Missing
from hub.ids import is_id
from hub.network import tables as network
from hub.store import UnitOfWork
from hub.training import external_records as records
from hub.training.external_records import ExternalRecord, Said


def records_of_colleague(
    uow: UnitOfWork, admin_id: str, partner_id: str, person_id: str
) -> list[ExternalRecord]:
    """What somebody of the partner has on record there. NotAllowed ``not_partner_admin``; Missing ``no_person`` for others."""
    _require_colleague(uow, admin_id, partner_id, person_id)
    return records.read_records_of_employer(uow, person_id, partner_id)


def declare_for_colleague(uow: UnitOfWork, admin_id: str, partner_id: str, person_id: str, said: Said) -> str:
    """Note a training of somebody of the partner. Raises as ``records_of_colleague`` and ``declare_record``."""
    _require_colleague(uow, admin_id, partner_id, person_id)
    return records.declare_record(uow, person_id, said, actor_id=admin_id, by_partner=True)


def judge_for_partner(
    uow: UnitOfWork, admin_id: str, partner_id: str, record_id: str, *, accepted: bool
) -> ExternalRecord:
    """Accept or refuse what somebody of the partner declared. NotAllowed ``not_partner_admin``; Missing ``no_record`` for what is not seen."""
    require_partner_admin(uow, admin_id, partner_id)
    record = records.read_record_of_employer(uow, record_id, partner_id)
    records.judge_record(uow, record.id, accepted=accepted, actor_id=admin_id)
    return record


def remove_own(uow: UnitOfWork, person_id: str, record_id: str) -> None:
    """Delete what one declared oneself. Missing ``no_record`` for anything else."""
    record = records.read_record(uow, record_id)
    if record.person_id != person_id or record.by_partner:
        raise Missing("no_record", "There is no such training on record.")
    records.remove_record(uow, record.id, actor_id=person_id)


def _require_colleague(uow: UnitOfWork, admin_id: str, partner_id: str, person_id: str) -> None:
    require_partner_admin(uow, admin_id, partner_id)
    person = network.person
    here = sa.select(person.c.id).where(person.c.id == person_id, person.c.partner_id == partner_id)
    if not is_id(person_id) or uow.connection.scalar(here) is None:
        raise Missing("no_person", "There is no such person at your company.")
