"""The process in which a plugin is tried, so that nothing it does reaches whoever checks it.

``python -m hub.testing.plugin_check.child OUT PLUGIN CACHE POSTGRES`` writes lines of JSON to the open file OUT.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from hub.testing.plugin_check.another import another_process


def _main(out: str, given: str, cache: str, postgres: str) -> None:
    with os.fdopen(int(out), "w", encoding="utf-8") as lines, another_process() as elsewhere:
        # Importing the hub takes longer than most of the check: the other process does so at the same time.
        from hub.testing.plugin_check.steps import check

        def tell(what: dict[str, Any]) -> None:
            lines.write(json.dumps(what, default=str) + "\n")
            lines.flush()

        check(given, Path(cache), tell, elsewhere, postgres)
        tell({"done": True})
    os._exit(0)  # whatever the plugin left running need not be waited for


if __name__ == "__main__":
    _main(*sys.argv[1:5])
