"""cmi5, the LMS side: courses as packages, launches, sessions and their rules (cmi5 specification, 1st edition)."""
