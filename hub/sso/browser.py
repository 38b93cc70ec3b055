"""What every way of signing in does with the browser: send it away with a flow's cookie, and let it in with a session's."""

from collections.abc import Callable

import flask
from werkzeug import Response

from hub.sso.arrive import SignedIn
from hub.sso.cookies import FLOW, SESSION, read_cookie, set_cookie
from hub.sso.tokens import new_token

KEPT_SECONDS = 3600
FLOW_TOKEN_LENGTH = len(new_token())
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def send_away(begin: Callable[[str], str]) -> Response:
    """Send the browser to the address that ``begin`` makes for its flow token.

    One token per browser, so that two tabs can sign in at the same time.
    """
    browser = browser_token()
    response = redirect(begin(browser))
    keep_browser(response, browser)
    return response


def browser_token() -> str:
    """The token that this browser holds, or a new one for it to keep: flows and trials are bound to it."""
    held = read_cookie(FLOW)
    return held if len(held) == FLOW_TOKEN_LENGTH else new_token()


def keep_browser(response: Response, browser: str) -> None:
    """Let the browser keep its token as long as what is bound to it: flows for minutes, trials for an hour."""
    set_cookie(response, FLOW, browser, max_age=KEPT_SECONDS)


def let_in(signed_in: SignedIn) -> Response:
    """Give the browser its new session, if there is one, and show it what it wanted."""
    response = redirect(signed_in.return_to)
    if signed_in.token:
        forget_forms()
        set_cookie(response, SESSION, signed_in.token)
    return response


def device() -> str:
    """The browser and the system it runs on, as far as it says, such as ``Firefox on Windows``."""
    told = flask.request.user_agent.string
    browser = next((name for mark, name in _BROWSERS if mark in told), "Another browser")
    system = next((name for mark, name in _SYSTEMS if mark in told), "")
    return f"{browser} on {system}" if system else browser


def forget_forms() -> None:
    """End what was put into the browser before, such as a form token that somebody else knows."""
    if flask.session:
        flask.session.clear()


def redirect(address: str) -> Response:
    """See Other, not to be kept by anybody."""
    response = flask.redirect(address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response
