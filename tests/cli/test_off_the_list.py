"""A plugin goes off the list of a settings file, and every other line stays."""

import pytest

from hub.cli.off_the_list import without_plugin

SETTINGS = """\
# Ours.
plugins = [{list}]  # in this order
public_url = "https://hub.example"

[plugin.shelf]
days = 3  # of each book

[plugin.shelf.more]
x = 1

# Of others:
[plugin.other]
path = "[shelf]"
"""


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('"shelf"', ""),
        ('"shelf", "other"', '"other"'),
        ('"other", "shelf"', '"other"'),
        ('"a", \'shelf\', "other"', '"a", "other"'),
        ('\n  "a",\n  "shelf",\n  "other",\n', '\n  "a",\n  "other",\n'),
        ('\n  "a",\n  "shelf"\n', '\n  "a"\n'),
        ('"shelf_two"', '"shelf_two"'),
    ],
)
def test_name_and_settings_go(written: str, left: str) -> None:
    changed = without_plugin(SETTINGS.format(list=written), "shelf")
    assert changed is not None
    assert f"plugins = [{left}]  # in this order" in changed
    assert "days = 3" not in changed
    assert "x = 1" not in changed
    assert changed.startswith("# Ours.\n")
    assert changed.endswith('# Of others:\n[plugin.other]\npath = "[shelf]"\n')


def test_what_only_a_person_can_change_is_left() -> None:
    assert without_plugin('plugins = ["shelf"]\nplugin = { shelf = { days = 3 } }\n', "shelf") is None
    assert without_plugin('plugins = ["other"]\n', "shelf") == 'plugins = ["other"]\n'
