"""A whole run of the generator: what it gives back, tells, refuses and repeats."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from hub.testing.generate_network import generate_network
from hub.testing.network.files import COLUMNS

TODAY = date(2026, 5, 20)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    generate_network("S", 7, tmp_path / "here", TODAY)
    code = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from hub.testing.generate_network import generate_network;"
        "generate_network('S', 7, Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "there"), TODAY.isoformat()],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_another_seed_gives_another_network_over_the_old_one(tmp_path: Path) -> None:
    generate_network("S", 7, tmp_path, TODAY)
    before = contents(tmp_path)
    generate_network("S", 8, tmp_path, TODAY)
    after = contents(tmp_path)
    assert before.keys() == after.keys() == COLUMNS.keys()
    for name in ("partners.csv", "locations.csv", "nodes.csv", "people.csv", "appointments.csv"):
        assert before[name] != after[name]


def test_progress_reaches_the_end_of_each_step(tmp_path: Path) -> None:
    told: dict[str, tuple[int, int]] = {}

    def progress(step: str, done: int, total: int) -> None:
        assert done >= told.get(step, (0, 0))[0]
        told[step] = done, total

    generate_network("S", 7, tmp_path, TODAY, progress)
    assert told == {"locations": (100, 100), "field trees": (3, 3), "people": (800, 800)}


def test_an_unknown_size_or_an_impossible_day_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no size 'XL'"):
        generate_network("XL", 1, tmp_path / "new", TODAY)
    with pytest.raises(ValueError, match="1999"):
        generate_network("S", 1, tmp_path / "new", date(1999, 1, 1))
    assert not (tmp_path / "new").exists()
