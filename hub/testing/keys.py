"""RSA keys of the simulated systems."""

from functools import cache

from joserfc.jwk import RSAKey

BITS = 2048


def new_key() -> RSAKey:
    """A fresh signing key whose kid is its thumbprint."""
    return RSAKey.generate_key(BITS, {"use": "sig", "alg": "RS256"}, private=True, auto_kid=True)


def key_from_pem(pem: str) -> RSAKey:
    """The signing key in `pem`, or a fresh one for an empty text."""
    if not pem:
        return new_key()
    key = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})
    key.ensure_kid()
    return key


def private_pem(key: RSAKey) -> str:
    """The private key as PKCS #8 text."""
    return key.as_pem(private=True).decode("ascii")


def public_pem(key: RSAKey) -> str:
    """The public key as SubjectPublicKeyInfo text."""
    return key.as_pem(private=False).decode("ascii")


@cache
def _rogue_key() -> RSAKey:
    return new_key()


class SigningKeys:
    """The keys of one issuer: the current one, older ones still published, and a rogue one nobody should trust."""

    def __init__(self, pem: str = "") -> None:
        self.current = key_from_pem(pem)
        self._older: list[RSAKey] = []

    @property
    def rogue(self) -> RSAKey:
        """The key of an attacker: made when a fault first needs it, one per process."""
        return _rogue_key()

    def rotate(self, keep_old: bool = True) -> None:
        """Sign with a fresh key from now on. The key before it stays in the JWKS only if `keep_old`."""
        self._older = [self.current, *self._older] if keep_old else []
        self.current = new_key()

    def public_set(
        self, duplicate_kid: bool = False, name_alg: bool = True
    ) -> dict[str, list[dict[str, object]]]:
        """The JWKS. With `duplicate_kid` a rogue key stands in front, under the kid of the current one.

        Without `name_alg` the keys do not say what they are for, as RFC 7517 section 4.4 allows.
        """
        keys = [self.current, *self._older]
        published: list[dict[str, object]] = [dict(key.as_dict(private=False)) for key in keys]
        if duplicate_kid:
            rogue = dict(self.rogue.as_dict(private=False))
            published.insert(0, {**rogue, "kid": self.current.kid})
        if not name_alg:
            published = [{name: value for name, value in key.items() if name != "alg"} for key in published]
        return {"keys": published}
