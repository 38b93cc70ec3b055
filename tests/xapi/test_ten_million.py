"""Ten million statements: a page still reads as much as from a hundred thousand. By counters; nothing is timed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

STATEMENTS = int(os.environ.get("HUB_TEST_STATEMENTS", "10000000"))
BYTES_EACH = 4_000
"""On the disk, with indexes and the write-ahead log."""
ALLOWED = 1.2
ROOT = Path(__file__).parents[2]


@pytest.mark.soak
@pytest.mark.timeout(3 * 3600)
def test_pages_of_a_store_with_ten_million_statements_read_no_more(tmp_path: Path) -> None:
    free, needed = shutil.disk_usage(tempfile.gettempdir()).free, STATEMENTS * BYTES_EACH
    if free < needed:
        pytest.fail(
            f"{needed / 1e9:.0f} GB of disk are needed below {tempfile.gettempdir()}, {free / 1e9:.0f} are free"
        )
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench.xapi", "--only", "lists", "--statements", str(STATEMENTS)]
    subprocess.run([*command, "--json", str(figures)], cwd=ROOT, check=True)
    lines = json.loads(figures.read_text())["lines"]
    counted = {
        f"{line['value']:.0f} {line['unit']}": line["ratio"]
        for line in lines
        if line["unit"] in ("rows", "buffers")
    }
    assert len([line for line in lines if line["unit"] in ("rows", "buffers")]) == 14
    assert {what: ratio for what, ratio in counted.items() if ratio > ALLOWED} == {}
