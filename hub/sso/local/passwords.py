"""Passwords: which ones are good enough, and how they are kept and compared. No rules of composition: they weaken.

As NIST SP 800-63B, section 3.1.1.2, has it: a least length, a list of what everybody guesses first, nothing else.
"""

import unicodedata
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.errors import BadInput, Problem
from hub.sso.local.guessed import GUESSED, ROWS

MIN_LENGTH = 12
MAX_LENGTH = 200
MIN_DIFFERENT = 5
"""Characters that must differ: ``aaaaaaaaaaaa`` is long and no secret."""
MIN_NAME = 3
"""A shorter name may stand in a password by chance."""
MIN_BESIDE = 8
"""Letters and digits that must stand beside the person's own names, where those are in it."""
HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
"""OWASP's parameters for argon2id: about 20 ms here."""


def check_password(password: str, known: Iterable[str]) -> None:
    """BadInput ``weak_password``, with what is wrong at ``password``. ``known`` is what others know of the person."""
    text = _normal(password)
    wrong = _what_is_wrong(text, text.casefold(), known)
    if wrong:
        raise BadInput("weak_password", "Choose another password.", problems=[Problem(wrong, "password")])


def _what_is_wrong(text: str, folded: str, known: Iterable[str]) -> str:
    if len(text) < MIN_LENGTH:
        return f"it needs at least {MIN_LENGTH} characters; a few words are easy to remember"
    if len(text) > MAX_LENGTH:
        return f"it may have at most {MAX_LENGTH} characters"
    bare = "".join(character for character in folded if character.isalnum())
    core = bare.strip("0123456789")
    if len(set(folded)) < MIN_DIFFERENT or _is_run(bare):
        return "it repeats itself, or follows the keyboard or the alphabet"
    if bare in GUESSED or core in GUESSED or _is_repeated(core):
        return "it is among those that are guessed first"
    if _is_mostly(folded, known):
        return "it is mostly a name or an address that others know of you"
    return ""


def _is_mostly(folded: str, known: Iterable[str]) -> bool:
    rest = folded
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= MIN_NAME:
            rest = rest.replace(word.casefold(), "")
    return rest != folded and sum(character.isalnum() for character in rest) < MIN_BESIDE


def hash_password(password: str) -> str:
    """The hash to keep."""
    return HASHER.hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password fits the hash that is kept; without one it takes as long to say no."""
    try:
        HASHER.verify(kept or _of_nobody(), _normal(password)[: MAX_LENGTH * 2])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@cache
def _of_nobody() -> str:
    return HASHER.hash("the password of nobody")


def _normal(password: str) -> str:
    """The same characters, however a keyboard composed them (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password.encode("utf-8", "replace").decode())


def _is_run(bare: str) -> bool:
    """Whether it is one stretch of a row, forwards or backwards, perhaps going round."""
    return len(bare) >= MIN_BESIDE and any(bare in row * 4 or bare[::-1] in row * 4 for row in ROWS)


def _is_repeated(core: str) -> bool:
    """Whether it is one guessed word again and again."""
    return any(
        core == core[:n] * (len(core) // n) and core[:n] in GUESSED for n in range(3, len(core) // 2 + 1)
    )
