"""Choosing courses in an LMS: ask it what it has, look at what it offers, and take it into the catalogue."""

import flask
from werkzeug import Response

from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.lti.content.import_items import ImportCounts, import_chosen
from hub.lti.content.offered import open_content
from hub.lti.content.request import start_content
from hub.lti.tools import read_tool
from hub.network.systems.connections import find_connection
from hub.web.admin.blueprint import blueprint
from hub.web.headers import allow_leaving
from hub.web.language import _
from hub.web.viewer import own_session
from hub.web.words import count

_MAX_INDEX = 10_000


@blueprint.get("/connections/<slug>/browse")
def browse_tool(slug: str) -> str:
    """What will happen, and the button that leads to the LMS."""
    allow_leaving()
    with current_hub().reading() as uow:
        tool = read_tool(uow, find_connection(uow, slug).id)
    return flask.render_template("admin/content_begin.html", tool=tool)


@blueprint.post("/connections/<slug>/browse")
def begin_browsing(slug: str) -> Response:
    """Send the browser to the LMS, with a deep linking request. Form: ``one`` when one course is looked for."""
    login = start_content(
        current_hub(), slug, own_session(), accept_multiple=flask.request.form.get("one") != "1"
    )
    response = flask.redirect(login.address, 303)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/connections/<slug>/content/<request_id>")
def offered_content(slug: str, request_id: str) -> str:
    """What the LMS offers, with what cannot be taken and why."""
    return _page(request_id)


@blueprint.post("/connections/<slug>/content/<request_id>")
def import_offered(slug: str, request_id: str) -> flask.typing.ResponseReturnValue:
    """Take courses into the catalogue. Form: ``item``, the index of each."""
    indexes = {int(text) for text in flask.request.form.getlist("item") if _is_index(text)}
    try:
        counts = import_chosen(current_hub(), request_id, indexes, own_session())
    except BadInput as error:
        return _page(request_id, error), error.status
    flask.flash(_words(counts))
    return flask.redirect(flask.url_for("admin.offered_content", slug=slug, request_id=request_id), 303)


def _page(request_id: str, error: BadInput | None = None) -> str:
    content = open_content(current_hub(), request_id, own_session())
    return flask.render_template("admin/content_items.html", content=content, error=error)


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) < _MAX_INDEX


def _words(counts: ImportCounts) -> str:
    told = [_("%(added)s added", added=count(counts.added, "course"))]
    if counts.changed:
        told.append(_("%(changed)s changed", changed=count(counts.changed, "course")))
    if counts.unchanged:
        told.append(_("%(unchanged)s there before", unchanged=count(counts.unchanged, "course")))
    return f"{', '.join(told)}."
