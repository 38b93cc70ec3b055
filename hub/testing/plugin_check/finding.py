"""What a check found."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hub.testing.plugin_check.codes import CODES


@dataclass(frozen=True)
class Place:
    """Where something is wrong: a file and a line of it, and the hook that is concerned. Each may be unknown."""

    path: str = ""
    line: int = 0
    hook: str = ""

    def at(self, hook: str) -> "Place":
        """The same place, with the name of the hook."""
        return Place(self.path, self.line, hook)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (an error) or could be better (advice), and what to change."""

    code: str
    problem: str
    mend: str
    place: Place = field(default_factory=Place)

    @property
    def is_error(self) -> bool:
        """Whether the plugin should not be used as it is."""
        return CODES[self.code].is_error

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        level = "error" if self.is_error else "advice"
        return {
            "code": self.code,
            "level": level,
            **asdict(self.place),
            "problem": self.problem,
            "mend": self.mend,
        }


@dataclass
class Findings:
    """Findings in their order, each once: the same thing at the same place is seen by more than one trial."""

    folder: Path
    found: list[Finding] = field(default_factory=list)

    def add(self, code: str, problem: str, mend: str, place: Place | None = None) -> None:
        """Note a finding; paths are shown as seen from the plugin's folder. Only the first of a code at a place counts."""
        place = place or Place()
        path = Path(place.path) if place.path else None
        if path is not None and path.is_relative_to(self.folder):
            path = path.relative_to(self.folder)
        shown = Place(str(path) if path else "", place.line, place.hook)
        if code not in CODES:
            raise ValueError(f"no such finding: {code}")
        if not any((f.code, f.place) == (code, shown) for f in self.found):
            self.found.append(Finding(code, problem, mend, shown))

    def has(self, *codes: str) -> bool:
        """Whether one of these was found."""
        return any(finding.code in codes for finding in self.found)
