"""The plugins that are on: their order, what they do, how that goes, and for whom they are switched on."""

import flask
from werkzeug import Response

from hub.audiences.remote.remote_plugins import PREFIX, list_remote_plugins
from hub.audiences.rules.partner_switches import switch_for_partner
from hub.audiences.rules.rule import switch_plugin
from hub.audiences.views import list_switches
from hub.errors import BadInput, HubError, Missing
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal import audit
from hub.journal.aside import set_plugin_aside, take_plugin_back
from hub.journal.outbox import MAX_ATTEMPTS, resend_to
from hub.journal.views import list_deliveries
from hub.network.views import find_partner, list_partner_names, names_of_partners
from hub.plugin_data.remove import TELLINGS
from hub.plugin_views.installed import list_not_on
from hub.plugin_views.overview import list_plugins, read_plugin
from hub.web.admin.blueprint import blueprint
from hub.web.admin.duration_bar import HEIGHT, WIDTH, draw_durations
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _
from hub.web.timings import save_web_timings
from hub.web.viewer import current_viewer
from hub.web.words import count

NAMED = 200
"""Partners that are offered for choosing; any other can be typed."""
LABELS = {"partner": "Partner"}
FIELDS_OF_CODES = {"no_partner": "partner", "several_partners": "partner"}


@blueprint.get("/plugins")
def plugins() -> str:
    """Every plugin in the order in which it is asked, those that run elsewhere, and those that are not on."""
    hub = current_hub()
    save_web_timings(hub)
    with hub.reading() as uow:
        seen = list_plugins(uow)
        remote = [each for each in list_remote_plugins(uow) if each.ended_at is None]
    return flask.render_template(
        "admin/plugins.html",
        plugins=seen,
        remote=remote,
        remote_prefix=PREFIX,
        not_on=list_not_on(hub.hooks, hub.settings),
    )


@blueprint.get("/plugins/<name>")
def plugin(name: str) -> str:
    """One plugin: its hooks with their times, switches, settings and deliveries."""
    return _page(name)


@blueprint.post("/plugins/<name>/switch")
def switch(name: str) -> Response:
    """Switch a plugin on or off for one audience. Form: ``audience``, ``on`` (1 or 0)."""
    on, audience = _wanted(), flask.request.form.get("audience", "")
    with current_hub().unit_of_work() as uow:
        switch_plugin(uow, audience, name, on=on, actor_id=current_viewer().person.id)
        title = next((a.name for a in list_switches(uow) if a.key == audience), audience)
    return _switched(name, title, on)


@blueprint.post("/plugins/<name>/partner")
def switch_partner(name: str) -> flask.typing.ResponseReturnValue:
    """The same for one partner. Form: ``partner`` (id, partner_id of the network files, or name), ``on``."""
    on, filled = _wanted(), read_form(LABELS)
    words, empty = filled.values["partner"], missing(filled, LABELS)
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            partner_id = words if is_id(words) else find_partner(uow, words)
            switch_for_partner(uow, partner_id, name, on=on, actor_id=current_viewer().person.id)
            title = names_of_partners(uow, [partner_id])[partner_id]
    except HubError as error:
        return _page(name, refused(filled, error, FIELDS_OF_CODES, empty)), 400
    return _switched(name, title, on)


@blueprint.post("/plugins/<name>/deliveries")
def resend_to_plugin(name: str) -> Response:
    """Try parked deliveries to a plugin again. Form: ``delivery``, an id; all of them without it."""
    id, me = flask.request.form.get("delivery"), current_viewer().person.id
    if id is not None and not is_id(id):
        raise Missing("no_parked_delivery", "There is no parked delivery with this id.")
    with current_hub().unit_of_work() as uow:
        sent = resend_to(uow, TELLINGS, name, id)
        if not sent:
            raise Missing("no_parked_delivery", "Nothing is parked here any more.")
        audit(uow, "delivery_resent", id or name, actor_id=me, detail={} if id else {"deliveries": sent})
    flask.flash(_("%(sent)s tried again now.", sent=count(sent, "delivery is", "deliveries are")))
    return _back(name)


@blueprint.post("/plugins/<name>/aside")
def put_plugin_aside(name: str) -> Response:
    """Let no process call a plugin, or take it back. Form: ``on`` (1 to take it back)."""
    on, me = _wanted(), current_viewer().person.id
    with current_hub().unit_of_work() as uow:
        if on:
            take_plugin_back(uow, name, actor_id=me)
        else:
            read_plugin(uow, name)
            set_plugin_aside(uow, name, "an operator said so", actor_id=me)
    flask.flash(
        _("%(name)s is called again.", name=name)
        if on
        else _("%(name)s is set aside: nobody calls it until somebody takes it back.", name=name)
    )
    return _back(name)


def _page(name: str, filled: Filled | None = None) -> str:
    hub = current_hub()
    save_web_timings(hub)
    with hub.reading() as uow:
        seen = read_plugin(uow, name)
        audiences = list_switches(uow) if seen.is_switched else []
        parked = list_deliveries(uow, kinds=TELLINGS, receiver=name, state="parked") if seen.is_told else None
        partners = list_partner_names(uow, NAMED) if seen.is_switched else []
    return flask.render_template(
        "admin/plugin.html",
        plugin=seen,
        bars={hook.name: draw_durations(hook.lately) for hook in seen.hooks},
        bar_size=(WIDTH, HEIGHT),
        audiences=audiences,
        parked=parked,
        partners=partners,
        filled=filled or Filled({"partner": ""}),
        labels=LABELS,
        max_attempts=MAX_ATTEMPTS,
    )


def _wanted() -> bool:
    on = flask.request.form.get("on")
    if on not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch on or off.")
    return on == "1"


def _switched(name: str, title: str, on: bool) -> Response:
    flask.flash(
        _("%(name)s is now on for %(title)s. Plans follow within moments.", name=name, title=title)
        if on
        else _("%(name)s is now off for %(title)s. Plans follow within moments.", name=name, title=title)
    )
    return _back(name)


def _back(name: str) -> Response:
    return flask.redirect(flask.url_for("admin.plugin", name=name), 303)
