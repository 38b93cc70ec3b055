"""Refusals that only this protocol's HTTP knows."""

from hub.errors import HubError


class Unauthorized(HubError):
    """Nobody we know sent this."""

    status = 401


class WrongMethod(HubError):
    """The resource does not do this."""

    status = 405


class TooLarge(HubError):
    """More than the store takes in one request."""

    status = 413


class WrongMediaType(HubError):
    """A kind of body the store cannot read."""

    status = 415
