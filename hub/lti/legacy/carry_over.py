"""Carrying over what LTI 1.1 knew: a person's account to the new subject, a placement to the new link."""

from collections.abc import Mapping
from typing import Any

from hub.journal import audit
from hub.lti.bridge.deliveries import release_parked
from hub.lti.legacy.claim import NOTHING, Judged, OldIds, judge_claim, read_old_ids
from hub.network.people.identities import LTI_1P1_SUBJECT, LTI_SUBJECT, find_person, link_identity
from hub.network.people.person import lock_people
from hub.store import UnitOfWork


def old_ids(
    uow: UnitOfWork, connection_id: str, client_id: str, claims: Mapping[str, Any]
) -> tuple[OldIds, Judged | None]:
    """The old ids a message may be believed, which are none unless its claim is signed; and how the claim was judged."""
    judged = judge_claim(uow, connection_id, client_id, claims)
    return (read_old_ids(claims) if judged == "signed" else NOTHING), judged


def carry_over_person(uow: UnitOfWork, connection_id: str, old_key: str, new_key: str) -> str | None:
    """Let the new subject mean whom the old user_id means by the platform's roster; the person's id, None for nobody.

    A subject that means somebody already stays theirs: the caller asks only where it means nobody.
    """
    person_id = find_person(uow, connection_id, LTI_1P1_SUBJECT, old_key)
    if person_id is None:
        return None
    lock_people(uow, [person_id])  # two first launches at once
    link_identity(uow, connection_id, LTI_SUBJECT, new_key, person_id, "migration")
    release_parked(uow, connection_id, person_id)
    audit(uow, "lti_carried_over", person_id, actor_id=person_id, connection_id=connection_id)
    return person_id
