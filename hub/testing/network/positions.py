"""The positions people hold: titles without brands, in families, each with the activity whose brands it works for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ANY = "any"


@dataclass(frozen=True, slots=True)
class Position:
    """A position; ``weight`` says how common it is, ``junior`` from which position people are promoted to it.

    ``activity`` is the activity of the location that the position belongs to, or ``ANY``: a receptionist works wherever
    there are people.
    """

    position_id: str
    title: str
    family: str
    activity: str
    weight: int = 1
    junior: str = ""
    leads: bool = False


def _position(
    title: str, family: str, activity: str, weight: int = 1, junior: str = "", *, leads: bool = False
) -> Position:
    return Position(title.lower().replace(" ", "-"), title, family, activity, weight, junior, leads)


# Leading positions come in the order in which a growing location fills them.
PARTNER_POSITIONS: Sequence[Position] = (
    _position("General Manager", "management", ANY, 0, leads=True),
    _position("Service Manager", "service", "service", 0, "workshop-controller", leads=True),
    _position("Sales Manager", "sales", "sell", 0, "senior-salesperson", leads=True),
    _position("Parts Manager", "parts", "parts", 0, "parts-advisor", leads=True),
    _position("Apprentice Technician", "service", "service", 3),
    _position("Service Technician", "service", "service", 12, "apprentice-technician"),
    _position("Senior Service Technician", "service", "service", 5, "service-technician"),
    _position("Diagnostic Technician", "service", "service", 3, "service-technician"),
    _position("Service Advisor", "service", "service", 5),
    _position("Workshop Controller", "service", "service", 2, "service-advisor"),
    _position("Warranty Administrator", "service", "service", 1),
    _position("Sales Assistant", "sales", "sell", 3),
    _position("Salesperson", "sales", "sell", 10, "sales-assistant"),
    _position("Senior Salesperson", "sales", "sell", 4, "salesperson"),
    _position("Fleet Salesperson", "sales", "sell", 2, "salesperson"),
    _position("Parts Clerk", "parts", "parts", 3),
    _position("Parts Advisor", "parts", "parts", 5, "parts-clerk"),
    _position("Production Operator", "production", "make", 10),
    _position("Quality Inspector", "production", "make", 4, "production-operator"),
    _position("Process Engineer", "production", "make", 3),
    _position("Fleet Operator", "fleet", "use", 10),
    _position("Fleet Coordinator", "fleet", "use", 3, "fleet-operator"),
    _position("Receptionist", "support", ANY, 2),
    _position("Customer Relations Agent", "support", ANY, 2, "receptionist"),
    _position("Accountant", "support", ANY, 1),
)
OFFICE_POSITIONS: Sequence[Position] = (
    _position("Office Director", "management", ANY, 0, "program-manager", leads=True),
    _position("Product Trainer", "training", "make", 4, "technical-specialist"),
    _position("Technical Specialist", "engineering", "make", 6),
    _position("Program Administrator", "training", "make", 3),
    _position("Program Manager", "training", "make", 2, "program-administrator"),
    _position("Market Analyst", "support", ANY, 3),
)
FIELD_POSITIONS: Sequence[Position] = (
    _position("Field Sales Manager", "field", "make", junior="market-analyst"),
    _position("Field Service Manager", "field", "make", junior="technical-specialist"),
    _position("Field Parts Manager", "field", "make", junior="program-administrator"),
    _position("Regional Sales Director", "field", "make", junior="field-sales-manager", leads=True),
    _position("Regional Service Director", "field", "make", junior="field-service-manager", leads=True),
    _position("Regional Parts Director", "field", "make", junior="field-parts-manager", leads=True),
    _position("Key Account Manager", "field", "make", junior="field-sales-manager"),
)
POSITIONS: Sequence[Position] = (*PARTNER_POSITIONS, *OFFICE_POSITIONS, *FIELD_POSITIONS)
POSITION: Mapping[str, Position] = {position.position_id: position for position in POSITIONS}


def leading_positions(positions: Sequence[Position], activities: frozenset[str]) -> list[Position]:
    """The leading positions at a location with these activities, the first to fill first."""
    return [position for position in positions if position.leads and _fits(position, activities)]


def common_positions(positions: Sequence[Position], activities: frozenset[str]) -> list[Position]:
    """The other positions at a location with these activities, each as often as it is common."""
    return [p for p in positions for _ in range(p.weight) if not p.leads and _fits(p, activities)]


def _fits(position: Position, activities: frozenset[str]) -> bool:
    return position.activity == ANY or position.activity in activities
