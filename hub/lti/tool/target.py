"""What a launch opens: the hub's own pages that may stand in a platform's course, and their addresses.

Only these exact texts are accepted as target_link_uri (LTI 1.3, section 5.3.5); nothing is parsed that could be read in two ways.
"""

import re
from dataclasses import dataclass
from typing import Literal

from hub.config import Settings

TargetKind = Literal["home", "offering", "path", "pick"]
MAX_LENGTH = 500
_PATH = re.compile(
    r"launch|open/(?P<page>home|pick)|open/(?P<kind>offering|path)/(?P<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)


@dataclass(frozen=True)
class Target:
    """What is opened: My training (``home``), one course, one path, or the picker of deep linking. ``id`` of the last two only."""

    kind: TargetKind
    id: str | None = None


def target_url(settings: Settings, target: Target) -> str:
    """The target_link_uri of a target, as content items carry it."""
    tail = f"{target.kind}/{target.id}" if target.id else target.kind
    return settings.url(f"/lti/tool/open/{tail}")


def read_target(settings: Settings, uri: str) -> Target | None:
    """The target an address means; None for every address that is not one of the hub's own, exactly as it gives them out.

    The launch address itself means ``home``: some platforms send nothing else.
    """
    base = settings.url("/lti/tool/")
    if len(uri) > MAX_LENGTH or not uri.startswith(base):
        return None
    found = _PATH.fullmatch(uri.removeprefix(base))
    if found is None:
        return None
    if found["kind"]:
        return Target("offering" if found["kind"] == "offering" else "path", found["id"])
    return Target("pick") if found["page"] == "pick" else Target("home")
