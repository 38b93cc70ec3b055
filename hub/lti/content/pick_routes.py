"""The picker: a page in another LMS's frame, where no cookie of the hub works. Its forms carry the token of the choice."""

import secrets
from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, request

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.content.catalogue import MAX_SHOWN, read_pickable, search_pickable
from hub.lti.content.forms import form_page, read_form
from hub.lti.content.pick import Pick, asker_of, read_pick
from hub.lti.content.pick_response import MAX_PICKED, finish_pick
from hub.store import UnitOfWork

PAGE = 50
_MAX_FORM = 64 * 1024
_MAX_WORDS = 100


def add_to(blueprint: Blueprint) -> None:
    """Register the picker below ``/lti``."""
    blueprint.add_url_rule("/tool/pick", "pick", show_picker)
    blueprint.add_url_rule("/tool/pick", "take_pick", take_pick, methods=["POST"])


def show_picker() -> Response:
    """What can be picked. Query: ``token``."""
    return _picker(request.args.get("token", ""))


def take_pick() -> Response:
    """Search on, or send the choice back. Form: ``token``, ``target`` (each), ``q``, ``shown``; ``do``: search, send or cancel."""
    form = read_form("lti_pick", _MAX_FORM)
    token, wanted = form.get("token", ""), form.get("do", "")
    if wanted not in {"send", "cancel"}:
        return _picker(token)
    targets = form.getlist("target") if wanted == "send" else []

    def send(uow: UnitOfWork, pick: Pick, ancestors: str) -> Response:
        return form_page(finish_pick(uow, pick, targets), ancestors)

    return _with_pick(token, send, writes=True)


def _picker(token: str) -> Response:
    values = request.values
    words = values.get("q", "").strip()[:_MAX_WORDS]
    shown = _shown(values.get("shown", ""), more=values.get("do") == "more")

    def show(uow: UnitOfWork, pick: Pick, ancestors: str) -> Response:
        chosen = read_pickable(uow, pick.shelf, values.getlist("target")[:MAX_PICKED])
        found, more = search_pickable(uow, pick.shelf, words, shown)
        keys = {one.key for one in chosen}
        return _framed(
            ancestors,
            200,
            pick=pick,
            token=token,
            words=words,
            # What is ticked stays on the page through every search; where one alone can be picked, the list shows it.
            chosen=chosen if pick.accept_multiple else [],
            found=[one for one in found if one.key not in keys or not pick.accept_multiple],
            keys=keys,
            shown=shown,
            more=more and shown < MAX_SHOWN,
        )

    return _with_pick(token, show, writes=False)


def _with_pick(token: str, serve: Callable[[UnitOfWork, Pick, str], Response], *, writes: bool) -> Response:
    """Serve an open choice in one unit; a refusal leaves one audit row, and a page that stands in the frame too."""
    hub, asker = current_hub(), None
    try:
        with hub.unit_of_work() if writes else hub.reading() as uow:
            asker = asker_of(uow, token)
            return serve(uow, read_pick(uow, token), asker.frame_ancestors if asker else "'none'")
    except HubError as error:
        hub.audit_refusal(
            "lti_pick",
            error.code,
            actor_id=asker.person_id if asker else None,
            connection_id=asker.connection_id if asker else None,
        )
        return _framed(asker.frame_ancestors if asker else "'none'", error.status, problem=error)


def _shown(text: str, *, more: bool) -> int:
    shown = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else PAGE
    return min(max(shown, PAGE) + (PAGE if more else 0), MAX_SHOWN)


def _framed(ancestors: str, status: int, **content: object) -> Response:
    """The page, to be shown in frames of these origins. It loads nothing and posts to the hub alone."""
    nonce = secrets.token_urlsafe(16)
    response = make_response(render_template("lti/pick.html", nonce=nonce, **content), status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'self';"
        f" frame-ancestors {ancestors}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
