"""Completion policies: one named object per source system that says which evidence counts as completion of its courses."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hub.errors import BadInput, Problem
from hub.training.completing.completion import CompletionTerms

MAX_NAME = 64
MAX_VERBS = 20
MAX_IRI = 1000


@dataclass(frozen=True)
class Terms:
    """What a statement must say to complete a course. ``verbs`` are IRIs, ``minimum_scaled`` is from -1 to 1."""

    verbs: tuple[str, ...]
    requires_completion: bool = False
    requires_success: bool = False
    minimum_scaled: float | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Terms":
        """From the form in which tables and changes hold it."""
        return cls(**{**stored, "verbs": tuple(stored["verbs"])})

    def as_json(self) -> dict[str, Any]:
        """The form in which tables and changes hold it."""
        return {**asdict(self), "verbs": list(self.verbs)}

    def problems(self, place: str) -> list[Problem]:
        """What cannot be used, with its place."""
        found = [] if self.verbs else [Problem("needs at least one verb", f"{place}verbs")]
        if len(self.verbs) > MAX_VERBS:
            found.append(Problem(f"must not be more than {MAX_VERBS}", f"{place}verbs"))
        found += [
            Problem(
                f"{verb[:80]} is no verb: it must be an IRI such as http://adlnet.gov/expapi/verbs/passed",
                f"{place}verbs",
            )
            for verb in self.verbs
            if not _is_iri(verb)
        ]
        if self.minimum_scaled is not None and not -1 <= self.minimum_scaled <= 1:
            found.append(Problem("must be a scaled score, from -1 to 1", f"{place}minimum_scaled"))
        return found


@dataclass(frozen=True)
class Policy:
    """The policy of one connection. ``overrides`` are terms by offering id; ``version`` counts from 1, 0 is a draft of the first."""

    connection_id: str
    name: str
    version: int
    terms: Terms
    overrides: Mapping[str, Terms] = field(default_factory=dict)

    def terms_for(self, offering_id: str) -> CompletionTerms:
        """What counts for one course, as plugins see it."""
        terms = self.overrides.get(offering_id, self.terms)
        return CompletionTerms(
            self.name,
            str(self.version),
            terms.verbs,
            terms.requires_completion,
            terms.requires_success,
            terms.minimum_scaled,
        )

    @property
    def verbs(self) -> set[str]:
        """Every verb that can complete one of the courses."""
        return {verb for terms in (self.terms, *self.overrides.values()) for verb in terms.verbs}

    def as_json(self) -> dict[str, Any]:
        """The body of a change ``completion_policy_changed``, which is also the table's row."""
        overrides = {id: terms.as_json() for id, terms in sorted(self.overrides.items())}
        return {
            "connection_id": self.connection_id,
            "name": self.name,
            "version": self.version,
            "terms": self.terms.as_json(),
            "overrides": overrides,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Policy":
        """From a row or a body of a change."""
        overrides = {id: Terms.from_json(terms) for id, terms in stored["overrides"].items()}
        return cls(
            stored["connection_id"],
            stored["name"],
            stored["version"],
            Terms.from_json(stored["terms"]),
            overrides,
        )

    def check(self) -> None:
        """BadInput ``bad_policy`` with everything that cannot be used."""
        name = self.name.strip()
        found = (
            []
            if name and name == self.name and len(name) <= MAX_NAME and name.isprintable()
            else [Problem(f"must have 1 to {MAX_NAME} characters", "name")]
        )
        found += self.terms.problems("")
        for id, terms in self.overrides.items():
            found += terms.problems(f"overrides.{id}.")
        if found:
            raise BadInput("bad_policy", "The policy cannot be used; nothing was changed.", problems=found)


def _is_iri(text: str) -> bool:
    if len(text) > MAX_IRI or any(c.isspace() or not c.isprintable() for c in text):
        return False
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path))
