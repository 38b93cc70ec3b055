"""Random tokens that a browser or a provider carries; the database keeps their hashes alone."""

import hashlib
import secrets


def new_token() -> str:
    """43 characters, 256 random bits, safe in an address and a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """SHA-256 in hex. No salt and no stretching: the tokens are random, nobody can guess one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
