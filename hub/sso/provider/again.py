"""Signing in anew while signed in: a client asked for it, or for a sign-in that is younger (prompt, max_age)."""

from werkzeug import Response

from hub.network.connections import read_connection
from hub.runtime import Hub
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.sessions import Session


def sign_in_again(hub: Hub, session: Session, return_to: str, login_hint: str) -> Response:
    """Send the browser to where this session came from, so that the same person proves it anew."""
    with hub.reading() as uow:
        connection = read_connection(uow, session.connection_id)
    return send_away(
        lambda browser: begin_sign_in(
            hub, connection.slug, browser, return_to, login_hint, "again", session.person_id
        )
    )
