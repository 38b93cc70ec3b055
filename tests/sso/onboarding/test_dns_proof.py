"""Reading the DNS, without a database."""

import pytest

from hub.config import Settings
from hub.sso.onboarding import dns_proof
from hub.sso.onboarding.dns_proof import judge, look_up, record_value
from hub.testing.dns import NameServer

NAME = "_hub-challenge.harbor.example"


@pytest.fixture
def settings(name_server: NameServer) -> Settings:
    return Settings(secret_key="only-for-tests-0123456789abcdefghij", dns_resolver=name_server.address)


def test_a_record_among_others_proves(names: NameServer, settings: Settings) -> None:
    names.texts[NAME] = ["v=spf1 -all", f" {record_value('abc')} "]
    assert look_up(settings, "harbor.example", "abc").problem == ""
    assert names.asked == [NAME]


def test_a_record_in_two_strings_is_one(names: NameServer, settings: Settings) -> None:
    names.texts[NAME] = [record_value("a" * 300)]
    assert look_up(settings, "harbor.example", "a" * 300).problem == ""


@pytest.mark.parametrize("there", [False, True])
def test_no_record(names: NameServer, settings: Settings, there: bool) -> None:
    if there:
        names.texts[NAME] = []  # the name is there, with records of other types
    assert look_up(settings, "harbor.example", "abc").problem == "no_record"


def test_a_server_that_fails(names: NameServer, settings: Settings) -> None:
    names.broken.add(NAME)
    assert look_up(settings, "harbor.example", "abc").problem == "dns_failed"


def test_a_server_that_is_silent(
    names: NameServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_proof, "TIMEOUT_SECONDS", 0.2)
    names.silent.add(NAME)
    assert look_up(settings, "harbor.example", "abc").problem == "dns_failed"


@pytest.mark.parametrize(
    "text", ["", "abc", "partner-training-hub-verification=", record_value("abcd"), "x" * 999]
)
def test_what_does_not_prove(text: str) -> None:
    answer = judge([text], "abc")
    assert answer.problem == "wrong_record"
    assert len(answer.seen[0]) <= 121


def test_what_is_seen_is_short_and_printable() -> None:
    answer = judge(["a\x00b"] * 50, "abc")
    assert answer.seen == ("a�b",) * 5
