"""What a SCIM user tells about a person: name, e-mail, language, and where they work."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from scim2_models import Resource, User

from hub.errors import BadInput
from hub.network.importing.roster_keys import find_ids
from hub.network.people.provision import Place
from hub.sso.scim.appointments import CLASSES, Appointment, Appointments
from hub.sso.scim.tables import scim_group_place, scim_member
from hub.store import UnitOfWork


def is_active(user: Resource[Any]) -> bool:
    """Whether the person may sign in: unless the client says no."""
    return not isinstance(user, User) or user.active is not False


def details(user: User[Any]) -> dict[str, str]:
    """``given_name``, ``family_name``, ``email`` and ``locale``, as far as they are told; a person always has some name."""
    name = user.name
    told = {
        "given_name": (name.given_name if name else None) or "",
        "family_name": (name.family_name if name else None) or "",
        "email": _email(user),
        "locale": user.preferred_language or user.locale or "",
    }
    if not told["given_name"] and not told["family_name"]:
        told["given_name"] = (
            (name.formatted if name else None) or user.display_name or user.nick_name or user.user_name or ""
        )
    if not told["locale"]:
        del told["locale"]
    return told


def _email(user: User[Any]) -> str:
    """The primary address, else the one at work, else the first."""
    emails = [email for email in user.emails or [] if email.value]
    ranked = sorted(emails, key=lambda email: (not email.primary, email.type != "work"))
    return str(ranked[0].value) if ranked else ""


def told_appointments(user: Resource[Any] | None) -> list[Appointment] | None:
    """The appointments that the client told; None where it never did, so that those of the network files stay."""
    extension = getattr(user, Appointments.__name__, None)
    return None if extension is None else list(extension.appointments or [])


def told_places(uow: UnitOfWork, partner_id: str, appointments: Sequence[Appointment]) -> list[Place]:
    """The appointments with the hub's ids. BadInput ``unknown_place`` names what the network files do not.

    A location of another partner is not told from one that does not exist.
    """
    locations = find_ids(uow, "location", {each.location or "" for each in appointments}, partner_id)
    positions = find_ids(uow, "position", {each.position or "" for each in appointments})
    brands = find_ids(uow, "brand", {brand for each in appointments for brand in each.brands or []})
    places = []
    for each in appointments:
        kind = (each.audience_class or CLASSES[0]).lower()
        if kind not in CLASSES:
            raise BadInput("unknown_place", f"audienceClass is {' or '.join(CLASSES)}.")
        places.append(
            Place(
                location_id=_known(locations, "location", each.location or ""),
                position_id=_known(positions, "position", each.position or ""),
                audience_class=kind,
                brand_ids=tuple(sorted(_known(brands, "brand", brand) for brand in each.brands or [])),
                valid_from=_aware(each.valid_from),
                valid_to=_aware(each.valid_to),
            )
        )
    return places


def group_places(uow: UnitOfWork, user_id: str) -> list[Place]:
    """The places that a user's groups mean."""
    query = (
        sa.select(scim_group_place)
        .join(scim_member, scim_member.c.group_id == scim_group_place.c.group_id)
        .where(scim_member.c.member_id == user_id)
        .order_by(scim_group_place.c.group_id)
    )
    return [
        Place(row.location_id, row.position_id, row.audience_class) for row in uow.connection.execute(query)
    ]


def _aware(at: datetime | None) -> datetime | None:
    """An instant without an offset is taken for UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _known(ids: dict[str, str], kind: str, name: str) -> str:
    if name not in ids:
        raise BadInput(
            "unknown_place",
            f"There is no {kind} {name[:100]!r}.",
            "Send what the network files call it, or ask the hub's operators.",
        )
    return ids[name]
