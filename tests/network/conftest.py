"""A hub that has imported the small network."""

from pathlib import Path

import pytest

from hub.network.importing.import_network import import_network
from hub.runtime import Hub
from tests.network.small_network import SmallNetwork


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files are."""
    return tmp_path / "files"


@pytest.fixture
def imported(hub: Hub, folder: Path) -> SmallNetwork:
    """The small network, which the hub has imported."""
    network = SmallNetwork()
    import_network(hub, network.write(folder))
    return network
