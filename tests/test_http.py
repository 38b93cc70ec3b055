"""The guard of the one way out: what is refused is refused before a single packet leaves."""

import _socket
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import OutsideFailed
from hub.http import OutgoingHttp

PUBLIC = "8.8.8.8"


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Addresses that somebody tried to connect to; no such attempt gets anywhere."""
    tried: list[Any] = []

    def connect(self: socket.socket, address: Any) -> None:
        tried.append(address[:2])
        raise ConnectionRefusedError("refused by the test")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What DNS answers, by name: one address per lookup, the last again and again. Numbers mean what the system says."""
    answers: dict[str, list[str]] = {}

    def lookup(host: str, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host in answers:
            host = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return _socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return answers


@pytest.fixture
def refuse(attempts: list[Any], names: dict[str, list[str]]) -> Iterator[Any]:
    """Checks that an address is refused for good, and that nothing was sent on the way to finding out."""

    def check(url: str, allow: tuple[str, ...] = ()) -> None:
        with pytest.raises(OutsideFailed) as refusal:
            OutgoingHttp(allow).get(url)
        assert (refusal.value.code, refusal.value.retryable) == ("refused_address", False)

    yield check
    assert attempts == []


@pytest.mark.requirement("WB3", "R1")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:7f00:1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1]",
        "[fd00::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::7f00:1]",
        "[::ffff:0:7f00:1]",
        "[fec0::1]",
    ],
)
def test_inside_address_is_refused(refuse: Any, host: str) -> None:
    refuse(f"https://{host}/jwks")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0xa9fea9fe"])
def test_inside_address_written_as_a_number_is_refused(refuse: Any, host: str) -> None:
    refuse(f"https://{host}/jwks")


@pytest.mark.requirement("WB3", "R1")
@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "::ffff:7f00:1", "fd00::1"]
)
def test_name_of_an_inside_address_is_refused(refuse: Any, names: dict[str, list[str]], address: str) -> None:
    names["idp.example"] = [address]
    refuse("https://idp.example/jwks")


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "url",
    [
        "ftp://files.example/keys",
        "file:///etc/passwd",
        "gopher://idp.example/1",
        "//idp.example/jwks",
        "jwks",
        "",
        "https://",
        "https:///jwks",
        "https://[::1",
        "https://idp.example:99999/",
        "https://idp.example:22/",
        "https://idp.example:8443/",
        "http://idp.example/",
        "http://idp.example:443/",
        "https://somebody@idp.example/",
        "https://:secret@idp.example/",
        "https://idp.example\\@127.0.0.1/",
    ],
)
def test_only_plain_https_addresses_are_called(refuse: Any, names: dict[str, list[str]], url: str) -> None:
    names |= {"idp.example": [PUBLIC], "files.example": [PUBLIC]}
    refuse(url)


@pytest.mark.parametrize("host", ["8.8.8.8", "[::ffff:8.8.8.8]"])
def test_public_address_is_called(attempts: list[Any], names: dict[str, list[str]], host: str) -> None:
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        OutgoingHttp().get(f"https://{host}/jwks")
    assert [port for _, port in attempts] == [443]


@pytest.mark.requirement("WB3")
def test_name_that_changes_between_check_and_connect_is_called_at_the_address_that_was_checked(
    attempts: list[Any], names: dict[str, list[str]]
) -> None:
    names["rebinding.example"] = [PUBLIC, "127.0.0.1"]
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        OutgoingHttp().get("https://rebinding.example/jwks")
    assert attempts == [(PUBLIC, 443)]


@pytest.mark.parametrize("host", ["192.0.2.1:8101", "idp.inside:8101"])
def test_only_the_very_port_on_the_allow_list_is_reached(
    attempts: list[Any], names: dict[str, list[str]], host: str
) -> None:
    names["idp.inside"] = ["10.0.0.7"]
    name = host.removesuffix(":8101")
    http = OutgoingHttp([host])
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        http.get(f"http://{name}:8101/jwks")
    assert [port for _, port in attempts] == [8101]
    for other in (f"http://{name}:8102/", f"http://{name}/", f"https://{name}:8102/"):
        with pytest.raises(OutsideFailed, match="does not call"):
            http.get(other)
    assert len(attempts) == 1


def test_allow_list_may_name_an_ipv6_address(attempts: list[Any]) -> None:
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        OutgoingHttp(["[::1]:8101"]).get("http://[::1]:8101/jwks")
    with pytest.raises(OutsideFailed, match="does not call"):
        OutgoingHttp(["[::1]:8101"]).get("http://[::1]:8102/jwks")


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("idp.inside:443", "https://idp.inside/jwks"),
        ("idp.inside:443", "https://idp.inside:443/jwks"),
        ("IdP.Inside:443", "https://idp.INSIDE/jwks"),
        ("idp.inside:80", "http://idp.inside/jwks"),
    ],
)
def test_allowed_host_is_reached_whether_or_not_its_address_names_the_usual_port(
    attempts: list[Any], names: dict[str, list[str]], allowed: str, url: str
) -> None:
    names["idp.inside"] = ["10.0.0.7"]
    with pytest.raises(OutsideFailed, match="cannot be reached"):
        OutgoingHttp([allowed]).get(url)
    assert [address for address, _ in attempts] == ["10.0.0.7"]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8101@10.0.0.7/",
        "http://10.0.0.7\\@127.0.0.1:8101/",
        "http://somebody@127.0.0.1:8101/",
        "http://127.0.0.1:8101.example/",
        "ftp://127.0.0.1:8101/",
    ],
)
def test_allow_list_is_no_way_to_anywhere_else(refuse: Any, url: str) -> None:
    refuse(url, ("127.0.0.1:8101",))


@pytest.mark.parametrize("host", ["nowhere.example", "a" * 64 + ".example", "-.example", "xn--a.example"])
def test_name_that_nobody_knows_is_unreachable_and_may_be_tried_again(
    attempts: list[Any], names: dict[str, list[str]], host: str
) -> None:
    with pytest.raises(OutsideFailed) as failure:
        OutgoingHttp().get(f"https://{host}/jwks")
    assert (failure.value.code, failure.value.retryable) == ("unreachable", True)
    assert attempts == []


@pytest.mark.parametrize("part", ["head", "body"])
def test_answer_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Each byte comes in time, and all of them never would: a call has an end, and so has whatever waits for it."""
    monkeypatch.setattr("hub.http.TIMEOUT", (0.1, 0.2))
    begin = b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 1000\r\n\r\n" if part == "body" else b"X-Long: ")
    given_up = threading.Event()

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(begin)
            for _ in range(400):  # twenty seconds, and the answer is not at its end
                if given_up.wait(0.05):
                    return
                connection.sendall(b"a")
        pytest.fail("nobody gave up")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        serving = threading.Thread(target=answer, args=(listening,))
        serving.start()
        with pytest.raises(OutsideFailed) as failure:
            OutgoingHttp([address]).get(f"http://{address}/")
        given_up.set()
        serving.join()
    assert (failure.value.code, failure.value.retryable) == ("timeout", True)
