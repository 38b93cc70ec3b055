"""What is an e-mail address."""

import re

MAX_ADDRESS = 320
_LETTER = r"[^\s@,;:<>()\[\]\\\"]"
_LABEL = r"[^\s@,;:<>()\[\]\\\".]+"
_ADDRESS = re.compile(rf"{_LETTER}+@{_LABEL}(?:\.{_LABEL})*")
ENCODED = "=?"
"""Begins an encoded word (RFC 2047), which mail programs and libraries turn into another address or name."""


def is_address(text: str) -> bool:
    """Whether this is one e-mail address, which mail servers take as it stands."""
    if len(text) > MAX_ADDRESS or not text.isprintable() or ENCODED in text:
        return False
    return _ADDRESS.fullmatch(text) is not None
