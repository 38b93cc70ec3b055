"""Spellings of domains."""

import pytest

from hub.network.systems.mail_domains import PUBLIC, ascii_domain, is_public


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Harbor.Example.", "harbor.example"),
        (" a-b.co.example ", "a-b.co.example"),
        ("müller.example", "xn--mller-kva.example"),
    ],
)
def test_domains(typed: str, domain: str) -> None:
    assert ascii_domain(typed) == domain


@pytest.mark.parametrize(
    "typed",
    ["", "example", "a..b", "-a.example", "a_b.example", "127.0.0.1", "a.example:53", "a b.example", "x" * 64 + ".example", "a." * 130 + "example", "ü" * 70 + ".example", "//evil.example", "\udcff.example"],
)  # fmt: skip
def test_no_domains(typed: str) -> None:
    assert ascii_domain(typed) == ""


def test_public_ones_are_spelled_as_they_are_compared() -> None:
    assert all(ascii_domain(domain) == domain for domain in PUBLIC)
    assert is_public("gmail.com")
    assert not is_public("harbor.example")
