"""What a platform's roles are worth here: the right to pick content, or nothing beyond a learner's (LTI 1.3, appendix A.2)."""

from collections.abc import Sequence

from hub.lti.vocabulary import MEMBERSHIP

LEARNER = "Learner"
PICKING_ROLES = ("Instructor", "ContentDeveloper", "Administrator")
"""Context roles that may choose what stands in a course, the first one found counts."""
MAX_ROLES = 50
MAX_TEXT = 255


def map_roles(received: Sequence[str]) -> str:
    """The one role these stand for: one of PICKING_ROLES, else Learner, the least privilege.

    Context roles count, as URIs or by their short names, which A.2.3 allows for them alone. Roles in the institution or
    the system give nothing: a teacher of the school is a learner in this course. Sub-roles give nothing either.
    """
    named = {role.removeprefix(MEMBERSHIP) for role in received}
    return next((role for role in PICKING_ROLES if role in named), LEARNER)


def may_pick(role: str) -> bool:
    """Whether this role, as mapped, may choose content."""
    return role in PICKING_ROLES


def kept_roles(received: Sequence[str]) -> list[str]:
    """The received roles as they are kept and shown, within bounds."""
    return [role[:MAX_TEXT].replace("\0", "") for role in received[:MAX_ROLES]]
