"""Plugins that run elsewhere: asked by webhook, answering by REST, signed both ways."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.api_tokens import ALLOWED, make_api_token, revoke_api_token
from hub.access.reach import OPERATOR
from hub.app import create_app, open_hub
from hub.audiences.remote.remote_plugins import list_remote_plugins
from hub.audiences.rules.rule import switch_plugin
from hub.clock import SettableClock
from hub.config import Settings
from hub.errors import BadInput, Conflict, Missing
from hub.ids import new_id
from hub.journal import tables as journal
from hub.notify.webhooks.remote import Connected, connect_remote_plugin, disconnect_remote_plugin
from hub.notify.webhooks.subscriptions import end_webhook
from hub.runtime import Hub
from hub.testing.serve import serve
from tests.apps import app_of
from tests.docs.pages import blocks, read
from tests.world import World

PLUGIN = "remote:academy"
COURSE = ("comparing-brands", "general")


@dataclass
class Academy:
    """A network with a remote plugin on for its salespeople: Ann sells two brands, Bob one; and what it was asked."""

    world: World
    connected: Connected
    client: Any

    @property
    def hub(self) -> Hub:
        return self.world.hub

    def questions(self) -> dict[str, dict[str, Any]]:
        """What it was asked last, by person."""
        self.world.drain()
        with self.hub.reading() as uow:
            rows = uow.connection.execute(
                sa.select(journal.outbox.c.body)
                .where(journal.outbox.c.receiver == f"webhook:{self.connected.webhook_id}")
                .order_by(journal.outbox.c.created_at, journal.outbox.c.id)
            )
            asked = [question for row in rows for question in row.body["data"]["questions"]]
        names = {id: name for name, id in self.world.ids.items()}
        return {names[question["person_id"]]: question for question in asked}

    def post(
        self,
        said: dict[str, Any],
        *,
        secret: str = "",
        token: str = "",
        late: int = 0,
        headers: Mapping[str, str] = {},
    ) -> Any:
        """An answer as the party sends it."""
        body = json.dumps(said).encode()
        sent_at = str(int(self.hub.clock.now().timestamp()) - late)
        key = base64.b64decode((secret or self.connected.secret).removeprefix("whsec_"))
        mac = hmac.new(key, b".".join((b"msg_1", sent_at.encode(), body)), hashlib.sha256).digest()
        signed = {
            "Authorization": f"Bearer {token or self.connected.token}",
            "webhook-id": "msg_1",
            "webhook-timestamp": sent_at,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        }
        return self.client.post(
            "/api/v1/opinions", data=body, content_type="application/json", headers={**signed, **headers}
        )

    def answer(
        self, who: str, question: dict[str, Any], *opinions: dict[str, Any], version: str = "1"
    ) -> Any:
        """What became of one answer."""
        one = {
            "person_id": self.world.ids[who],
            "question": question["question"],
            "opinions": list(opinions),
        }
        response = self.post({"version": version, "answers": [one]})
        assert response.status_code == 200, response.text
        (outcome,) = response.json["outcomes"]
        self.world.drain()
        return outcome


def wish(question: dict[str, Any], **other: Any) -> dict[str, Any]:
    (candidate,) = question["candidates"]
    said = {
        "appointment_id": candidate["appointment_id"],
        "target_kind": "offering",
        "target": "comparing-brands",
        "reason": "you sell two brands",
        "since": candidate["starts"],
    }
    return said | other


def salespeople(hub: Hub) -> World:
    world = World(hub).begin()
    world.add(brands=["A", "B"], positions=["salesperson"])
    world.add_location("Riverside", brands={"A": ["sell"], "B": ["sell"]})
    world.add_courses("south", "comparing-brands")
    for name, brands in (("ann", ["A", "B"]), ("bob", ["A"])):
        world.add_person(name)
        world.appoint(name, "salesperson", "Riverside", brands=brands)
        world.link(name)
    world.add_audience("salespeople", positions=("salesperson",))
    return world


def connect(world: World, url: str = "https://academy.example/hub") -> Connected:
    with world.hub.unit_of_work() as uow:
        made = connect_remote_plugin(uow, "academy", url)
        switch_plugin(uow, "salespeople", PLUGIN, on=True)
    return made


@pytest.fixture
def academy(hub: Hub) -> Academy:
    world = salespeople(hub)
    return Academy(world, connect(world), app_of(hub, create_app).test_client())


@pytest.mark.requirement("D11")
def test_party_of_the_page_is_asked_and_answers_over_http(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (page,) = [block for block in blocks(read("remote-plugins.md")) if block.file == "academy.py"]
    party: dict[str, Any] = {"__name__": "academy"}
    monkeypatch.setenv("HUB_SECRET", "whsec_")
    exec(compile(page.text, "academy.py", "exec"), party)
    with serve(party["app"]) as address:
        allowed = settings.model_copy(update={"outgoing_allow": [address.removeprefix("http://")]})
        hub = open_hub(allowed)
        world = salespeople(hub)
        made = connect(world, f"{address}/hub")
        monkeypatch.setenv("HUB_TOKEN", made.token)
        party["SECRET"] = base64.b64decode(made.secret.removeprefix("whsec_"))
        with serve(create_app(hub)) as here:
            monkeypatch.setenv("HUB", here)
            world.drain()
        assert [list(world.live_goals(name)) for name in ("ann", "bob")] == [[COURSE], []]
        with hub.reading() as uow:
            (line,) = list_remote_plugins(uow)
        assert (line.asked, line.unanswered, line.on_for) == (2, 0, ("salespeople",))
        hub.close()


def test_each_is_asked_about_once_and_again_when_something_changes(academy: Academy) -> None:
    first = academy.questions()
    assert sorted(first) == ["ann", "bob"]
    (candidate,) = first["ann"]["candidates"]
    assert (candidate["brands"], candidate["audience"]) == (["A", "B"], "salespeople")
    assert set(candidate) == {
        "person_id",
        "appointment_id",
        "audience",
        "audience_class",
        "position",
        "brands",
        "location_id",
        "starts",
        "ends",
    }
    assert academy.questions() == first
    academy.world.appoint("bob", "salesperson", "Riverside", brands=["A", "B"])
    again = academy.questions()
    assert again["ann"] == first["ann"]
    assert again["bob"]["question"] != first["bob"]["question"]


def test_answer_becomes_a_goal_with_its_reason_and_goes_when_it_is_switched_off(
    academy: Academy, clock: SettableClock
) -> None:
    question = academy.questions()["ann"]
    assert academy.answer("ann", question, wish(question))["outcome"] == "changed"
    assert list(academy.world.live_goals("ann")) == [COURSE]
    assert academy.answer("ann", question, wish(question))["outcome"] == "unchanged"
    with academy.hub.unit_of_work() as uow:
        switch_plugin(uow, "salespeople", PLUGIN, on=False)
    academy.world.drain()
    assert academy.world.live_goals("ann") == {}
    assert academy.answer("ann", question, wish(question))["outcome"] == "outdated"
    clock.advance(seconds=1)
    with academy.hub.unit_of_work() as uow:
        switch_plugin(uow, "salespeople", PLUGIN, on=True)
    assert academy.questions()["ann"]["question"] != question["question"]  # it is asked about everybody anew


def test_answer_to_an_older_question_is_outdated_and_the_last_one_stays(academy: Academy) -> None:
    old = academy.questions()["bob"]
    assert academy.answer("bob", old, wish(old))["outcome"] == "changed"
    academy.world.appoint("bob", "salesperson", "Riverside", brands=["A", "B"])
    new = academy.questions()["bob"]
    assert list(academy.world.live_goals("bob")) == [COURSE]
    assert academy.answer("bob", old)["outcome"] == "outdated"
    assert list(academy.world.live_goals("bob")) == [COURSE]
    assert academy.answer("bob", new)["outcome"] == "changed"
    assert academy.world.live_goals("bob") == {}


def test_one_wrong_answer_hinders_no_other_and_every_problem_has_its_place(academy: Academy) -> None:
    asked = academy.questions()
    ann, bob = asked["ann"], asked["bob"]
    wrong = [
        wish(ann, target="no-such-course"),
        wish(ann, appointment_id=new_id()),
        wish(ann, dimension="no"),
    ]
    answers = [
        {"person_id": academy.world.ids["ann"], "question": ann["question"], "opinions": wrong},
        {"person_id": academy.world.ids["bob"], "question": bob["question"], "opinions": [wish(bob)]},
        {"person_id": new_id(), "question": bob["question"], "opinions": []},
    ]
    outcomes = academy.post({"version": "1", "answers": answers}).json["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["refused", "changed", "outdated"]
    assert [p["place"] for p in outcomes[0]["problems"]] == ["opinions.0", "opinions.1", "opinions.2"]
    academy.world.drain()
    assert [list(academy.world.live_goals(name)) for name in ("ann", "bob")] == [[], [COURSE]]


def test_what_is_not_signed_with_its_secret_is_refused_audited_and_changes_nothing(academy: Academy) -> None:
    question = academy.questions()["ann"]
    said = {
        "version": "1",
        "answers": [
            {
                "person_id": academy.world.ids["ann"],
                "question": question["question"],
                "opinions": [wish(question)],
            }
        ],
    }
    others = "whsec_" + base64.b64encode(b"k" * 32).decode()
    refused = [
        academy.post(said, secret=others),
        academy.post(said, late=301),
        academy.post(said, late=-301),
        academy.post(said, headers={"webhook-id": "msg_2"}),
        academy.post(said, headers={"webhook-signature": ""}),
        academy.post(said, headers={"webhook-signature": "v1,é"}),
        academy.post(said, headers={"webhook-timestamp": "²"}),
        academy.post(said, headers={"webhook-timestamp": "9" * 40}),
        academy.post(said, headers={"webhook-timestamp": "9" * 12}),
    ]
    assert {(each.status_code, each.json["code"]) for each in refused} == {(401, "bad_signature")}
    academy.world.drain()
    assert academy.world.live_goals("ann") == {}
    with academy.hub.reading() as uow:
        query = sa.select(sa.func.count()).where(journal.audit.c.reason == "bad_signature")
        assert uow.connection.scalar(query) == len(refused)
    assert academy.post(said, late=299).status_code == 200


def test_token_of_something_else_and_one_that_ended_answer_nothing(academy: Academy) -> None:
    with academy.hub.unit_of_work() as uow:
        other = make_api_token(uow, OPERATOR, ALLOWED["operator"]).token
    said = {"version": "1", "answers": [{"person_id": new_id(), "question": "x", "opinions": []}]}
    assert academy.post(said, token=other).status_code == 404
    with academy.hub.unit_of_work() as uow:
        assert disconnect_remote_plugin(uow, "academy")
        assert not disconnect_remote_plugin(uow, "academy")
    assert academy.post(said).status_code == 401
    with academy.hub.unit_of_work() as uow, pytest.raises(BadInput):
        switch_plugin(uow, "salespeople", "remote:other", on=True)


def test_names_are_good_and_given_once(academy: Academy) -> None:
    with academy.hub.unit_of_work() as uow, pytest.raises(Conflict):
        connect_remote_plugin(uow, "academy", "https://academy.example/hub")
    for name in ("", "Academy", "a:b", "x" * 41, "é"):
        with academy.hub.unit_of_work() as uow, pytest.raises(BadInput):
            connect_remote_plugin(uow, name, "https://academy.example/hub")
    with academy.hub.unit_of_work() as uow, pytest.raises(Missing):
        disconnect_remote_plugin(uow, "nobody")


def test_it_ends_as_a_whole_however_it_is_ended(academy: Academy) -> None:
    with academy.hub.unit_of_work() as uow, pytest.raises(Conflict, match="asks the remote plugin academy"):
        end_webhook(uow, OPERATOR, academy.connected.webhook_id)
    academy.questions()
    with academy.hub.unit_of_work() as uow:
        (line,) = list_remote_plugins(uow)
        revoke_api_token(uow, line.token_id)
    academy.world.appoint("bob", "salesperson", "Riverside", brands=["A", "B"])
    academy.world.drain()
    with academy.hub.unit_of_work() as uow:
        (line,) = list_remote_plugins(uow)
        assert (line.ended_at, line.unanswered) == (uow.now, 2)
        assert disconnect_remote_plugin(uow, "academy")
    said = {"version": "1", "answers": [{"person_id": new_id(), "question": "x", "opinions": []}]}
    assert academy.post(said).status_code == 401
