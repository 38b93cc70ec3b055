"""A fuzzer that follows the branches of the parser, for ten minutes: no crash, and nothing raised but what becomes a 4xx."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = int(os.environ.get("HUB_TEST_FUZZ_SECONDS", "600"))
ROOT = Path(__file__).parents[2]

needs_atheris = pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is there for Linux only"
)


@needs_atheris
@pytest.mark.timeout(120)
def test_the_fuzzer_finds_nothing_in_a_moment(tmp_path: Path) -> None:
    assert fuzz(tmp_path, seconds=3) > 300


@needs_atheris
@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 300)
def test_the_fuzzer_finds_nothing(tmp_path: Path) -> None:
    assert fuzz(tmp_path, SECONDS) > 300


def fuzz(corpus: Path, seconds: int) -> int:
    """How many inputs were tried. What the parser could not cope with stands in the failure, to be tried again."""
    command = [sys.executable, "-m", "tests.xapi.fuzz_parser", str(corpus), f"-max_total_time={seconds}"]
    command += [f"-artifact_prefix={corpus}/found-", "-print_final_stats=1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    found = {file.name: file.read_bytes() for file in corpus.glob("found-*")}
    assert done.returncode == 0, f"{done.stdout[-3000:]}{done.stderr[-3000:]}{found}"
    tried = re.search(r"stat::number_of_executed_units:\s+(\d+)", done.stdout + done.stderr)
    assert tried, done.stderr[-2000:]
    return int(tried[1])
