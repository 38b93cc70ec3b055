"""A partner that an operator adds, before any file of the network names it."""

import sqlalchemy as sa

from hub.errors import BadInput, Conflict, Problem
from hub.ids import new_id
from hub.journal import Change, audit, record_changes
from hub.network import tables
from hub.network.apply_changes import apply_changes
from hub.network.snapshots import PartnerSnapshot
from hub.store import UnitOfWork
from hub.store.insert import insert_once

ACTION = "partner_added"
MAX_NAME = 200


def create_partner(uow: UnitOfWork, name: str, external_id: str = "", actor_id: str | None = None) -> str:
    """The id of a new partner. ``external_id`` is how network files will call it, so that an import finds it.

    BadInput ``bad_partner``; Conflict ``partner_exists`` for a name or an external id that is taken.
    """
    name, external_id = " ".join(name.split()), external_id.strip()
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadInput(
            "bad_partner",
            "A partner needs a name.",
            f"Enter at most {MAX_NAME} characters.",
            [Problem(f"needs 1 to {MAX_NAME} characters", "new_partner")],
        )
    if len(external_id) > MAX_NAME or not external_id.isprintable():
        raise BadInput(
            "bad_partner",
            "This cannot be how files call a partner.",
            "",
            [Problem("is too long", "external_id")],
        )
    same = sa.func.lower(tables.partner.c.name) == name.lower()
    if uow.connection.scalar(sa.select(sa.exists().where(same))):
        raise Conflict("partner_exists", f"There is already a partner {name}.", "Choose it from the list.")
    body: PartnerSnapshot = {"id": new_id(), "name": name, "kinds": []}
    record_changes(uow, [Change("partner_changed", body["id"], body)])
    apply_changes(uow, "partner_changed", [body])
    if external_id:
        key = {"kind": "partner", "external_id": external_id}
        # Without a hash: what the files say of it is new to the next import.
        if not insert_once(uow, tables.roster_key, **key, id=body["id"], content_hash=""):
            raise Conflict("partner_exists", f"The network files call another partner {external_id}.")
    audit(uow, ACTION, body["id"], actor_id=actor_id, partner_id=body["id"])
    return body["id"]
