"""The plugin alone: what each channel is told, in the form it takes, and what happens when it does not take it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
import pytest
from notices import Plugin, Settings
from pydantic import ValidationError

from hub.api import Mails, News, OutgoingHttp, OutsideFailed
from hub.testing.serve import serve

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


class Chat:
    """Webhooks by name; ``answers`` are given in turn, then 200."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.posts: list[tuple[str, Any]] = []
        self.answers: dict[str, list[flask.Response]] = {}

    def take(self, name: str) -> flask.Response:
        self.posts.append((name, flask.request.get_json()))
        waiting = self.answers.get(name)
        return waiting.pop(0) if waiting else flask.Response("ok")


@pytest.fixture
def chat() -> Iterator[Chat]:
    app = flask.Flask("chat", static_folder=None)
    with serve(app) as address:
        made = Chat(address)
        app.add_url_rule("/<name>", "take", made.take, methods=["POST"])
        yield made


def plugin(chat: Chat, channels: dict[str, dict[str, Any]], **settings: Any) -> Plugin:
    said = {
        name: {"url": f"{chat.address}/{name}", "kind": "slack", **each} for name, each in channels.items()
    }
    made = Plugin()
    made.settings = Settings.model_validate({"channels": said, **settings})
    return made


def tell(made: Plugin, chat: Chat, *news: News, batch: str = "b1") -> Mails:
    mails = Mails()
    made.news_gathered(list(news), batch, OutgoingHttp([chat.address.removeprefix("http://")]), mails)
    return mails


def one(number: int = 1, kind: Any = "credit_granted", **changes: Any) -> News:
    said = {"audiences": ("workshop",), "title": "Brakes", "target_kind": "offering", "target": "brakes"}
    return News(f"n{number}", kind, NOW, f"p{number}", "Ann Tester", **{**said, **changes})


def texts(chat: Chat) -> list[str]:
    return [body["text"] for _, body in chat.posts]


def test_slack_is_told_once_of_ten_thousand(chat: Chat) -> None:
    tell(plugin(chat, {"all": {"lines": 2}}), chat, *(one(number) for number in range(10_000)))
    assert texts(chat) == [
        "*Goals reached: 10000*\nGoals reached: AT – Brakes\nGoals reached: AT – Brakes\nGoals reached: and 9998 more"
    ]


def test_people_are_initials_unless_the_channel_says_otherwise(chat: Chat) -> None:
    channels = {how: {"names": how} for how in ("initials", "names", "ids")}
    tell(plugin(chat, channels), chat, one())
    assert [text.split("\n")[1] for text in texts(chat)] == [
        "Goals reached: AT – Brakes",
        "Goals reached: Ann Tester – Brakes",
        "Goals reached: p1 – Brakes",
    ]


def test_words_of_others_are_no_markup(chat: Chat) -> None:
    channels = {"slack": {}, "teams": {"kind": "teams"}}
    tell(plugin(chat, channels), chat, one(title="<!channel> & [x](https://evil.example)"))
    (_, slack), (_, teams) = chat.posts
    assert "&lt;!channel&gt; &amp; [x]" in slack["text"]
    assert "<" not in slack["text"]
    line = teams["attachments"][0]["content"]["body"][1]["text"]
    assert "\\[x\\]\\(https://evil.example\\)" in line


def test_teams_gets_a_message_with_one_adaptive_card(chat: Chat) -> None:
    tell(plugin(chat, {"ours": {"kind": "teams"}}), chat, one(), one(2, "audience_joined", target="workshop"))
    ((_, message),) = chat.posts
    assert message["type"] == "message"
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert [block["text"] for block in card["body"]] == [
        "Goals reached: 1, New here: 1",
        "Goals reached: AT – Brakes",
        "New here: AT – Brakes, from 2026-05-04",
    ]


def test_mail_is_left_to_the_hub(chat: Chat) -> None:
    made = plugin(chat, {"boss": {"kind": "mail", "to": "boss@example.com", "names": "names"}})
    (mail,) = tell(made, chat, one()).wanted
    assert (mail.to, mail.subject) == ("boss@example.com", "Goals reached: 1")
    assert mail.lines == ("Goals reached: Ann Tester – Brakes",)
    assert chat.posts == []


def test_each_subject_has_its_title_and_each_channel_its_subjects(chat: Chat) -> None:
    news = [
        one(1),
        one(2, target_kind="path", title="Welcome"),
        one(3, "credit_revoked"),
        one(4, "goal_added", due_at=NOW + timedelta(days=90)),
        one(5, "goal_added", due_at=NOW + timedelta(days=14)),
        one(6, "audience_joined", title="Workshop", target="workshop", target_kind="audience"),
    ]
    every = ["reached", "path_completed", "taken_back", "new", "due_soon", "joined"]
    tell(plugin(chat, {"a": {"tells": every}, "b": {"tells": ["new"]}, "c": {"tells": []}}), chat, *news)
    assert [name for name, _ in chat.posts] == ["a", "b"]
    assert texts(chat)[0].split("\n")[1:] == [
        "Goals reached: AT – Brakes",
        "Paths completed: AT – Welcome",
        "Credits taken back: AT – Brakes",
        "New goals: AT – Brakes, due 2026-08-02",
        "New goals that are due soon: AT – Brakes, due 2026-05-18",
        "New here: AT – Workshop, from 2026-05-04",
    ]
    assert texts(chat)[1].startswith("*New goals: 2*")


def test_audiences_are_named_by_the_channel_or_by_their_profile(chat: Chat) -> None:
    made = plugin(
        chat, {"workshop": {"audiences": ["workshop"]}, "sales": {"audiences": ["none"]}, "all": {}}
    )
    tell(made, chat, one())
    assert [name for name, _ in chat.posts] == ["workshop", "all"]
    chat.posts.clear()
    tell(made, chat, one(2, settings={"workshop": {"channel": "sales"}}), batch="b2")
    assert [name for name, _ in chat.posts] == ["workshop", "sales"]


def test_busy_channel_is_told_again_when_it_says_and_the_others_are_not(chat: Chat) -> None:
    made = plugin(chat, {"first": {}, "busy": {}, "last": {}})
    chat.answers["busy"] = [flask.Response(status=429, headers={"Retry-After": "30"})]
    with pytest.raises(OutsideFailed, match="busy answered 429") as failure:
        tell(made, chat, one())
    assert (failure.value.retryable, failure.value.wait) == (True, 30)
    tell(made, chat, one(2))  # the first of the news no longer holds
    assert [name for name, _ in chat.posts] == ["first", "busy", "last", "busy"]
    tell(made, chat, one(3), batch="b2")
    assert [name for name, _ in chat.posts][4:] == ["first", "busy", "last"]


@pytest.mark.parametrize(
    "status, retryable", [(400, False), (404, False), (410, False), (500, True), (503, True)]
)
def test_webhook_that_is_gone_is_not_tried_again_and_its_address_is_not_told(
    chat: Chat, status: int, retryable: bool
) -> None:
    made = plugin(chat, {"gone": {"url": f"{chat.address}/T000-secret"}, "fine": {}})
    chat.answers["T000-secret"] = [flask.Response(status=status)]
    with pytest.raises(OutsideFailed) as failure:
        tell(made, chat, one())
    assert failure.value.retryable is retryable
    assert "secret" not in f"{failure.value}{failure.value.help}{made.settings!r}"
    assert [name for name, _ in chat.posts] == ["T000-secret", "fine"]


@pytest.mark.parametrize(
    "channel",
    [
        {"kind": "slack"},
        {"kind": "mail"},
        {"kind": "mail", "to": "head office"},
        {"kind": "pigeon", "url": "https://x"},
    ],
)
def test_channel_without_an_address_stops_the_start(channel: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"channels": {"x": channel}})
