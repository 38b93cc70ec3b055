"""The network of programs, with goals in it."""

from tests.rest.conftest import goals, network

__all__ = ["goals", "network"]
