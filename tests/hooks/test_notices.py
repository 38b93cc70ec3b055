"""The plugin notices, installed from its own folder: from goals of a rule to one post and one mail, through a whole hub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask
import pytest
import sqlalchemy as sa

from hub.app import open_hub
from hub.clock import SettableClock
from hub.config import Settings
from hub.journal.tables import outbox
from hub.notify.tables import mail
from hub.testing.serve import serve
from tests.packages import installed
from tests.world import World

PROJECT = Path(__file__).parents[2] / "plugins_contrib" / "notices"
Posts = list[Any]


@pytest.fixture
def chat() -> Iterator[tuple[str, Posts, list[flask.Response]]]:
    app = flask.Flask("chat", static_folder=None)
    posts: Posts = []
    answers: list[flask.Response] = []

    def take() -> flask.Response:
        posts.append(flask.request.get_json())
        return answers.pop(0) if answers else flask.Response("ok")

    app.add_url_rule("/hook", "hook", take, methods=["POST"])
    with serve(app) as address:
        yield address, posts, answers


@pytest.fixture
def world(
    settings: Settings, clock: SettableClock, chat: tuple[str, Posts, list[flask.Response]]
) -> Iterator[World]:
    address = chat[0]
    channels = {
        "workshop": {"kind": "slack", "url": f"{address}/hook", "audiences": ["technicians"]},
        "boss": {"kind": "mail", "to": "boss@example.com"},
    }
    said = {
        "plugins": ["standard_completion", "notices"],
        "plugin": {"notices": {"channels": channels}},
        "outgoing_allow": [address.removeprefix("http://")],
    }
    with installed(PROJECT):
        opened = open_hub(settings.model_copy(update=said), clock=clock)
        made = World(opened).begin()
        made.add(positions=["technician"])
        made.add_location("Riverside")
        made.add_courses("south", "brakes")
        made.add_audience("technicians", positions=("technician",))
        for number in range(30):
            made.add_person(f"p{number}")
            made.appoint(f"p{number}", "technician", "Riverside")
        made.link("p0")
        yield made
        opened.close()


def test_goals_of_a_rule_are_one_post_and_one_mail_even_if_the_chat_is_busy_at_first(
    world: World, clock: SettableClock, chat: tuple[str, Posts, list[flask.Response]]
) -> None:
    _, posts, answers = chat
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",), due_days=7)
    world.drain()
    world.send("p0", "brakes")
    world.drain()
    assert posts == []
    answers.append(flask.Response(status=429, headers={"Retry-After": "60"}))
    clock.advance(minutes=6)
    world.drain()
    clock.advance(seconds=59)
    world.drain()
    assert len(posts) == 1
    clock.advance(seconds=1)
    world.drain()
    assert len(posts) == 2
    assert posts[0] == posts[1]
    assert posts[1]["text"].split("\n")[0] == "*Goals reached: 1, New goals that are due soon: 29*"
    with world.hub.reading() as uow:
        (written,) = uow.connection.execute(sa.select(mail)).all()
        states = set(uow.connection.scalars(sa.select(outbox.c.state).where(outbox.c.receiver == "notices")))
    assert written.template == "news"
    assert states == {"delivered"}


def test_mail_goes_though_the_webhook_is_gone(
    world: World, clock: SettableClock, chat: tuple[str, Posts, list[flask.Response]]
) -> None:
    _, posts, answers = chat
    world.add_rule("brake-safety", "brakes", "service", positions=("technician",), due_days=7)
    world.drain()
    answers.append(flask.Response(status=404))
    clock.advance(minutes=6)
    world.drain()
    assert len(posts) == 1
    with world.hub.reading() as uow:
        mails = uow.connection.scalar(sa.select(sa.func.count()).select_from(mail))
        states = set(uow.connection.scalars(sa.select(outbox.c.state).where(outbox.c.receiver == "notices")))
    assert (mails, states) == (1, {"parked"})
