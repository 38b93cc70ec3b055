"""In which language a page is: what somebody chose, what the hub knows of the person, what the browser asks for."""

import flask
from babel.support import NullTranslations
from flask_babel import Babel, Domain, gettext
from markupsafe import Markup
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.notify.preferences import choose_language
from hub.sso.cookies import read_cookie, set_cookie
from hub.sso.looking import current_look
from hub.sso.return_to import local_path
from hub.web.viewer import current_session, load_viewer
from hub.words.catalogues import translations
from hub.words.languages import DEFAULT, LANGUAGES, first_language
from hub.words.phrase import in_language

blueprint = flask.Blueprint("language", __name__)
COOKIE = "hub_language"
COOKIE_SECONDS = 365 * 24 * 3600


class _Catalogues(Domain):  # type: ignore[misc]
    """Flask-Babel's domain on the catalogues of ``hub.words``, which are not compiled."""

    def get_translations(self) -> NullTranslations:
        """The catalogue of this request's language."""
        return translations(current_language())


class _Babel(Babel):  # type: ignore[misc]
    domain_instance = _Catalogues()


def install_languages(app: flask.Flask) -> None:
    """Let templates and pages speak the language of whoever reads them: ``_``, ``ngettext`` and ``{% trans %}``.

    What stands between ``{% trans %}`` and ``{% endtrans %}`` may be broken into lines: it is one message with single spaces.
    """
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    _Babel(app, locale_selector=current_language)
    app.jinja_env.filters["told"] = told
    app.context_processor(_context)


def _(message: str, **values: object) -> str:
    """A message in the reader's language, with its values in ``%(name)s``."""
    return str(gettext(message, **values))


def current_language() -> str:
    """The language of this request, a key of LANGUAGES. Found once.

    Of somebody signed in it is what they chose, then what they chose in this browser before, then what their employer says
    of them; of anybody else what this browser was told, or asks for.
    """
    if not flask.has_request_context():
        return DEFAULT
    if "language" not in flask.g:
        flask.g.language = _find_language()
    return str(flask.g.language)


def told(words: str) -> str:
    """A text of the code in the reader's language: a phrase, or words that the catalogue has as they stand; a filter too."""
    return words if isinstance(words, Markup) else in_language(words, current_language())


@blueprint.post("/language")
def choose() -> Response:
    """Keep the choice, for the person who is signed in and for this browser. Form: ``language``, ``return_to``."""
    key, session = flask.request.form.get("language", ""), current_session()
    if key not in LANGUAGES:
        raise BadInput("bad_choice", "The hub does not speak this language.")
    if session is not None:
        with current_hub().unit_of_work() as uow:
            choose_language(uow, session.person_id, key)
    response = flask.redirect(local_path(flask.request.form.get("return_to")), 303)
    set_cookie(response, COOKIE, key, max_age=COOKIE_SECONDS)
    return response


def _find_language() -> str:
    chosen_here = read_cookie(COOKIE)
    wanted = [chosen_here] if chosen_here else []
    if current_session() is not None and current_look() is None:
        viewer = flask.g.get("viewer") or load_viewer()
        wanted = [viewer.language, *wanted, viewer.person.locale] if viewer else wanted
        return first_language(filter(None, wanted))
    return first_language([*wanted, *flask.request.accept_languages.values()])


def _context() -> dict[str, object]:
    """What the layout needs: the language, and those to choose from."""
    return {"language": current_language(), "languages": LANGUAGES}


__all__ = ["_", "blueprint", "current_language", "install_languages", "told"]
