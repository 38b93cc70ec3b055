"""The hub's own cookies: never readable by scripts, never sent along by other sites' forms."""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub

SESSION = "hub_session"
FLOW = "hub_flow"
DOOR = "hub_door"
"""Where the person at this browser signs in: the slug of a connection."""


def cookie_name(name: str) -> str:
    """On https with the ``__Host-`` prefix, so that no other host and no plain page can set it (RFC 6265bis, 4.1.3)."""
    return f"__Host-{name}" if current_hub().settings.is_https else name


def read_cookie(name: str) -> str:
    """The cookie's value, empty when the browser sent none."""
    return flask.request.cookies.get(cookie_name(name), "")


def set_cookie(response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie; without ``max_age`` (seconds) it goes with the browser, as is right on a shared computer.

    SameSite is Lax because people come back from their provider's site with it.
    """
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        path="/",
        secure=current_hub().settings.is_https,
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    set_cookie(response, name, "", max_age=0)
