"""Colors and logos of themes. Browsers load them for pages, also before anybody signs in: they say nothing about anybody."""

import re

import flask

from hub.errors import Missing
from hub.flask_hub import current_hub
from hub.themes.choose_theme import theme_of_strangers
from hub.themes.colors import parse_color, write_css
from hub.themes.theme import Theme, find_image
from hub.web.headers import STATIC_SECONDS
from hub.web.viewer import current_session

blueprint = flask.Blueprint("themes", __name__, url_prefix="/themes")
_HASH = re.compile("[0-9a-f]{64}")
FOR_STRANGERS = frozenset({"sign_in", "local_sign_in", "register", "signed_out"})
"""Blueprints whose pages have the hub's theme, because they are for nobody in particular."""


@blueprint.get("/colors/<accent>.css")
def colors(accent: str) -> flask.Response:
    """The style sheet of an accent color, six digits: it is worked out from its address alone."""
    color = parse_color(f"#{accent}")
    if color is None:
        raise Missing("not_found", "There is no such color.")
    return _kept(flask.Response(write_css(color), mimetype="text/css"))


@blueprint.get("/images/<hash>")
def image(hash: str) -> flask.Response:
    """A logo by the hash of its content, 64 hex digits."""
    if not _HASH.fullmatch(hash):
        raise Missing("not_found", "There is no such picture.")
    with current_hub().reading() as uow:
        found = find_image(uow, hash)
    return _kept(flask.Response(found.content, mimetype=found.media_type))


def load_theme_of_strangers() -> None:
    """Let pages for nobody in particular have the hub's theme; with ``before_request``."""
    if flask.request.blueprint in FOR_STRANGERS and current_session() is None:
        with current_hub().reading() as uow:
            flask.g.theme = theme_of_strangers(uow)


def theme_context() -> dict[str, Theme | None]:
    """For the layout: the theme of whoever is signed in, or of pages for strangers."""
    viewer = flask.g.get("viewer")
    return {"theme": viewer.theme if viewer else flask.g.get("theme")}


def _kept(response: flask.Response) -> flask.Response:
    """What lies under such an address never changes."""
    response.cache_control.public = True
    response.cache_control.max_age = STATIC_SECONDS
    response.cache_control.immutable = True
    return response
