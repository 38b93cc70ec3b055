"""What a process does about a plugin that does not come back: it says so to all processes, and begins anew.

Nothing ends a call that waits in C but the end of its process. What the process was at is rolled back by the database, and is
done again by the next, which finds the plugin set aside and does not call it.
"""

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from hub.hooks.watch import Stuck
from hub.logging import get_logger

logger = get_logger(__name__)
BEGIN_ANEW = 75
"""How a process ends that is to be started anew: EX_TEMPFAIL of sysexits."""


def become_set_aside(settings_file: Path | None, *, pages: bool = False) -> Callable[[Stuck], None]:
    """For ``Watch``: turn this process into the command that sets the plugin aside and ends with BEGIN_ANEW.

    It is the same process, so that whoever supervises it starts no other before the plugin is set aside; and as the hub is gone
    from it, so are its transactions, which the command would wait for. With ``pages``, what is only shown ends nothing:
    nobody waits for it.
    """
    named = [] if settings_file is None else ["--config", str(settings_file)]

    def on_stuck(stuck: Stuck) -> None:
        logger.error("plugin_stuck", plugin=stuck.plugin, hook=stuck.hook, seconds=round(stuck.seconds, 1))
        if pages and stuck.shape == "show":
            return
        reason = f"{stuck.hook} did not come back within {stuck.seconds:.0f} s and could not be interrupted"
        command = ["plugins", "set-aside", stuck.plugin, "--hook", stuck.hook, "--because", reason]
        logging.shutdown()
        os.environ["HUB_PLUGINS"] = "none"  # the command needs none of them, least of all this one
        os.execv(  # noqa: S606
            sys.executable,
            [sys.executable, "-m", "hub.cli", *named, *command, "--exit-with", str(BEGIN_ANEW)],
        )

    return on_stuck
