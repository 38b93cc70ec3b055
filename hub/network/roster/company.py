"""Which network files come together."""

from collections.abc import Sequence

from hub.network.roster.files import FILES, NetworkFile
from hub.network.roster.staging import Staging


def check_company(staging: Staging, found: Sequence[NetworkFile]) -> None:
    """Two files that make up one whole come together: an absent list of appointments is not an empty one."""
    for file in FILES:
        if not file.main:
            continue
        main = next(f for f in FILES if f.name == file.main)
        for missing, other in ((file, main), (main, file)):
            if missing not in found and other in found and missing.name not in staging.unread:
                staging.report(
                    missing, f"is missing; {staging.name_of(other.name)} cannot be used without it"
                )
                staging.unread.add(missing.name)
