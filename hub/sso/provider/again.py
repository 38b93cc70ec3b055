"""Signing in once more while signed in: a client asked for it, for a younger sign-in, or for another way (prompt, max_age, acr)."""

from werkzeug import Response

from hub.network.systems.connections import read_connection
from hub.runtime import Hub
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.flows import Purpose
from hub.sso.sessions import Session
from hub.sso.waiting import Wishes


def sign_in_again(
    hub: Hub, session: Session, return_to: str, wishes: Wishes, purpose: Purpose = "again"
) -> Response:
    """Send the browser to where this session came from, to sign in anew, or to prove more (``step_up``).

    Only who proves more has to be the same person. Anew, nobody is named to the flow: whoever comes back is signed in, with
    a session of their own, and if it is somebody else, the session before ends with all that clients were given from it.
    """
    person_id = session.person_id if purpose == "step_up" else None
    with hub.reading() as uow:
        connection = read_connection(uow, session.connection_id)
    return send_away(
        lambda browser: begin_sign_in(
            hub, connection.slug, browser, return_to, wishes.login_hint, purpose, person_id, wishes.acr
        )
    )
