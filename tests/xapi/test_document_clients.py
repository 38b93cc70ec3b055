"""Documents with somebody else's client, over real HTTP."""

from collections.abc import Iterator

import pytest
import tincan

from hub.runtime import Hub
from hub.testing.serve import serve
from tests.xapi.rig import ACTIVITY, AGENT, Store, make_app


@pytest.fixture
def lrs(hub: Hub, trusted_store: Store) -> Iterator[tincan.RemoteLRS]:
    """The store as a tincan client sees it."""
    with serve(make_app(hub)) as base_url:
        yield tincan.RemoteLRS(
            endpoint=f"{base_url}/xapi/", username=trusted_store.key, password=trusted_store.secret
        )


def test_tincan_keeps_states(lrs: tincan.RemoteLRS) -> None:
    activity, agent = tincan.Activity(id=ACTIVITY["id"]), tincan.Agent(mbox=AGENT["mbox"])
    state = tincan.StateDocument(
        id="bookmark",
        activity=activity,
        agent=agent,
        content=bytearray(b'{"page": 7}'),
        content_type="application/json",
    )
    for _ in range(2):
        assert lrs.save_state(state).success, "it knows no If-Match unless it has read the document before"
    assert list(lrs.retrieve_state_ids(activity, agent).content) == ["bookmark"]
    back = lrs.retrieve_state(activity, agent, "bookmark").content
    assert bytes(back.content) == b'{"page": 7}'
    assert lrs.delete_state(state).success
    assert lrs.retrieve_state(activity, agent, "bookmark").response.status == 404
    assert lrs.save_state(state).success
    assert lrs.clear_state(activity, agent).success
    assert list(lrs.retrieve_state_ids(activity, agent).content) == []


def test_tincan_changes_a_profile_that_it_has_read(lrs: tincan.RemoteLRS, trusted_store: Store) -> None:
    activity = tincan.Activity(id=ACTIVITY["id"])
    made = trusted_store.send(
        "PUT",
        "/xapi/activities/profile",
        query_string={"activityId": activity.id, "profileId": "map"},
        data=b"old",
        content_type="text/plain",
        headers={"If-None-Match": "*"},
    )
    assert made.status_code == 204
    profile = lrs.retrieve_activity_profile(activity, "map").content
    assert bytes(profile.content) == b"old"
    changed = tincan.ActivityProfileDocument(
        id="map", activity=activity, content=bytearray(b"new"), content_type="text/plain", etag='"no longer"'
    )
    assert lrs.save_activity_profile(changed).response.status == 412
    changed.etag = trusted_store.send(
        "GET", "/xapi/activities/profile", query_string={"activityId": activity.id, "profileId": "map"}
    ).headers["ETag"]
    assert lrs.save_activity_profile(changed).success
    assert list(lrs.retrieve_activity_profile_ids(activity).content) == ["map"]
    assert lrs.delete_activity_profile(changed).response.status == 412, "its ETag is the old content's"
    changed.etag = None
    assert lrs.delete_activity_profile(changed).success
