"""What a statement says of itself, as cmi5 looks at it."""

from typing import Any

from msgspec import UNSET, UnsetType

from hub.xapi.cmi5.vocabulary import AU_VERBS, CMI5_CATEGORY
from hub.xapi.statements.activities import Activity
from hub.xapi.statements.statement import Context
from hub.xapi.storing.incoming import Incoming


def is_defined(incoming: Incoming) -> bool:
    """Whether a statement is "cmi5 defined": it has the cmi5 category. Others are "cmi5 allowed" (cmi5, 7.1.3)."""
    return CMI5_CATEGORY in activity_ids(incoming.statement.context, "category")


def defined_verb(incoming: Incoming) -> str:
    """The verb of a cmi5 defined statement of an AU; empty for all others."""
    verb: str = incoming.statement.verb.id
    return verb if verb in AU_VERBS and is_defined(incoming) else ""


def activity_ids(context: Context | UnsetType, relation: str) -> set[str]:
    """Ids of the activities of one relation of a context."""
    if context is UNSET or context.context_activities is UNSET:
        return set()
    told: Any = getattr(context.context_activities, relation)
    return {a.id for a in ([told] if isinstance(told, Activity) else told or ())}
