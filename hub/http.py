"""The one way out: every request to another system goes through this client.

It sets timeouts, caps the size of answers, follows no redirects, keeps a bound on the calls in flight per
connection, and refuses addresses inside the hub's own network (server-side request forgery).
"""

import http.client
import io
import ipaddress
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from hub import __version__
from hub.errors import OutsideFailed

MAX_BYTES = 2 * 1024 * 1024
TIMEOUT = (3.05, 5.0)
"""Seconds to connect and between two packets; head and body of an answer may each take as long as both together."""
CALLS_IN_FLIGHT = 4
DEFAULT_PORTS = {"http": 80, "https": 443}
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
ALLOWED_PORTS = frozenset(DEFAULT_PORTS.values())


@dataclass(frozen=True)
class Answer:
    """What another system answered. ``body`` is at most MAX_BYTES long."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; OutsideFailed ``not_json`` when it is something else."""
        try:
            return requests.compat.json.loads(self.body)  # type: ignore[attr-defined]
        except (ValueError, RecursionError):
            raise OutsideFailed(
                "not_json", "The other system's answer is not JSON.", retryable=True
            ) from None


def place_of(url: str) -> str | None:
    """``host:port`` of an http or https address, as it will be asked and as ``outgoing_allow`` has it; None where that is not clear.

    The host is read as requests writes it: letters that stand for others (percent signs, full-width forms) hide none.
    """
    prepared = requests.PreparedRequest()
    try:
        prepared.prepare_url(url, None)
        said, parts = urlsplit(url), urlsplit(prepared.url or "")
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except (ValueError, requests.RequestException):
        return None
    # Parsers disagree on what a backslash or an @ means for the host, and none belongs here.
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in said.netloc or "\\" in url:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


class OutgoingHttp:
    """A requests client with guards. ``allow`` lists host:port pairs inside private networks that may be reached.

    Each call is made inside ``around()``.
    """

    def __init__(
        self, allow: Iterable[str] = (), around: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self._around = around
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"PartnerTrainingHub/{__version__}"
        self._session.trust_env = False
        # Systems of different partners share this session: none may set a cookie that another call carries.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.mount("http://", _Refuse())
        self._session.mount("https://", _OnlyPublic(is_https_proto=True))  # type: ignore[call-arg]
        self._allow = frozenset(host.lower() for host in allow)
        for host in self._allow:
            name, _, port = host.rpartition(":")
            for scheme, default in DEFAULT_PORTS.items():
                self._session.mount(f"{scheme}://{host}/", _Bounded())
                if port == str(default):  # addresses leave it out
                    self._session.mount(f"{scheme}://{name}/", _Bounded())
        self._slots: defaultdict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(CALLS_IN_FLIGHT)
        )

    def get(self, url: str, *, connection: str = "", headers: Mapping[str, str] | None = None) -> Answer:
        """GET ``url``; OutsideFailed when it cannot be reached, is refused, is too slow or too large."""
        return self._send("GET", url, connection, headers=headers)

    def post(
        self,
        url: str,
        *,
        connection: str = "",
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        auth: tuple[str, str] | None = None,
        patience: float | None = None,
    ) -> Answer:
        """POST a form or a body to ``url``; OutsideFailed as for ``get``.

        A body that is a file is sent piece by piece. ``patience`` is how many seconds the other system may take to begin
        its answer, where much is asked of it.
        """
        return self._send("POST", url, connection, patience, headers=headers, data=form or body, auth=auth)

    def request(
        self,
        method: str,
        url: str,
        *,
        connection: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Any method to ``url``; OutsideFailed as for ``get``."""
        return self._send(method, url, connection, headers=headers, data=body)

    def _send(
        self, method: str, url: str, connection: str, patience: float | None = None, **kwargs: Any
    ) -> Answer:
        self._check_address(url)
        timeout = TIMEOUT if patience is None else (TIMEOUT[0], patience)
        with self._around(), self._slot(connection or urlsplit(url).netloc):
            try:
                with self._ask(method, url, timeout, **kwargs) as response:
                    return Answer(response.status_code, dict(response.headers), _read_capped(response))
            except InvalidIPAddress:
                raise _refused_address() from None
            except (requests.Timeout, urllib3.exceptions.TimeoutError):
                raise OutsideFailed("timeout", "The other system did not answer in time.") from None
            # A UnicodeError is a name that no DNS can hold.
            except (requests.RequestException, urllib3.exceptions.HTTPError, UnicodeError) as error:
                raise OutsideFailed(
                    "unreachable", f"The other system cannot be reached ({type(error).__name__})."
                ) from None

    def _ask(
        self,
        method: str,
        url: str,
        timeout: tuple[float, float],
        *,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | bytes | IO[bytes] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> requests.Response:
        """The answer as it begins. Sent by the session's adapters: what a session adds for cookies and redirects is not wanted."""
        data = data or None
        if not isinstance(data, bytes | dict | None):
            return self._session.request(
                method,
                url,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                headers=headers,
                data=data,
                auth=auth,
            )
        request = requests.PreparedRequest()
        request.method = method.upper()
        request.prepare_url(url, None)
        request.prepare_headers({**self._session.headers, **(headers or {})})
        request.body = body = urlencode(data).encode() if isinstance(data, dict) else data
        if isinstance(data, dict):
            request.headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        request.prepare_content_length(body)
        if auth:
            requests.auth.HTTPBasicAuth(*auth)(request)
        adapter = self._session.get_adapter(request.url or "")
        return adapter.send(request, stream=True, timeout=timeout, verify=True, proxies={})

    def _check_address(self, url: str) -> None:
        place = place_of(url)
        if place is None:
            raise _refused_address()
        if place in self._allow:
            return
        if not url.lower().startswith("https://") or int(place.rpartition(":")[2]) not in ALLOWED_PORTS:
            raise _refused_address()

    @contextmanager
    def _slot(self, connection: str) -> Iterator[None]:
        slot = self._slots[connection]
        if not slot.acquire(timeout=sum(TIMEOUT)):
            raise OutsideFailed("busy", "Too many calls to this system are already under way.")
        try:
            yield
        finally:
            slot.release()


def retry_after(answer: Answer, now: datetime) -> timedelta:
    """How long an answer asks us to wait (RFC 9110, section 10.2.3), a day at most; nothing if it says no time."""
    told = next(
        (value for name, value in answer.headers.items() if name.lower() == "retry-after"), ""
    ).strip()
    wait = timedelta()
    if told.isdecimal() and len(told) < 10:
        wait = timedelta(seconds=int(told))
    elif told:
        try:
            at = parsedate_to_datetime(told)
            wait = at - now if at.tzinfo else wait
        except (ValueError, OverflowError):  # a date that no calendar has
            return wait
    return min(max(wait, timedelta()), timedelta(days=1))


class _UntilDeadline(io.RawIOBase):
    """What arrives at a socket until a moment, and then a timeout: a trickle would keep within every wait for a packet."""

    def __init__(self, arriving: io.RawIOBase, sock: socket.socket) -> None:
        self._arriving, self._sock = arriving, sock
        self._patience = sock.gettimeout() or TIMEOUT[1]
        self._deadline = time.monotonic() + self._patience + 2 * sum(TIMEOUT)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer")
        self._sock.settimeout(min(left, self._patience))
        try:
            return self._arriving.readinto(buffer)
        finally:
            self._sock.settimeout(self._patience)  # for what is sent next over the same connection

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _Answering(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: Any = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock))


class _Http(HTTPConnection):
    response_class = _Answering


class _Https(HTTPSConnection):
    response_class = _Answering


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class _Bounded(HTTPAdapter):
    """An answer as a whole takes no longer than it may."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


class _OnlyPublic(IPFilterAdapter, _Bounded):  # type: ignore[misc]  # its package has no types
    """Resolves a name once, checks what it stands for, and connects to that very address."""

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        address = ipaddress.ip_address(host["host"].strip("[]"))
        # Of IPv6, only 2000::/3 is given out for the public; the rest holds old ways to write inside addresses.
        if not address.is_global or (address.version == 6 and address not in PUBLIC_IPV6):
            raise InvalidIPAddress(str(address))
        return host, pool


class _Refuse(HTTPAdapter):
    """Plain http is for the allow list only."""

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        raise InvalidIPAddress("plain http")


def _read_capped(response: requests.Response) -> bytes:
    deadline = time.monotonic() + sum(TIMEOUT)
    body = bytearray()
    # Whatever has arrived, piece by piece: waiting for a full buffer would let a trickle hold a thread for hours.
    while chunk := response.raw.read1(64 * 1024, decode_content=True):
        body += chunk
        if len(body) > MAX_BYTES:
            raise OutsideFailed("too_large", "The other system's answer is too large.", retryable=False)
        if time.monotonic() > deadline:
            raise requests.Timeout("the body")
    return bytes(body)


def _refused_address() -> OutsideFailed:
    return OutsideFailed(
        "refused_address",
        "The hub does not call this address.",
        "Use https to a public host, or let an operator add host:port to outgoing_allow.",
        retryable=False,
    )
