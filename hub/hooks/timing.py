"""What was measured of one plugin's hook."""

from dataclasses import dataclass


@dataclass
class Timing:
    """How often a plugin's hook was called, how long it took (seconds) and what went wrong last."""

    calls: int = 0
    errors: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    last_error: str = ""
