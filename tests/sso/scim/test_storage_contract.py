"""What scim2-server asks of a storage, on both databases: filters, sorting and pages mean what its own evaluator means.

Its hundred tests share one database of each kind; each has a client of its own, so that none sees what another left.
"""

from collections.abc import Iterator

import pytest
from scim2_models import ScimProvider
from scim2_server.testing import ScimStorageContract

from hub.app import open_hub
from hub.config import Settings
from hub.ids import new_id
from hub.runtime import Hub
from hub.sso.scim.provider import PROVIDER
from hub.sso.scim.storage import HubStorage
from tests.databases import Kind, create_database, drop_database
from tests.sso.scim.rig import begin_client


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    kind: Kind = request.param
    url = create_database(kind)
    hub = open_hub(Settings(database_url=url, secret_key="only-for-tests-0123456789abcdefghij"))
    yield hub
    hub.close()
    drop_database(url)


class TestHubStorage(ScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return PROVIDER

    @pytest.fixture
    def storage(self, shared_hub: Hub) -> HubStorage:
        return HubStorage(shared_hub, begin_client(shared_hub, new_id()).caller)
