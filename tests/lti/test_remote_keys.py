"""Keys of other systems when their JWKS misbehaves (row R4): a clear refusal, the old keys kept, no flood of calls."""

import threading
from collections.abc import Callable, Iterator

import flask
import pytest

import hub.http
from hub.errors import HubError
from hub.lti.remote_keys import KeyAge, KeySource, key_age, remote_key
from hub.lti.tools import key_source, read_tool
from hub.testing.keys import new_key
from tests.lti.rig import Rig

Answer = Callable[[], flask.typing.ResponseReturnValue]


@pytest.fixture
def moods(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Answer]]:
    """Ways in which a JWKS goes wrong; a slow one lets go at the end."""
    release = threading.Event()
    monkeypatch.setattr(hub.http, "TIMEOUT", (1.0, 0.3))

    def slow() -> str:
        release.wait(10)
        return "{}"

    yield {
        "500": lambda: ("broken", 500),
        "404": lambda: ("nothing here", 404),
        "not JSON": lambda: "<html>Sign in first</html>",
        "no JWKS": lambda: {"keys": {"kid": "1"}},
        "a list": list,
        "redirect loop": lambda: flask.redirect("/jwks"),
        "50 MB": lambda: flask.Response(b" " * 65_536 for _ in range(800)),
        "slow": slow,
    }
    release.set()


MOODS = ["500", "404", "not JSON", "no JWKS", "a list", "redirect loop", "50 MB", "slow"]


def source_of(rig: Rig) -> KeySource:
    with rig.hub.reading() as uow:
        return key_source(read_tool(uow, rig.north.connection_id))


def age(rig: Rig) -> KeyAge:
    with rig.hub.reading() as uow:
        return key_age(uow, source_of(rig))


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("mood", MOODS)
def test_r4_without_any_key_it_is_said_that_the_keys_cannot_be_fetched(
    rig: Rig, moods: dict[str, Answer], mood: str
) -> None:
    rig.keys.instead = moods[mood]
    record = rig.record()
    answer = rig.ask_token()
    assert (answer.status_code, answer.json and answer.json["error"]) == (400, "invalid_client")
    assert f"{rig.keys.address}/jwks" in answer.text
    assert "Sign in first" not in answer.text, "what the other system answered is shown to nobody"
    record.assert_refused("lti_token", "jwks_unreachable")
    assert rig.keys.calls == 1, "a redirect is not followed, a failure not tried again"


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("mood", MOODS)
def test_r4_old_keys_are_kept(rig: Rig, moods: dict[str, Answer], mood: str) -> None:
    rig.token()
    before = age(rig)
    rig.hub.clock.advance(hours=2)  # type: ignore[attr-defined]
    rig.keys.instead = moods[mood]
    assert rig.token(), "the known key goes on working"
    now = rig.hub.clock.now()
    assert age(rig) == KeyAge(before.kids, before.fetched_at, now), "its page says how old they are"
    with pytest.raises(HubError) as refused:
        remote_key(rig.hub, source_of(rig), "another")
    assert refused.value.code == "unknown_kid"
    assert rig.keys.calls == 2, "tried once in ten seconds"
    rig.keys.instead = None
    rig.hub.clock.advance(seconds=10)  # type: ignore[attr-defined]
    assert rig.token()
    assert age(rig).fetched_at == rig.hub.clock.now()


def test_an_empty_jwks_is_not_taken_for_a_good_one(rig: Rig) -> None:
    """Some tools publish nothing until they are registered."""
    rig.keys.publish()
    record = rig.record()
    assert rig.ask_token().status_code == 400
    record.assert_refused("lti_token", "unknown_kid")
    rig.keys.publish(rig.keys.private)
    rig.hub.clock.advance(seconds=10)  # type: ignore[attr-defined]
    assert rig.token()


def test_a_jwks_of_several_keys_is_fetched_once_for_all_of_them(rig: Rig) -> None:
    others = [new_key() for _ in range(2)]
    rig.keys.publish(rig.keys.private, *others)
    for key in (rig.keys.private, *others):
        assertion = rig.assertion({"kid": key.kid}, key)
        assert rig.ask_token(client_assertion=assertion).status_code == 200
    assert rig.keys.calls == 1
    assert age(rig).kids == tuple(key.kid for key in (rig.keys.private, *others))
