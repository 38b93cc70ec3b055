"""Completion policies: what counts as completion at which system, planned before it changes."""
