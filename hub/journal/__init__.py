"""The record: statements and changes are the truth, events announce; readers follow, the outbox sends, audit remembers."""

from hub.journal.audit import audit
from hub.journal.changes import Change, record_changes
from hub.journal.events import Event, announce
from hub.journal.logs import CHANGES, EVENTS, STATEMENTS, Log
from hub.journal.new_statement import NewStatement
from hub.journal.outbox import Delivery, enqueue
from hub.journal.readers import Reader
from hub.journal.statements import VOIDED, append_statements, positions_of, voided_ids

__all__ = [
    "CHANGES",
    "EVENTS",
    "STATEMENTS",
    "VOIDED",
    "Change",
    "Delivery",
    "Event",
    "Log",
    "NewStatement",
    "Reader",
    "announce",
    "append_statements",
    "audit",
    "enqueue",
    "positions_of",
    "record_changes",
    "voided_ids",
]
