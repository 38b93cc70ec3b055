"""Statements on their way out: found, listed, formatted, and looked through by operators."""
