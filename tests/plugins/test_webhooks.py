"""credit_granted of the plugin webhooks: other systems are told, and can check who speaks."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import flask
import pytest
from pydantic import SecretStr

from hub.api import CreditGranted, OutsideFailed
from hub.http import OutgoingHttp
from hub.plugins.webhooks import Plugin, Settings
from hub.testing.serve import serve

EVENT = CreditGranted(
    "ann", "goal-1", "offering", "brakes", "service", "statement-1", datetime(2026, 5, 4, tzinfo=UTC)
)


class Receivers:
    """Two addresses; ``status`` is what the second answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.status = 204
        self.got: list[tuple[str, bytes, str]] = []

    def take(self, name: str) -> tuple[str, int]:
        self.got.append((name, flask.request.get_data(), flask.request.headers["X-Hub-Signature"]))
        return "", self.status if name == "second" else 200


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    app = flask.Flask("receivers", static_folder=None)
    with serve(app) as address:
        made = Receivers(address)
        app.add_url_rule("/<name>", "take", made.take, methods=["POST"])
        yield made


def tell(receivers: Receivers) -> None:
    plugin = Plugin()
    plugin.settings = Settings(
        urls=[f"{receivers.address}/{name}" for name in ("first", "second")], secret=SecretStr("s3cr3t")
    )
    plugin.credit_granted(EVENT, OutgoingHttp([receivers.address.removeprefix("http://")]))


def test_credit_granted_is_posted_to_every_address_and_signed(receivers: Receivers) -> None:
    tell(receivers)
    assert [name for name, _, _ in receivers.got] == ["first", "second"]
    for _, body, signature in receivers.got:
        assert signature == "sha256=" + hmac.new(b"s3cr3t", body, hashlib.sha256).hexdigest()
        told = json.loads(body)
        assert (told["id"], told["person"], told["dimension"]) == ("goal-1:statement-1", "ann", "service")
        assert told["completed_at"] == "2026-05-04T00:00:00+00:00"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_answer_other_than_2xx_is_a_failure_that_may_be_tried_again(
    receivers: Receivers, status: int
) -> None:
    receivers.status = status
    with pytest.raises(OutsideFailed, match=str(status)) as failure:
        tell(receivers)
    assert failure.value.retryable


def test_repeat_carries_the_same_id(receivers: Receivers) -> None:
    for _ in range(2):
        tell(receivers)
    assert len({json.loads(body)["id"] for _, body, _ in receivers.got}) == 1
