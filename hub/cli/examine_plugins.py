"""What can be said about plugins at work: who is set aside, who failed lately, and whose hooks go."""

from collections.abc import Iterator

from hub.audiences.assigning.unasked import list_unasked
from hub.cli.findings import Finding, ok, warning
from hub.plugin_views.overview import list_plugins
from hub.runtime import Hub


def examine_plugins(hub: Hub) -> Iterator[Finding]:
    """One line for each that needs somebody; one for all if none does."""
    with hub.reading() as uow:
        plugins, unasked = list_plugins(uow), list_unasked(uow)
    well = True
    for plugin in plugins:
        check = f"plugin {plugin.name}"
        if plugin.aside:
            well = False
            yield warning(
                check,
                f"is set aside, and nobody calls it: {plugin.aside.reason}",
                f"When it is mended, run `hub plugins take-back {plugin.name}`.",
            )
        failed = [hook for hook in plugin.hooks if hook.lately.errors]
        if failed:
            well = False
            said = "; ".join(
                f"{hook.name} {hook.lately.errors:,} of {max(hook.lately.calls, hook.lately.errors):,}, last {hook.lately.last_error}"
                for hook in failed
            )
            yield warning(
                check,
                f"has failed in the last 24 hours: {said}",
                f"`hub plugins show {plugin.name}` says more; the log has the whole traceback.",
            )
        for hook in plugin.hooks:
            if hook.successor:
                well = False
                yield warning(
                    check,
                    f"implements {hook.name}, which plugin API {hook.gone} refuses",
                    f"Its author has to implement {hook.successor} instead.",
                )
    for name in unasked:
        well = False
        yield warning(
            f"plugin {name}",
            "is switched on and could not be asked about everybody: they keep what it last said",
            "It is asked about them by itself as soon as it is on the list and not set aside; or switch it off.",
        )
    if plugins and well:
        yield ok("plugin calls", "none has failed in the last 24 hours")
