"""Secrets at rest: sealed with keys derived from the settings' secret keys, the newest first."""

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hub.errors import HubError


class Sealer:
    """Seals and opens short secrets. The first key seals; every key opens, so that keys can be rotated."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(_fernet_key(key)) for key in secret_keys])

    def seal(self, secret: str) -> str:
        """The secret as text that only this hub can open."""
        return self._fernet.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """The secret again; HubError ``cannot_unseal`` when no configured key fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise HubError(
                "cannot_unseal",
                "A stored secret cannot be opened with the configured secret_key.",
                "Put the key it was sealed with back into secret_key_fallbacks.",
            ) from None


def _fernet_key(secret_key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"hub sealing\0" + secret_key.encode()).digest())
