"""Programs are told of news: what their owners see, signed, until it arrives or is parked."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import sqlalchemy as sa

from hub.access.api_tokens import list_api_tokens, revoke_api_token
from hub.access.listing.pages_of import Asked
from hub.access.reach import OPERATOR, Reach
from hub.app import READERS
from hub.clock import SettableClock
from hub.errors import BadInput, Missing, OutsideFailed
from hub.http import Answer
from hub.ids import new_id
from hub.journal import announce
from hub.journal import tables as journal
from hub.journal.readers import register_readers, run_reader
from hub.notify.webhooks import send
from hub.notify.webhooks.subscriptions import (
    add_webhook,
    end_webhook,
    list_webhooks,
    read_webhook,
    resend_parked,
    try_webhook,
)
from hub.notify.webhooks.tell import tell_webhooks
from hub.training.events import CompletionRecognized, CreditGranted
from hub.training.tables import credit_ledger
from tests.rest.programs import Network

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


@dataclass
class Receiver:
    """Stands in for the way out: keeps what is sent, and answers as told."""

    status: int = 204
    sent: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, *, connection: str, headers: dict[str, str], body: bytes) -> Answer:
        self.sent.append((url, dict(headers), body))
        if not self.status:
            raise OutsideFailed("timeout", "The other system did not answer in time.")
        return Answer(self.status, {}, b"")

    @property
    def told(self) -> list[dict[str, Any]]:
        """What it was told, in no order."""
        return [json.loads(body) for _, _, body in self.sent]


@dataclass
class News:
    """A network whose hub tells a receiver."""

    network: Network
    receiver: Receiver

    def add(self, reach: Reach, *events: str) -> str:
        with self.network.hub.unit_of_work() as uow:
            return add_webhook(uow, reach, "https://crm.example/in", events or ["credit_granted"], SECRET)

    def credit(self, goal: str, who: str) -> None:
        with self.network.hub.unit_of_work() as uow:
            ids = self.network.ids
            entry = uow.find(credit_ledger, goal_id=ids[goal])
            about = ("offering", ids["brakes"], "service", entry.statement_id if entry else new_id(), uow.now)
            announce(uow, [CreditGranted(ids[who], ids[goal], *about)])

    def work(self) -> None:
        hub = self.network.hub
        while run_reader(hub.unit_of_work, tell_webhooks, "test"):
            pass
        while send.WebhookSender(hub).turn():
            pass

    def audited(self, action: str) -> list[tuple[str, Any]]:
        """Subjects and details of what the audit trail has of an action."""
        query = sa.select(journal.audit.c.subject_id, journal.audit.c.detail)
        with self.network.hub.reading() as uow:
            return [
                tuple(row) for row in uow.connection.execute(query.where(journal.audit.c.action == action))
            ]

    def line(self, webhook_id: str) -> Any:
        with self.network.hub.reading() as uow:
            return read_webhook(uow, OPERATOR, webhook_id)


@pytest.fixture
def news(goals: Network, monkeypatch: pytest.MonkeyPatch) -> News:
    receiver = Receiver()
    monkeypatch.setattr(goals.hub.http, "post", receiver.post)
    with goals.hub.unit_of_work() as uow:
        register_readers(uow, READERS)
    return News(goals, receiver)


@pytest.mark.requirement("B04", "B71")
def test_each_is_told_what_its_owner_sees_and_nothing_from_before(news: News, clock: SettableClock) -> None:
    news.credit("of ana", "ana")
    clock.advance(seconds=1)
    ids = news.network.ids
    news.add(Reach("partner", ids["harbor"]))
    news.work()
    assert news.receiver.sent == []
    news.credit("of ana", "ana")
    news.credit("review", "ana")
    news.credit("of carl", "carl")
    news.work()
    news.work()
    told = news.receiver.told
    assert [each["data"]["goal_id"] for each in told] == [ids["of ana"]]
    assert told[0]["type"] == "credit_granted"
    assert told[0]["data"]["person_id"] == ids["ana"]
    assert "statement_id" not in told[0]["data"]


def test_operators_are_told_more_but_no_reviews(news: News) -> None:
    ids = news.network.ids
    news.add(OPERATOR, "credit_granted", "completion_recognized")
    for goal, who in (("of ana", "ana"), ("review", "ana"), ("of carl", "carl")):
        news.credit(goal, who)
    with news.network.hub.unit_of_work() as uow:
        announce(uow, [CompletionRecognized(ids["carl"], ids["brakes"], new_id(), uow.now)])
    news.work()
    goals = {each["data"].get("goal_id") for each in news.receiver.told}
    assert goals == {ids["of ana"], ids["of carl"], None}
    assert all("statement_id" in each["data"] for each in news.receiver.told)


def test_what_is_sent_is_signed_and_a_repeat_is_known_by_its_id(news: News, clock: SettableClock) -> None:
    webhook_id = news.add(OPERATOR)
    news.receiver.status = 503
    news.credit("of ana", "ana")
    news.work()
    assert (news.line(webhook_id).waiting, len(news.receiver.sent)) == (1, 1)
    news.receiver.status = 200
    clock.advance(minutes=6)
    news.work()
    assert (news.line(webhook_id).waiting, len(news.receiver.sent)) == (0, 2)
    (_, first, _), (url, head, body) = news.receiver.sent
    assert url == "https://crm.example/in"
    assert first["webhook-id"] == head["webhook-id"]
    signed = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{expected}"


def test_what_is_refused_is_parked_and_sent_again_when_somebody_says_so(news: News) -> None:
    webhook_id = news.add(OPERATOR)
    news.receiver.status = 410
    news.credit("of ana", "ana")
    news.credit("of carl", "carl")
    news.work()
    assert news.line(webhook_id).parked == 2
    news.receiver.status = 200
    with news.network.hub.unit_of_work() as uow:
        with pytest.raises(Missing):
            resend_parked(uow, Reach("partner", news.network.ids["summit"]), webhook_id)
        assert resend_parked(uow, OPERATOR, webhook_id) == 2
        assert resend_parked(uow, OPERATOR, webhook_id) == 0
    assert news.audited("webhook_resent") == [(webhook_id, {"count": 2})]
    news.work()
    assert (news.line(webhook_id).parked, len(news.receiver.sent)) == (0, 4)


def test_one_that_is_down_holds_up_no_other(news: News, clock: SettableClock) -> None:
    down = news.add(Reach("partner", news.network.ids["harbor"]))
    news.receiver.status = 0
    for _ in range(6):
        news.credit("of ana", "ana")
    news.work()
    tried = len(news.receiver.sent)
    assert tried <= 4
    well = news.add(OPERATOR)
    news.receiver.status = 204
    news.credit("of carl", "carl")
    news.work()
    assert (news.line(well).waiting, news.line(down).waiting) == (0, 6)
    clock.advance(minutes=6)
    news.work()
    assert news.line(down).waiting == 0


def test_one_that_ended_is_told_nothing_and_a_test_says_nothing(news: News) -> None:
    webhook_id = news.add(OPERATOR)
    hub = news.network.hub
    with hub.unit_of_work() as uow:
        try_webhook(uow, OPERATOR, webhook_id)
    news.work()
    assert [(each["type"], each["data"]) for each in news.receiver.told] == [("webhook_tested", {})]
    assert news.audited("webhook_tried") == [(webhook_id, {})]
    news.credit("of ana", "ana")
    run_reader(hub.unit_of_work, tell_webhooks, "test")
    with hub.unit_of_work() as uow:
        assert end_webhook(uow, OPERATOR, webhook_id)
        assert not end_webhook(uow, OPERATOR, webhook_id)
    news.credit("of carl", "carl")
    news.work()
    assert len(news.receiver.sent) == 1
    assert news.line(webhook_id).parked == 1


def test_what_cannot_be_a_webhook_is_told_at_once(news: News) -> None:
    harbor = Reach("partner", news.network.ids["harbor"])
    with news.network.hub.unit_of_work() as uow:
        with pytest.raises(BadInput) as caught:
            add_webhook(uow, harbor, "http://crm.example", ["completion_recognized"], "whsec_short", "a\nb")
        assert [problem.place for problem in caught.value.problems] == ["url", "events", "secret", "label"]
        add_webhook(uow, OPERATOR, "https://crm.example", ["credit_granted"], SECRET)
        assert list_webhooks(uow, harbor, Asked()).items == ()
        stored = uow.connection.scalar(sa.text("SELECT sealed_secret FROM webhook"))
    assert SECRET not in str(stored)


def test_programs_make_try_and_end_webhooks(news: News) -> None:
    from tests.rest.test_writes import code, write
    from tests.rest.test_writes import send as post

    network, token = news.network, news.network.token("harbor")
    asked = {"url": "https://crm.example/in", "events": ["credit_granted"], "secret": SECRET}
    made = write(network, token, "/webhooks", asked)
    assert network.read(token, f"/webhooks/{made['id']}")["url"] == asked["url"]
    assert SECRET not in network.ask(token, "/webhooks").text
    other = network.token("summit")
    assert network.ask(other, f"/webhooks/{made['id']}").status_code == 404
    for action in ("test", "resend", "end"):
        assert code(post(network, other, f"/webhooks/{made['id']}/{action}", {})) == (404, "no_webhook")
        write(network, token, f"/webhooks/{made['id']}/{action}", {})
    assert network.read(token, "/webhooks")["items"][0]["ended_at"] is not None


def test_what_a_token_made_ends_with_it_and_tells_what_it_told(news: News) -> None:
    from tests.rest.test_writes import write

    network, token = news.network, news.network.token("harbor")
    made = write(
        network,
        token,
        "/webhooks",
        {"url": "https://crm.example/in", "events": ["credit_granted"], "secret": SECRET},
    )
    news.credit("of ana", "ana")
    news.work()
    news.credit("of ana", "ana")
    run_reader(network.hub.unit_of_work, tell_webhooks, "test")
    told = network.read(token, f"/webhooks/{made['id']}/deliveries")["items"]
    assert [(each["state"], each["event"], each["status"]) for each in told] == [
        ("waiting", "credit_granted", None),
        ("delivered", "credit_granted", 204),
    ]
    assert network.ask(network.token("summit"), f"/webhooks/{made['id']}/deliveries").status_code == 404
    with network.hub.unit_of_work() as uow:
        (mine,) = [
            line
            for line in list_api_tokens(uow)
            if "webhooks" in line.scopes and line.kind == "partner" and line.owner == "Harbor Auto"
        ]
        revoke_api_token(uow, mine.id)
    news.credit("of ana", "ana")
    news.work()
    assert len(news.receiver.sent) == 1
    assert news.line(made["id"]).ended_at is not None
    with network.hub.unit_of_work() as uow, pytest.raises(Missing):
        try_webhook(uow, OPERATOR, made["id"])


def test_partners_name_no_address_of_the_hubs_own_network(news: News) -> None:
    hub = news.network.hub
    allowed = ["CRM.example:443", "[fd00::1]:8443"]
    own = replace(hub, settings=hub.settings.model_copy(update={"outgoing_allow": allowed}))
    harbor = Reach("partner", news.network.ids["harbor"])
    with own.unit_of_work() as uow:
        for host in ("crm.example", "CRM.example:443", "%63rm.example", "\uff43rm.example", "[fd00::1]:8443"):
            with pytest.raises(BadInput) as refused:
                add_webhook(uow, harbor, f"https://{host}/in", ["credit_granted"], SECRET)
            assert [problem.place for problem in refused.value.problems] == ["url"]
        add_webhook(uow, OPERATOR, "https://crm.example/in", ["credit_granted"], SECRET)
