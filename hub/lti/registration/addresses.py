"""Addresses that other systems name in their registrations: which of them the hub takes down, and whose they are."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit, urlunsplit

MAX_ADDRESS = 2000
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_INSECURE = "an address must use https"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def address_problem(address: object) -> str:
    """What is wrong with an address that browsers or the hub are to open, in words; empty when nothing is.

    Plain http is taken on loopback only. Whether the hub may call an address at all is for ``hub.http`` to say.
    """
    if not isinstance(address, str) or not 0 < len(address) <= MAX_ADDRESS:
        return f"an address has 1 to {MAX_ADDRESS} characters"
    if any(not " " < character < "\x7f" for character in address) or "\\" in address:
        return "an address holds no spaces, backslashes or characters beyond ASCII"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "this is no address"
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return "an address begins with https:// and a host"
    if "@" in parts.netloc or parts.fragment or "#" in address:
        return "an address has no user name and no fragment"
    return "" if parts.scheme == "https" or host in _LOOPBACK else _INSECURE


def is_insecure(address: object) -> bool:
    """Whether the one thing wrong with the address is that it uses plain http."""
    return address_problem(address) == _INSECURE


def host_of(address: str) -> str:
    """The host of an address that has no problem, in lower case and without port: ports get lost on the way."""
    return urlsplit(address).hostname or ""


def host_or_text(text: str) -> str:
    """The host of a text that should be an address but need not be one; the text itself where it names no host."""
    try:
        return urlsplit(text).hostname or text
    except ValueError:
        return text


def origin_of(address: str) -> str:
    """Scheme, host and port of an address that has no problem, as browsers write an origin."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def with_query(address: str, query: Mapping[str, str]) -> str:
    """The address with these parameters after those it has."""
    parts = urlsplit(address)
    joined = "&".join(filter(None, (parts.query, urlencode(query))))
    return urlunsplit(parts._replace(query=joined))
