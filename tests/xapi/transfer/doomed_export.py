"""An export that stops in the middle of its third file and waits to be killed: ``… URL FOLDER FORMAT``."""

import sys
from pathlib import Path

from hub.app import open_hub
from hub.config import Settings
from hub.xapi.transfer import export_statements as exporting
from hub.xapi.transfer.export_statements import ExportOptions, export_statements

if __name__ == "__main__":
    url, folder, format = sys.argv[1:]

    def wait(step: str, done: int, total: int) -> None:
        if done == 25:
            print("begun", flush=True)
            sys.stdin.read()

    exporting.AT_ONCE = 5
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    export_statements(hub, Path(folder), ExportOptions(format, per_file=10), wait)
