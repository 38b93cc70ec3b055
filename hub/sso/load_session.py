"""Whose request this is: the browser's cookie becomes a session, and the session was used now."""

import flask

from hub.flask_hub import current_hub
from hub.sso.cookies import SESSION, read_cookie
from hub.sso.sessions import find_session, is_old_news, note_seen


def load_session() -> None:
    """Put the request's Session, or None, on ``flask.g.session``. Registered with ``before_request``."""
    flask.g.session = None
    token = read_cookie(SESSION)
    if not token or (flask.request.endpoint or "").endswith("static"):
        return
    hub = current_hub()
    with hub.glance() as uow:
        flask.g.session = session = find_session(uow, token)
        is_due = session is not None and is_old_news(session, uow.now)
    if session is not None and is_due:
        with hub.unit_of_work() as uow:
            note_seen(uow, session)
