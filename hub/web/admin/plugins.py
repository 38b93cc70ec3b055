"""The plugins that are on: their order, what they do, how long it takes, and for whom they are switched on."""

from dataclasses import dataclass

import flask
from werkzeug import Response

from hub.audiences.rules.rule import switch_plugin
from hub.audiences.views import list_switches, switchable_plugins
from hub.errors import BadInput
from hub.flask_hub import current_hub
from hub.hooks import Hooks
from hub.journal.views import TimingRow, list_timings
from hub.web.admin.blueprint import blueprint
from hub.web.language import _
from hub.web.timings import save_web_timings
from hub.web.viewer import current_viewer


@dataclass(frozen=True)
class HookLine:
    """A hook a plugin implements, and what its calls came to; None when it was never called."""

    name: str
    shape: str
    timing: TimingRow | None


@dataclass(frozen=True)
class PluginLine:
    """A plugin in its place; ``is_switched`` when audiences decide about it."""

    name: str
    version: str
    built_in: bool
    hooks: tuple[HookLine, ...]
    is_switched: bool

    @property
    def errors(self) -> int:
        """Failed calls of all its hooks."""
        return sum(hook.timing.errors for hook in self.hooks if hook.timing)


@blueprint.get("/plugins")
def plugins() -> str:
    """Every plugin in the order in which it is asked."""
    hub = current_hub()
    save_web_timings(hub)
    with hub.reading() as uow:
        lines = plugin_lines(hub.hooks, list_timings(uow), switchable_plugins(uow))
        audiences = list_switches(uow)
    return flask.render_template("admin/plugins.html", plugins=lines, audiences=audiences)


@blueprint.post("/plugins/<name>/switch")
def switch(name: str) -> Response:
    """Switch a plugin on or off for one audience. Form: ``audience``, ``on`` (1 or 0)."""
    form = flask.request.form
    if form.get("on") not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch on or off.")
    on, audience = form["on"] == "1", form.get("audience", "")
    with current_hub().unit_of_work() as uow:
        switch_plugin(uow, audience, name, on=on, actor_id=current_viewer().person.id)
        title = next((a.name for a in list_switches(uow) if a.key == audience), audience)
    flask.flash(
        _("%(name)s is now on for %(title)s. Plans follow within moments.", name=name, title=title)
        if on
        else _("%(name)s is now off for %(title)s. Plans follow within moments.", name=name, title=title)
    )
    return flask.redirect(flask.url_for("admin.plugins"), 303)


def plugin_lines(hooks: Hooks, timings: list[TimingRow], switched: list[str]) -> list[PluginLine]:
    """The plugins with their hooks and timings, in order."""
    by_hook = {(timing.plugin, timing.hook): timing for timing in timings}
    return [
        PluginLine(
            plugin.name,
            plugin.version,
            plugin.built_in,
            tuple(
                HookLine(name, contract.shape, by_hook.get((plugin.name, name)))
                for name, contract in hooks.contracts.items()
                if plugin.name in hooks.implementers(name)
            ),
            plugin.name in switched,
        )
        for plugin in hooks.plugins
    ]
