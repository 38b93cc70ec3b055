"""Receiving stores: where statements are forwarded to, how each is, and what it refused."""

from dataclasses import dataclass, field

import flask
from werkzeug import Response

from hub.audiences.views import list_switches
from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import MAX_WORDS, read_choice, read_position
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.web.words import count
from hub.xapi.forward.input import VERSIONS, StoreInput, check_input, connection_slugs, input_of
from hub.xapi.forward.parked import STATES, dismiss_parked, list_parked, resend_parked
from hub.xapi.forward.stores import (
    OAUTH2,
    add_store,
    change_store,
    find_store,
    remove_store,
    set_paused,
)
from hub.xapi.forward.try_store import try_store
from hub.xapi.forward.views import Counted, count_matching, list_stores, read_store

_MAX_FIELD = 20_000


@dataclass(frozen=True)
class Filled:
    """The form as it was sent, what is wrong with it by field, and the answer of a dry run."""

    given: StoreInput
    start: str = "now"
    problems: dict[str, list[str]] = field(default_factory=dict)
    counted: Counted | None = None


@blueprint.get("/receiving-stores")
def receiving_stores() -> str:
    """All of them, with lag and what was refused. Query: ``q``, words; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        rows, more = list_stores(uow, words, flask.request.args.get("after", "")[:MAX_WORDS])
    return flask.render_template("admin/receiving_stores.html", rows=rows, more=more, words=words)


@blueprint.get("/receiving-stores/new")
def new_receiving_store() -> str:
    """The form for one more."""
    return _form(None, Filled(StoreInput()))


@blueprint.post("/receiving-stores/new")
def add_receiving_store() -> flask.typing.ResponseReturnValue:
    """Add one, or with ``count`` only say how many past statements its filter lets through."""
    hub, given = current_hub(), _read_form()
    start = flask.request.form.get("start", "now")
    try:
        if _is_dry_run():
            return _form(None, Filled(given, start, counted=_count(given)))
        with hub.unit_of_work() as uow:
            config = check_input(uow, given)
            beginning = start == "beginning"
            actor_id = current_viewer().person.id
            add_store(
                uow, hub.sealer, given.slug, config, given.secret, from_beginning=beginning, actor_id=actor_id
            )
    except BadInput as refused:
        return _form(None, _wrong(given, start, refused)), 400
    flask.flash(
        _("Statements are forwarded to %(name)s from now on. Try it to see that it works.", name=config.name)
    )
    return flask.redirect(flask.url_for("admin.receiving_store", slug=given.slug), 303)


@blueprint.get("/receiving-stores/<slug>")
def receiving_store(slug: str) -> str:
    """How one is, and what it refused. Query: ``state``; ``q``, an id or words of the reason; ``before``."""
    return _page(slug)


@blueprint.get("/receiving-stores/<slug>/edit")
def edit_receiving_store(slug: str) -> str:
    """The form with what is decided about it."""
    with current_hub().reading() as uow:
        given = input_of(uow, find_store(uow, slug))
    return _form(slug, Filled(given))


@blueprint.post("/receiving-stores/<slug>/edit")
def change_receiving_store(slug: str) -> flask.typing.ResponseReturnValue:
    """Change it, or with ``count`` only say how many past statements the filter lets through."""
    hub, given = current_hub(), _read_form(slug)
    try:
        if _is_dry_run():
            return _form(slug, Filled(given, counted=_count(given, slug)))
        with hub.unit_of_work() as uow:
            config = check_input(uow, given, changes=find_store(uow, slug))
            change_store(uow, hub.sealer, slug, config, given.secret, actor_id=current_viewer().person.id)
    except BadInput as refused:
        return _form(slug, _wrong(given, "", refused)), 400
    flask.flash(_("%(name)s is changed. What comes now is forwarded like this.", name=config.name))
    return flask.redirect(flask.url_for("admin.receiving_store", slug=slug), 303)


@blueprint.post("/receiving-stores/<slug>/try")
def try_receiving_store(slug: str) -> str:
    """Do the exchange and show each step. Form: ``send`` when a test statement may be sent, which stays there."""
    hub = current_hub()
    with hub.reading() as uow:
        store = find_store(uow, slug)
    return _page(slug, exchange=try_store(hub, store, send=flask.request.form.get("send") == "1"))


@blueprint.post("/receiving-stores/<slug>/pause")
def pause_receiving_store(slug: str) -> Response:
    """Stop, or go on where it stopped. Form: ``paused``, 1 or 0."""
    wanted = flask.request.form.get("paused")
    if wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to pause or to go on.")
    with current_hub().unit_of_work() as uow:
        set_paused(uow, slug, paused=wanted == "1", actor_id=current_viewer().person.id)
        name = find_store(uow, slug).config.name
    flask.flash(
        _("%(name)s is paused; statements wait.", name=name)
        if wanted == "1"
        else _("%(name)s goes on where it stopped.", name=name)
    )
    return flask.redirect(flask.url_for("admin.receiving_store", slug=slug), 303)


@blueprint.post("/receiving-stores/<slug>/remove")
def remove_receiving_store(slug: str) -> Response:
    """Forward to it no more."""
    with current_hub().unit_of_work() as uow:
        name = find_store(uow, slug).config.name
        remove_store(uow, slug, actor_id=current_viewer().person.id)
    flask.flash(_("Nothing is forwarded to %(name)s any more.", name=name))
    return flask.redirect(flask.url_for("admin.receiving_stores"), 303)


@blueprint.post("/receiving-stores/<slug>/parked")
def settle_parked(slug: str) -> Response:
    """Send parked statements again, or let them be. Form: ``do``, resend or dismiss; ``statement``, one id, or none for all."""
    form, actor_id = flask.request.form, current_viewer().person.id
    services = {"resend": resend_parked, "dismiss": dismiss_parked}
    service = services.get(form.get("do", ""))
    if service is None:
        raise BadInput("bad_choice", "The form does not say what to do with the statements.")
    with current_hub().unit_of_work() as uow:
        changed = service(uow, find_store(uow, slug), form.get("statement") or None, actor_id=actor_id)
    flask.flash(
        _("%(statements)s will be sent again now, with the same ids.", statements=count(changed, "statement"))
        if form["do"] == "resend"
        else _("%(statements)s will not be sent.", statements=count(changed, "statement"))
    )
    return flask.redirect(flask.url_for("admin.receiving_store", slug=slug), 303)


def _page(slug: str, **more: object) -> str:
    state = read_choice("state", STATES)
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        known = read_store(uow, slug)
        parked = list_parked(uow, known.store, state=state, words=words, before=read_position())
        given = input_of(uow, known.store)
    return flask.render_template(
        "admin/receiving_store.html",
        row=known,
        given=given,
        parked=parked.rows,
        older=parked.older,
        state=state,
        words=words,
        states=STATES,
        **more,
    )


def _form(slug: str | None, filled: Filled) -> str:
    with current_hub().reading() as uow:
        name = find_store(uow, slug).config.name if slug else ""
        audiences = {audience.key: audience.name for audience in list_switches(uow)}
        connections = connection_slugs(uow)
    return flask.render_template(
        "admin/receiving_store_form.html",
        slug=slug,
        name=name,
        filled=filled,
        versions=VERSIONS,
        audiences=audiences,
        connections=connections,
        OAUTH2=OAUTH2,
    )


def _read_form(slug: str | None = None) -> StoreInput:
    form = flask.request.form
    if any(len(value) > _MAX_FIELD or "\x00" in value for value in form.values()):
        raise BadInput("bad_form", "A field of the form is too long, or holds what no text holds.")
    texts = {
        name: form.get(name, "").strip()
        for name in ("name", "endpoint", "version", "auth", "key", "token_url", "scope", "connection")
    }
    if slug is None:
        slug = form.get("slug", "").strip()
    return StoreInput(
        slug=slug,
        secret=form.get("secret", ""),
        verbs=form.get("verbs", "").splitlines(),
        activities=form.get("activities", "").splitlines(),
        audiences=form.getlist("audiences"),
        partners=form.get("partners", "").splitlines(),
        **texts,
    )


def _count(given: StoreInput, slug: str | None = None) -> Counted:
    """Only read: a count of many statements must not keep others from writing."""
    with current_hub().reading() as uow:
        config = check_input(uow, given, changes=find_store(uow, slug) if slug else None)
        return count_matching(uow, config.filter, config.connection_id)


def _is_dry_run() -> bool:
    return flask.request.form.get("do") == "count"


def _wrong(given: StoreInput, start: str, refused: BadInput) -> Filled:
    problems: dict[str, list[str]] = {}
    for problem in refused.problems:
        problems.setdefault(problem.place, []).append(problem.message)
    if not problems:
        raise refused
    return Filled(given, start, problems)
