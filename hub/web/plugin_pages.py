"""Pages of plugins: found with each request, closed as their routes say, drawn by the hub."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

import flask
from werkzeug import Response
from werkzeug.exceptions import InternalServerError
from werkzeug.routing import Map, RequestRedirect, Rule

from hub.errors import HubError, Missing, NotAllowed
from hub.flask_hub import current_hub
from hub.hooks import Hooks
from hub.hooks.implementation import PluginFailed
from hub.hooks.rendering import words_of
from hub.plugin_pages.page import Json, Page, PageAnswer, Redirect, check_answer
from hub.plugin_pages.request import Request
from hub.plugin_pages.route import HOOK, Route, registered_routes
from hub.plugin_pages.seen import has_role, those_on
from hub.sso.looking import current_look
from hub.web.viewer import (
    Viewer,
    ask_operators_again,
    current_session,
    current_viewer,
    load_viewer,
    require_sign_in,
)
from hub.web.words import full_day

PAGE_SECONDS = 10.0
"""How long the view of a page may take before it is interrupted."""
NOON = time(12, tzinfo=UTC)
blueprint = flask.Blueprint("plugin_pages", __name__, url_prefix="/plugins")


class PluginLink(NamedTuple):
    """A link in a menu."""

    title: str
    address: str


@blueprint.route("/<plugin>/", defaults={"rest": ""}, methods=["GET", "POST"])
@blueprint.route("/<plugin>/<path:rest>", methods=["GET", "POST"])
def page(plugin: str, rest: str) -> flask.typing.ResponseReturnValue:
    """Whatever the plugin has there; 404 where it has nothing, is not on, or is on for no audience."""
    hub = current_hub()
    routes = registered_routes(hub.hooks).get(plugin)
    with hub.reading() as uow:
        if routes is None or plugin not in those_on(uow, [plugin]):
            raise Missing("not_found", "There is no such page.")
    adapter = _map_of(hub.hooks, plugin).bind("")
    try:
        place, values = adapter.match(f"/{rest}", method=flask.request.method)
    except RequestRedirect as error:  # this map knows no host, and would lead to another
        raise Missing("not_found", "There is no such page.") from error
    route = routes[place]
    if route.may:
        sent_away = require_sign_in() or ask_operators_again()
        if sent_away is not None:
            return sent_away
    viewer = current_viewer() if route.may or current_session() is not None else None
    roles = _roles(plugin, route, viewer)
    request = flask.request
    asked = Request(
        viewer.person.id if viewer else "",
        viewer.person.name if viewer else "",
        roles,
        request.method,
        values,
        request.args.to_dict(),
        {name: value for name, value in request.form.to_dict().items() if name != "csrf_token"},
        hub.clock.now(),
        hub.http,
        plugin,
        hub,
        viewer.person if viewer else None,
    )
    return _drawn(plugin, _answer(plugin, route, asked))


def plugin_links(role: str) -> list[PluginLink]:
    """Links to pages that plugins want in the menu of a role, for templates; none for those who do not have it."""
    hub, viewer = current_hub(), flask.g.get("viewer")
    wanted = [
        (plugin, route)
        for plugin, routes in registered_routes(hub.hooks).items()
        for route in routes
        if route.menu and role in {each.partition(":")[0] for each in route.may}
    ]
    if not wanted or viewer is None or current_look() is not None:
        return []
    with hub.reading() as uow:
        on = those_on(uow, {plugin for plugin, _ in wanted})
    return [
        PluginLink(route.menu, _address(plugin, route.path))
        for plugin, route in wanted
        if plugin in on and any(_is_for(viewer, each) for each in route.may if each.partition(":")[0] == role)
    ]


def _is_for(viewer: Viewer, role: str) -> bool:
    """As ``has_role``, by what the page has read of the viewer already."""
    kind, _, dimension = role.partition(":")
    if kind == "manager":
        return dimension in viewer.teams if dimension else bool(viewer.teams)
    return {"operator": viewer.person.is_operator, "partner_admin": bool(viewer.partners)}.get(kind, True)


@lru_cache(maxsize=64)
def _map_of(hooks: Hooks, plugin: str) -> Map:
    routes = registered_routes(hooks)[plugin]
    return Map(
        [
            Rule(f"/{route.path}", endpoint=place, methods=list(route.methods))
            for place, route in enumerate(routes)
        ],
        merge_slashes=False,
        strict_slashes=False,
    )


def _roles(plugin: str, route: Route, viewer: Viewer | None) -> tuple[str, ...]:
    """Those of the route's roles that the viewer has. NotAllowed ``not_for_you``, with an audit row, for none."""
    if viewer is None:
        return ()
    hub = current_hub()
    with hub.reading() as uow:
        found = tuple(role for role in route.may if has_role(uow, viewer.person, role))
    if route.may and not found:
        hub.audit_refusal("plugin_page", "not_for_you", plugin, actor_id=viewer.person.id)
        raise NotAllowed(
            "not_for_you", "This page is not for you.", "Ask your training administrator if it should be."
        )
    return found


def _answer(plugin: str, route: Route, asked: Request) -> PageAnswer:
    """What the view answers. Its own refusals are the hub's; whatever else goes wrong is counted, and becomes the usual page."""
    hooks = current_hub().hooks
    try:
        answer: PageAnswer = hooks.run(HOOK, plugin, route.view, PAGE_SECONDS, (HubError,), request=asked)
    except PluginFailed as error:
        raise InternalServerError from error
    except HubError:
        raise
    except Exception as error:
        raise InternalServerError from error
    try:
        check_answer(answer)
    except Exception as error:
        hooks.note_error(plugin, HOOK, f"{route.path}: {words_of(error)}")
        raise InternalServerError from error
    return answer


def _drawn(plugin: str, answer: PageAnswer) -> flask.typing.ResponseReturnValue:
    if isinstance(answer, Json):
        return flask.jsonify(answer.value)
    if isinstance(answer, Redirect):
        return _redirected(plugin, answer)
    return _page_of(plugin, answer)


def _redirected(plugin: str, answer: Redirect) -> Response:
    if answer.message:
        flask.flash(answer.message)
    return flask.redirect(_address(plugin, answer.path, answer.query), 303)


def _page_of(plugin: str, answer: Page) -> str:
    if current_session() is not None and not flask.g.get("viewer"):
        load_viewer()

    def address(path: str, query: Mapping[str, str] | None = None) -> str:
        return _address(plugin, path, query)

    return flask.render_template("plugin_page.html", page=answer, address=address)


def _address(plugin: str, path: str, query: Mapping[str, str] | None = None) -> str:
    where = flask.url_for("plugin_pages.page", plugin=plugin, rest=path.lstrip("/"))
    return f"{where}?{urlencode(query)}" if query else where


@blueprint.app_template_test("instant")
def _is_instant(value: object) -> bool:
    """Whether it has a time of day."""
    return isinstance(value, datetime)


@blueprint.app_template_filter("plain_day")
def _plain_day(value: date) -> str:
    """``27 November 2026``, of a day without a time zone."""
    return full_day(datetime.combine(value, NOON))
