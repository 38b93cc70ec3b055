"""Who looks at a page, and who may: pages are closed unless their blueprint says otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import flask
from werkzeug import Response

from hub.access.roles import administered_partners
from hub.access.visibility import dimensions_of_manager
from hub.errors import NotAllowed
from hub.flask_hub import current_hub
from hub.network.people.person import Person, read_person
from hub.network.people.preferences import read_preferences
from hub.network.systems.connections import read_connection
from hub.sso.begin import begin_sign_in
from hub.sso.browser import send_away
from hub.sso.cookies import SESSION, read_cookie
from hub.sso.finish import is_strong
from hub.sso.sessions import Session
from hub.themes.choose_theme import theme_of
from hub.themes.theme import Theme


@dataclass(frozen=True)
class Viewer:
    """The person signed in, with the dimensions (keys and names) in which they look after others.

    ``partners`` are those whose people they look after as partner admins: names by id. ``language`` is empty where they
    chose none.
    """

    person: Person
    teams: Mapping[str, str]
    partners: Mapping[str, str]
    language: str = ""
    theme: Theme | None = None


def current_session() -> Session | None:
    """The web session of this request, if somebody is signed in."""
    return cast(Session | None, flask.g.get("session"))


def own_session() -> Session:
    """The session of whoever is signed in; for views behind ``require_sign_in``."""
    session = current_session()
    if session is None:
        raise RuntimeError("this view is not behind require_sign_in")
    return session


def current_viewer() -> Viewer:
    """Whoever is signed in; for views behind ``require_sign_in``, which thereby show it in their header."""
    viewer = flask.g.get("viewer") or load_viewer()
    if viewer is None:
        raise RuntimeError("this view is not behind require_sign_in")
    return cast(Viewer, viewer)


def load_viewer() -> Viewer | None:
    """Read who is signed in, for the page and for its header; None when nobody is."""
    session = current_session()
    if session is None:
        return None
    with current_hub().reading() as uow:
        person = read_person(uow, session.person_id)
        teams, partners = dimensions_of_manager(uow, person.id), administered_partners(uow, person.id)
        language, theme = read_preferences(uow, person.id).language, theme_of(uow, person.id)
    flask.g.viewer = Viewer(person, teams, partners, language, theme)
    return cast(Viewer, flask.g.viewer)


def require_sign_in() -> Response | None:
    """Send whoever is not signed in to the sign-in page, and back afterwards; for a blueprint's ``before_request``."""
    if current_session() is not None:
        return None
    request = flask.request
    arguments = {}
    if request.method == "GET":
        arguments["return_to"] = request.full_path if request.query_string else request.path
    if read_cookie(SESSION):
        arguments["problem"] = "session_ended"
    return flask.redirect(f"{flask.url_for('sign_in.form')}?{urlencode(arguments)}".rstrip("?"), 303)


def require_operator() -> None:
    """Refuse whoever does not run the hub, with an audit row; for a blueprint's ``before_request``."""
    person = current_viewer().person
    if person.is_operator:
        return
    current_hub().audit_refusal("admin", "not_operator", flask.request.endpoint or "", actor_id=person.id)
    raise NotAllowed(
        "not_operator",
        "These pages are for those who run the hub.",
        "Ask an operator if you need to see something here.",
    )


def ask_operators_again() -> Response | None:
    """``require_strong_sign_in`` of operators alone; for a blueprint's ``before_request`` where others come too."""
    return require_strong_sign_in() if current_viewer().person.is_operator else None


def require_strong_sign_in() -> Response | None:
    """Send operators to prove themselves again where the settings ask for it; for a blueprint's ``before_request``.

    What a form was to change is refused instead, with an audit row: browsers follow no form to another system.
    """
    hub, session, request = current_hub(), own_session(), flask.request
    if is_strong(hub.settings, session, hub.clock.now()):
        return None
    if request.method != "GET":
        hub.audit_refusal("admin", "step_up_needed", request.endpoint or "", actor_id=session.person_id)
        raise NotAllowed(
            "step_up_needed",
            "This needs a fresh sign-in.",
            "Nothing was changed. Go back and reload the page: you are asked to sign in again, then send it once more.",
        )
    with hub.reading() as uow:
        slug = read_connection(uow, session.connection_id).slug
    wanted, person_id = request.full_path if request.query_string else request.path, session.person_id
    return send_away(
        lambda browser: begin_sign_in(hub, slug, browser, wanted, purpose="step_up", person_id=person_id)
    )


def layout_context() -> dict[str, Any]:
    """What the layout shows of the viewer; nothing more is read here, so that errors always find a page."""
    return {"viewer": flask.g.get("viewer")}
