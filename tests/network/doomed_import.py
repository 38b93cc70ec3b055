"""An import that stops after its second chunk and waits to be killed: ``python -m tests.network.doomed_import URL DIR``."""

import sys
from pathlib import Path

from hub.app import open_hub
from hub.config import Settings
from hub.network.importing.import_network import import_network


class StopAfter:
    """Calls ``stop`` when so many chunks are committed."""

    def __init__(self, chunks: int) -> None:
        self.left = chunks

    def __call__(self, step: str, done: int, of: int) -> None:
        if step == "applying" and done:
            self.left -= 1
            if self.left == 0:
                self.stop()

    def stop(self) -> None:
        print("stopped", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    hub = open_hub(Settings(database_url=sys.argv[1], secret_key="only-for-tests-0123456789abcdefghij"))
    import_network(hub, Path(sys.argv[2]), progress=StopAfter(8))
