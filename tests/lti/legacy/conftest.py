"""A hub that LMS West launches, and one that launches LMS north."""

from tests.lti.tool.conftest import shared, west, west_of

__all__ = ["shared", "west", "west_of"]
