"""Documents belong to the connection whose credential keeps them; scopes tell what a credential may do with them."""

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.network.systems.connections import create_connection
from hub.network.tables import partner
from hub.runtime import Hub
from hub.xapi.callers.credentials import ALL, ALL_READ, DEFINE, PROFILE, READ, READ_MINE, STATE, WRITE
from tests.xapi.document_rig import KINDS, NEW, Documents, parameters
from tests.xapi.rig import Store, open_store
from tests.xapi.test_statements import audited


@pytest.fixture
def sister_store(hub: Hub, other_store: Store) -> Store:
    """A connection of the same partner as ``other_store``."""
    partner_id = new_id()
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.insert(partner).values(id=partner_id, name="Riverside"))
        ids = [create_connection(uow, slug, "lms", slug, partner_id) for slug in ("east", "west")]
    other_store.connection_id = ids[0]
    return open_store(hub, ids[1], (ALL,))


@pytest.mark.parametrize("kind", KINDS)
def test_another_connection_s_documents_are_not_there(
    hub: Hub, trusted_store: Store, other_trusted_store: Store, kind: str
) -> None:
    mine, other = Documents(trusted_store, kind), Documents(other_trusted_store, kind)
    mine.make({"mine": True})
    assert other.send("GET").status_code == 404
    assert other.names() == []
    assert other.send("DELETE").status_code == 204
    assert other.send("DELETE", headers={"If-Match": mine.etag()}).status_code == 412
    other.make({"other": True})
    assert mine.send("GET").json == {"mine": True}
    assert other.send("GET").json == {"other": True}
    if kind == "state":
        assert other.send("DELETE", query_string=parameters(kind, None)).status_code == 204
    assert mine.names() == ["settings"]


@pytest.mark.parametrize("kind", KINDS)
def test_not_even_those_of_a_connection_of_the_same_partner(
    hub: Hub, other_store: Store, sister_store: Store, kind: str
) -> None:
    Documents(open_store(hub, other_store.connection_id, (ALL,)), kind).make({})
    sister = Documents(sister_store, kind)
    assert sister.send("GET").status_code == 404
    assert sister.names() == []


@pytest.mark.parametrize("kind", KINDS)
def test_all_credentials_of_a_connection_share_its_documents(
    hub: Hub, trusted_store: Store, kind: str
) -> None:
    Documents(trusted_store, kind).make({"x": 1})
    second = open_store(hub, trusted_store.connection_id, (ALL,))
    assert Documents(second, kind).send("GET").json == {"x": 1}


MAY_NOT = {
    "state": (WRITE, READ_MINE, READ, DEFINE, PROFILE),
    "profile": (WRITE, READ_MINE, READ, DEFINE, STATE),
}
MAY = {"state": (STATE, ALL), "profile": (PROFILE, ALL)}


@pytest.mark.parametrize("kind", KINDS)
def test_scopes_open_the_documents_they_name(hub: Hub, trusted_store: Store, kind: str) -> None:
    what = "state" if kind == "state" else "profile"
    Documents(trusted_store, kind).make({"x": 1})
    for scope in MAY[what]:
        documents = Documents(open_store(hub, trusted_store.connection_id, (scope,)), kind)
        assert documents.send("GET").status_code == 200
        for method in ("POST", "PUT", "DELETE"):
            answer = documents.send(method, {"x": 1}, headers={"If-Match": documents.etag()})
            assert answer.status_code == 204, (scope, method)
        documents.make({"x": 1})
    assert audited(hub) == []
    several = tuple(scope for scope in MAY_NOT[what])
    documents = Documents(open_store(hub, trusted_store.connection_id, several), kind)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        assert documents.send(method, {"x": 2}, headers=NEW).status_code == 403, method
    assert audited(hub) == [("document", "missing_scope")] * 5
    assert Documents(trusted_store, kind).send("GET").json == {"x": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_reading_everything_changes_nothing(hub: Hub, trusted_store: Store, kind: str) -> None:
    Documents(trusted_store, kind).make({"x": 1})
    reader = Documents(open_store(hub, trusted_store.connection_id, (ALL_READ,)), kind)
    assert reader.send("GET").json == {"x": 1}
    assert reader.names() == ["settings"]
    for method in ("POST", "PUT", "DELETE"):
        assert reader.send(method, {"x": 2}, headers={"If-Match": reader.etag()}).status_code == 403
    assert reader.send("GET").json == {"x": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_without_a_credential(trusted_store: Store, kind: str) -> None:
    documents = Documents(trusted_store, kind)
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
        answer = documents.send(method, {}, headers={"Authorization": None, **NEW})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"]
    assert documents.names() == []
