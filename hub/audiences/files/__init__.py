"""Audience files: what is configured, as text, planned, applied and written."""
