"""Everything derived, worked out again from the two journals, and compared with what the hub has."""
