"""What LTI 1.1 left behind: consumer keys, and the ids under which people and links were known by it."""
