"""Three small networks for the tests of this folder, so that no property holds by luck."""

import pytest

from hub.testing.generate_network import generate_network
from tests.testing.network.reading import TODAY, Network


@pytest.fixture(scope="session", params=[1, 2, 3])
def network(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("network")
    return Network(folder, generate_network("S", request.param, folder, TODAY))
