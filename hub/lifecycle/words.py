"""Taking words out of the texts in a statement's JSON. Keys, identifiers, numbers and every byte between them stay as they are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import Enum

import msgspec

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]', re.DOTALL)


class _What(Enum):
    """What a value is: texts wholly, none at all, or parts of a statement, whose keys tell."""

    TEXTS = "texts"
    NONE = "none"
    PARTS = "parts"


_BY_KEY = dict.fromkeys(("name", "display", "description", "extensions"), _What.TEXTS) | dict.fromkeys(
    (
        "account",
        "contentType",
        "duration",
        "fileUrl",
        "homePage",
        "id",
        "interactionType",
        "language",
        "mbox",
        "mbox_sha1sum",
        "moreInfo",
        "objectType",
        "openid",
        "registration",
        "sha2",
        "stored",
        "timestamp",
        "type",
        "usageType",
        "version",
    ),
    _What.NONE,
)
"""Properties of xAPI 1.0.3 Data 2.4 and 2.0 4.2. What is not here is a text (a response, a platform), or made of parts."""


def word_patterns(words: Iterable[str]) -> list[re.Pattern[str]]:
    """Expressions that find the words as wholes: not in the middle of a longer name, address or IRI."""
    return [_pattern(word) for word in words]


def take_out(payload: bytes, patterns: Iterable[re.Pattern[str]], instead: str) -> bytes:
    """The JSON of a statement in whose texts ``instead`` stands for whatever the patterns find."""
    found = list(patterns)
    pieces: list[bytes] = []
    last = 0
    for start, end in _texts(payload):
        text: str = msgspec.json.decode(payload[start:end])
        changed = text
        for pattern in found:
            changed = pattern.sub(lambda _: instead, changed)
        if changed != text:
            pieces += payload[last:start], msgspec.json.encode(changed)
            last = end
    return b"".join([*pieces, payload[last:]])


def _pattern(word: str) -> re.Pattern[str]:
    exactly = re.escape(word)
    if "://" in word:
        return re.compile(rf"(?<![\w.+-]){exactly}(?![\w@-]|[./?#%&=+~:|]\w)")
    if "@" in word:  # a period ends a sentence, unless the domain goes on after it
        return re.compile(rf"(?<![\w+-])(?<!\w\.){exactly}(?![\w@-]|\.\w)", re.IGNORECASE)
    # Scripts without capitals are mostly written without spaces around a name, or with particles joined to it.
    before, after = ("" if unicodedata.category(edge) == "Lo" else r"\w" for edge in (word[0], word[-1]))
    return re.compile((f"(?<!{before})" if before else "") + exactly + (f"(?!{after})" if after else ""))


def _texts(payload: bytes) -> Iterator[tuple[int, int]]:
    """Where the texts stand, each with its quotation marks."""
    within: list[tuple[bool, _What]] = []  # whether it is an object, and what its values are
    what, is_key = _What.PARTS, False
    for token in _TOKEN.finditer(payload):
        match token[0][:1]:
            case b"{" | b"[" as opened:
                is_key = opened == b"{"
                within.append((is_key, what))
            case b"}" | b"]":
                within.pop()
                is_key = False
            case b",":
                is_key, what = within[-1]
            case b":":
                is_key = False
            case _ if is_key:
                what = within[-1][1]
                if what is _What.PARTS:
                    what = _BY_KEY.get(msgspec.json.decode(token[0]), what)
            case _ if what is not _What.NONE:
                yield token.span()
