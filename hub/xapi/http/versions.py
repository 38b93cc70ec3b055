"""The two versions of xAPI that one endpoint speaks, chosen by the X-Experience-API-Version header of the request."""

import re
from enum import Enum

from hub.errors import BadInput

HEADER = "X-Experience-API-Version"
_VERSION = re.compile(r"^([12])\.0(?:\.[0-9]{1,9})?\Z")


class ApiVersion(Enum):
    """A version, by the newest patch the hub knows; answers carry that one (1.0.3 Communication 3.3.s3.b2)."""

    V1 = "1.0.3"
    V2 = "2.0.0"

    @property
    def is_2(self) -> bool:
        """Whether this is xAPI 2.0 (IEEE 9274.1.1)."""
        return self is ApiVersion.V2

    @property
    def of_statements(self) -> str:
        """The version of statements that name none (1.0.3 Data 2.4.10)."""
        return "2.0.0" if self.is_2 else "1.0.0"


def find_version(header: str | None) -> ApiVersion | None:
    """The version a header asks for: 1.0, 1.0.x, 2.0 or 2.0.x; None for anything else."""
    known = _VERSION.match(header or "")
    if not known:
        return None
    return ApiVersion.V2 if known[1] == "2" else ApiVersion.V1


def read_version(header: str | None) -> ApiVersion:
    """The version a request must name; BadInput when it names none, or another."""
    version = find_version(header)
    if version is None:
        problem = "has no" if header is None else "has an unknown"
        raise BadInput("bad_version", f"The request {problem} {HEADER} header.", "Send 1.0.3 or 2.0.0.")
    return version
