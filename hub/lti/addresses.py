"""Addresses of other systems, as operators and registrations give them."""

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def address_problem(url: str) -> str:
    """What is wrong with an address, in words; empty when it can be used."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{url} is not an address"
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None or parts.fragment:
        return f"{url} is not an http(s) address without user name and fragment"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return f"{url} must use https: plain http is allowed on loopback only"
    return ""
