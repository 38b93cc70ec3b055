"""Statements on their way in: bodies and attachments taken apart, and stored all or nothing."""
