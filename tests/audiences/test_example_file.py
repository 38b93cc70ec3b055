"""The example of an audience file is one that can be read."""

from pathlib import Path

from hub.audiences.files.shapes import read_audience_file

CONFIG = Path(__file__).parents[2] / "config"


def test_example_can_be_read() -> None:
    file = read_audience_file(CONFIG / "audiences" / "riverside.toml")
    assert [path.table.key for path in file.paths] == ["welcome"]
    assert [audience.table.plugins for audience in file.audiences] == [["first_90_days"]]
    assert {rule.table.dimension for rule in file.rules} == {"service", "sales", "general"}
