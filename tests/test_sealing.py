"""Secrets at rest, and the rotation of the key that seals them."""

import pytest

from hub.errors import HubError
from hub.sealing import Sealer

OLD, NEW = "old-key-0123456789abcdefghijklmnop", "new-key-0123456789abcdefghijklmnop"


def test_sealed_secret_opens_again_and_cannot_be_read() -> None:
    sealed = Sealer([NEW]).seal("client-secret")
    assert "client-secret" not in sealed
    assert Sealer([NEW]).open(sealed) == "client-secret"


def test_same_secret_never_looks_the_same() -> None:
    sealer = Sealer([NEW])
    assert sealer.seal("client-secret") != sealer.seal("client-secret")


def test_rotated_key_opens_what_the_earlier_one_sealed() -> None:
    sealed = Sealer([OLD]).seal("client-secret")
    assert Sealer([NEW, OLD]).open(sealed) == "client-secret"
    assert Sealer([NEW]).open(Sealer([NEW, OLD]).seal("client-secret")) == "client-secret"


@pytest.mark.parametrize(
    "sealed", [pytest.param(Sealer([OLD]).seal("client-secret"), id="of another key"), "", "nonsense"]
)
def test_what_no_key_opens_says_what_to_do(sealed: str) -> None:
    with pytest.raises(HubError, match="secret_key_fallbacks"):
        Sealer([NEW]).open(sealed)
