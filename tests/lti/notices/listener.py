"""A tool's notice handler on loopback: what it was told, and what it answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import flask

from hub.testing.serve import serve


@dataclass
class Listener:
    """Posts as they came, newest last."""

    address: str = ""
    status: int = 200
    posts: list[dict[str, Any]] = field(default_factory=list)

    def begin(self) -> "Listener":
        """As a test finds it: willing, and told nothing yet."""
        self.status = 200
        self.posts.clear()
        return self

    @property
    def url(self) -> str:
        """Where it wants to be told."""
        return f"{self.address}/notices"


@contextmanager
def serve_listener() -> Iterator[Listener]:
    """A listener at an address of its own."""
    listener = Listener()
    app = flask.Flask(__name__)

    def take() -> tuple[str, int]:
        assert flask.request.mimetype == "application/json"
        listener.posts.append(flask.request.get_json())
        return "", listener.status

    app.add_url_rule("/notices", "take", take, methods=["POST"])
    with serve(app) as url:
        listener.address = url
        yield listener
