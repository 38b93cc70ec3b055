"""WHAT: the catalogue, goals and their reasons, completions and credit."""
