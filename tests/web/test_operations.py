"""What machines watch: health and metrics."""

import pytest
import sqlalchemy as sa

from hub.audiences.rules.rule import switch_plugin
from hub.journal import enqueue
from hub.journal.timings import read_lately
from hub.web import timings
from tests.web.world import World


def metrics(world: World) -> dict[str, float]:
    text = world.browser().get("/metrics").text
    return {
        line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line[0] != "#"
    }


def test_a_hub_with_its_database_is_healthy(world: World) -> None:
    answer = world.browser().get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok", "database": "ok"})


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_hub_without_its_database_is_not(world: World) -> None:
    with world.hub.unit_of_work() as uow:
        uow.connection.execute(sa.text("DROP TABLE reader"))
    assert world.browser().get("/healthz").status_code == 503
    assert metrics(world)["hub_database_up"] == 0


def test_metrics_tell_of_readers_deliveries_plugins_and_requests(world: World) -> None:
    world.appoint("ana", "seller", "hilltop")
    world.complete("ana", "needs", "south")
    world.complete("stranger", "needs", "south")
    with world.hub.unit_of_work() as uow:
        enqueue(uow, "tell", "somebody", "a", {})
    label = 'hub_requests_total{endpoint="my_training.page",method="GET",status="200"}'
    before = metrics(world).get(label, 0)
    world.browser("ana").get("/my-training")
    found = metrics(world)
    assert found[label] == before + 1
    assert found['hub_request_seconds_count{endpoint="my_training.page"}'] >= 1
    assert found['hub_reader_behind{reader="recognize"}'] == 0
    assert found['hub_outbox{state="waiting"}'] == 1
    assert found["hub_statements_waiting"] == 1
    assert found["hub_database_up"] == 1
    assert found['hub_plugin_calls_total{hook="recognize_completion",plugin="standard_completion"}'] >= 1
    labels = 'hook="recognize_completion",{bound}plugin="standard_completion"'
    counts = [
        value
        for name, value in found.items()
        if name.startswith("hub_plugin_call_seconds_bucket{") and "recognize_completion" in name
    ]
    assert counts == sorted(counts)
    assert counts[-1] == found[f"hub_plugin_call_seconds_count{{{labels.format(bound='')}}}"] >= 1
    assert found[f"hub_plugin_call_seconds_sum{{{labels.format(bound='')}}}"] > 0


def test_unknown_addresses_share_one_label(world: World) -> None:
    for path in ("/one", "/two"):
        world.browser().get(path)
    labels = [name for name in metrics(world) if name.startswith("hub_requests_total")]
    assert any('endpoint="none"' in label for label in labels)
    assert not any("/one" in label for label in labels)


def test_what_a_web_process_measured_of_plugins_is_saved_while_requests_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def saved() -> int:
        with world.hub.reading() as uow:
            return sum(each.calls for each in read_lately(uow).values() if each.hook == "plan_panels")

    world.appoint("ana", "technician", "riverside", days=10)
    with world.hub.unit_of_work() as uow:
        switch_plugin(uow, "new-technicians", "first_90_days", on=True)
    world.browser("ana").get("/my-training")
    assert saved() == 0  # not at every request
    monkeypatch.setattr(timings, "EVERY_SECONDS", 0.0)
    world.browser("ana").get("/my-training")
    assert saved() == 2
    monkeypatch.setattr(timings, "save_timings", None)  # so that saving fails
    assert world.browser("ana").get("/my-training").status_code == 200
