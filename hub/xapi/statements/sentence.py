"""A statement as a sentence of plain English: who did what, and how well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_WORDS = 120
Told = Mapping[str, Any]

_PAST = {"experienced": "looked at", "launched": "launched", "initialized": "began", "terminated": "left"}


@dataclass(frozen=True)
class Sentence:
    """Its parts. ``what`` is empty where the verb says it all; ``how`` is such as ``with 85 %``."""

    who: str
    did: str
    what: str
    how: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.who, self.did, self.what, self.how) if part)


def tell(told: Told, who: str = "", title: str = "") -> Sentence:
    """The sentence of a statement's JSON. ``who`` and ``title`` are names the hub knows, and go before those in the JSON."""
    thing = told.get("object", {})
    what = title or name_of_object(thing)
    did = _did(told.get("verb", {}))
    if thing.get("objectType") == "StatementRef" and did != "voided":
        what = f"on {what}"
    actor = who or name_of_actor(told.get("actor", {}))
    return Sentence(_short(actor), _short(did), _short(what), _how(told.get("result", {})))


def name_of_actor(actor: Told) -> str:
    """A name, or else an identifier, or of a nameless group how many it has."""
    if actor.get("name"):
        return str(actor["name"])
    if "account" in actor:
        return str(actor["account"].get("name", ""))
    for form in ("mbox", "openid", "mbox_sha1sum"):
        if form in actor:
            return str(actor[form]).removeprefix("mailto:")
    members = actor.get("member", ())
    return f"a group of {len(members)}" if members else "somebody"


def name_of_object(thing: Told) -> str:
    """What a statement is about, in a few words."""
    kind = thing.get("objectType", "Activity")
    if kind in ("Agent", "Group"):
        return name_of_actor(thing)
    if kind == "StatementRef":
        return "another statement"
    if kind == "SubStatement":
        return f"“{tell(thing)}”"
    return pick_language(thing.get("definition", {}).get("name", {})) or last_part(str(thing.get("id", "")))


def pick_language(texts: Mapping[str, str]) -> str:
    """English where there is some, else the first."""
    english = sorted(tag for tag in texts if tag.lower().partition("-")[0] == "en")
    tag = english[0] if english else next(iter(texts), "")
    return str(texts.get(tag, ""))


def last_part(iri: str) -> str:
    """``brakes-2`` of ``https://lms.example/course/brakes-2``."""
    return iri.rstrip("/#").replace("#", "/").rpartition("/")[2] or iri


def _did(verb: Told) -> str:
    word = pick_language(verb.get("display", {})) or last_part(str(verb.get("id", "")))
    return _PAST.get(word, word.replace("-", " "))


def _how(result: Told) -> str:
    score = result.get("score", {})
    parts = []
    if "scaled" in score:
        parts.append(f"with {round(float(score['scaled']) * 100)} %")
    elif "raw" in score:
        parts.append(f"with {score['raw']:g}" + (f" of {score['max']:g}" if "max" in score else ""))
    if result.get("success") is False:
        parts.append("without success")
    if result.get("completion") is False:
        parts.append("not yet complete")
    return ", ".join(parts)


def _short(words: str) -> str:
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"
