"""Accounts of the hub's own, for people whose employer has no identity provider: passkeys first, passwords second."""
