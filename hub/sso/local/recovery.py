"""Getting back in by mail. Asking is the same work for every address: a worker looks whether anybody has it."""

import sqlalchemy as sa

from hub.ids import new_id
from hub.journal import Delivery, audit, enqueue
from hub.journal.outbox import Handler
from hub.limits import Limit
from hub.network.people.provision import clean_text
from hub.runtime import Hub
from hub.sso.limits import refuse_flood, take_turn
from hub.sso.local.accounts import MAX_EMAIL, find_accounts
from hub.sso.local.links import LIFETIMES, make_link
from hub.sso.local.mails import mail_recovery
from hub.sso.local.tables import recovery_request
from hub.sso.local.ways_in import is_open
from hub.store import UnitOfWork

RECOVERY = "account_recovery"
"""The kind of such requests in the outbox."""
FROM_NETWORK = Limit("recovery", 20, 900)
OF_ADDRESS = Limit("recovery_of_address", 3, 3600)
"""Mails to one address: nobody's mailbox is filled by others."""
MAX_ACCOUNTS = 5
"""With one address, and so mails for one request: somebody may work for several partners."""


def ask_to_recover(hub: Hub, email: str, address: str) -> None:
    """Let a mail go to this e-mail address if an account has it. ``address`` is the network address that asks.

    Nobody learns here whether there is one: neither by the answer nor by the time it takes. TooManyRequests.
    """
    refuse_flood(hub, FROM_NETWORK, address)
    email = clean_text(email, MAX_EMAIL).lower()
    if not take_turn(hub, OF_ADDRESS, email):
        return
    with hub.unit_of_work() as uow:
        request_id = new_id()
        lifetime = LIFETIMES["recovery"]
        uow.insert(recovery_request, id=request_id, email=email, expires_at=uow.now + lifetime)
        enqueue(uow, RECOVERY, "recovery", f"{RECOVERY}:{request_id}", {"request_id": request_id})


def answer_request(hub: Hub) -> Handler:
    """The outbox handler that writes the mail, if there is an account that something opens, and forgets the address."""

    def deliver(delivery: Delivery) -> None:
        with hub.unit_of_work() as uow:
            email = uow.connection.scalar(
                sa.delete(recovery_request)
                .where(recovery_request.c.id == delivery.body["request_id"])
                .returning(recovery_request.c.email)
            )
            if email:
                _write(uow, email)

    return deliver


def _write(uow: UnitOfWork, email: str) -> None:
    """A mail for each account that this address opens: whoever answers one proves that account's address, too."""
    for account in find_accounts(uow, email, MAX_ACCOUNTS):
        if not is_open(uow, account.id):
            continue
        mail_recovery(uow, account, make_link(uow, account, "recovery"))
        owner, connection_id = account.person_id, account.connection_id
        audit(uow, "recovery", owner, connection_id=connection_id, detail={"done": "mailed"})
