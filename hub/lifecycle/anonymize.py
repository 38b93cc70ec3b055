"""Taking an actor out of other people's statements, which stay: bytes that say nothing of the actor are kept as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

from hub.lifecycle.words import take_out, word_patterns

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
"""The usage type of a signature (xAPI 1.0.3 Data 2.6): it holds the whole statement as it was, and no longer fits."""

Identity = tuple[str, str]
"""Form and subject, as in ``hub.xapi.statements.actors``."""

_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])


@dataclass(frozen=True)
class Anonymizer:
    """Replaces whoever has one of the ``identities`` by an account ``erased`` at ``home_page``.

    In texts ``erased`` stands for ``words``, where they are whole words, addresses or identifiers.
    """

    identities: frozenset[Identity]
    words: tuple[str, ...]
    home_page: str

    @property
    def nobody(self) -> Identity:
        """Who stands in the actor's place."""
        return "account", f"{self.home_page}|erased"

    def statement(self, payload: bytes) -> tuple[bytes, tuple[str, ...]]:
        """A statement's JSON without the actor, and the SHA-2 of signatures that had to be left out of it."""
        parts: dict[str, Any] = self._thing(payload)
        signatures: tuple[str, ...] = ()
        if "attachments" in parts:
            parts["attachments"], signatures = _without_signatures(parts["attachments"])
            if not parts["attachments"]:
                del parts["attachments"]
        return take_out(msgspec.json.encode(parts), word_patterns(self.words), "erased"), signatures

    def _thing(self, raw: bytes | Raw) -> dict[str, Any]:
        """A statement or SubStatement."""
        parts: dict[str, Any] = _OBJECT.decode(raw)
        for name in ("actor", "authority"):
            if name in parts:
                parts[name] = self._agent(parts[name])
        if "context" in parts:
            parts["context"] = self._context(parts["context"])
        if "object" in parts:
            kind = _text(_OBJECT.decode(parts["object"]), "objectType")
            if kind in ("Agent", "Group"):
                parts["object"] = self._agent(parts["object"])
            elif kind == "SubStatement":
                parts["object"] = self._thing(parts["object"])
        return parts

    def _context(self, raw: Raw) -> dict[str, Any]:
        parts: dict[str, Any] = _OBJECT.decode(raw)
        for name in ("instructor", "team"):
            if name in parts:
                parts[name] = self._agent(parts[name])
        for name, what in (("contextAgents", "agent"), ("contextGroups", "group")):
            if name in parts:
                entries: list[dict[str, Any]] = [_OBJECT.decode(each) for each in _LIST.decode(parts[name])]
                parts[name] = [each | {what: self._agent(each[what])} for each in entries]
        return parts

    def _agent(self, raw: Raw) -> Raw | dict[str, Any]:
        parts: dict[str, Any] = _OBJECT.decode(raw)
        if self.identities & _identities(parts):
            return {"objectType": "Agent", "account": {"homePage": self.home_page, "name": "erased"}}
        if "member" not in parts:
            return raw
        return parts | {"member": [self._agent(each) for each in _LIST.decode(parts["member"])]}


def _identities(parts: Mapping[str, Raw]) -> set[Identity]:
    found = {(form, _text(parts, form)) for form in ("mbox", "openid") if form in parts}
    if "mbox_sha1sum" in parts:
        found.add(("mbox_sha1sum", _text(parts, "mbox_sha1sum").lower()))
    if "account" in parts:
        account = _OBJECT.decode(parts["account"])
        found.add(("account", f"{_text(account, 'homePage')}|{_text(account, 'name')}"))
    return found


def _without_signatures(raw: Raw) -> tuple[list[Raw], tuple[str, ...]]:
    kept: list[Raw] = []
    gone: list[str] = []
    for each in _LIST.decode(raw):
        parts = _OBJECT.decode(each)
        if _text(parts, "usageType") == SIGNATURE:
            gone.append(_text(parts, "sha2").lower())
        else:
            kept.append(each)
    return kept, tuple(gone)


def _text(parts: Mapping[str, Raw], name: str) -> str:
    return str(msgspec.json.decode(parts[name])) if name in parts else ""
