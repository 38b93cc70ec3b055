"""Tests talk to this machine only: a connection or a name lookup beyond loopback is an error."""

import ipaddress
import socket
from typing import Any

import pytest


class BlockedTraffic(BaseException):
    """A test tried to reach another machine. Not an Exception, so that no handler takes it for a network error."""


def block_outside_traffic(patch: pytest.MonkeyPatch) -> None:
    """Let sockets of this process reach loopback and Unix sockets only, and look up no names but localhost."""
    for method in ("connect", "connect_ex", "sendto"):
        patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
    real_lookup = socket.getaddrinfo

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or _is_address(name) or name == "localhost":
            return real_lookup(host, *args, **kwargs)
        # As on a machine without a network, so that unreachable names can be tested.
        raise socket.gaierror(socket.EAI_NONAME, f"no name lookups in tests: {name}")

    patch.setattr(socket, "getaddrinfo", lookup)


def _guarded(real: Any) -> Any:
    def method(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(address[0]):
            raise BlockedTraffic(f"a test tried to reach {address}")
        return real(self, *args)

    return method


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
