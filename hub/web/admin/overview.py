"""The first admin page: does anything need somebody, and what happened last."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import flask

from hub.audiences.assigning.put_aside import count_put_aside
from hub.audiences.assigning.reassign import count_queue
from hub.flask_hub import current_hub
from hub.hooks import Hooks
from hub.ids import is_id
from hub.journal.aside import Aside, list_aside
from hub.journal.timings import Lately, read_lately
from hub.journal.views import (
    PauseRow,
    ReaderState,
    count_undelivered,
    list_audit,
    list_pauses,
    list_readers,
)
from hub.lti.connection_views import waiting_connections
from hub.lti.platform_keys import PlatformKey, list_platform_keys
from hub.lti.registration.drafts import list_drafts
from hub.network.views import names_of_connections
from hub.notify.views import count_unsent
from hub.sso.onboarding.expiries import count_expiring
from hub.training.credit.views import count_waiting
from hub.web.admin.blueprint import blueprint
from hub.web.admin.history import happenings
from hub.web.admin.signing_keys import OLD
from hub.web.language import _
from hub.web.timings import save_web_timings
from hub.web.words import count, moment, ngettext, span
from hub.xapi.callers.credential_views import count_ending
from hub.xapi.forward.views import StoreState, list_stores

LATEST = 10
SLOW = timedelta(seconds=30)
FORWARD = "forward:"
"""Readers of receiving stores, which are told of as stores."""


@dataclass(frozen=True)
class Concern:
    """Something that needs somebody: what is wrong, what it means, and the page about it."""

    title: str
    meaning: str
    endpoint: str
    arguments: dict[str, str]


@blueprint.get("")
def overview() -> str:
    """What needs attention, the state of every moving part, and the latest activity."""
    hub = current_hub()
    save_web_timings(hub)
    with hub.reading() as uow:
        readers, lately = list_readers(uow), read_lately(uow)
        undelivered, waiting, queue = count_undelivered(uow), count_waiting(uow), count_queue(uow)
        aside = count_put_aside(uow)
        latest = list_audit(uow, limit=LATEST).rows
        stores, ending = list_stores(uow)[0], count_ending(uow)
        registrations, waiting_platforms = list_drafts(uow, state="received"), waiting_connections(uow)
        pauses = list_pauses(uow)
        receivers = names_of_connections(uow, [pause.receiver for pause in pauses if is_id(pause.receiver)])
        keys, now, expiring = list_platform_keys(uow), uow.now, count_expiring(uow)
        mails = count_unsent(uow)
        plugins_aside = list_aside(uow)
    own = [reader for reader in readers if not reader.name.startswith(FORWARD)]
    concerns = [
        *_of_readers(own),
        *_of_people_put_aside(aside),
        *_of_stores(stores),
        *_of_deliveries(undelivered),
        *_of_pauses(pauses, receivers),
        *_of_connections(len(registrations), waiting_platforms),
        *_of_keys([key for key in keys if key.signs and now - key.created_at > OLD]),
        *_of_credentials(ending),
        *_of_expiring(expiring),
        *_of_mails(mails),
        *_of_plugins_aside(plugins_aside),
        *_of_plugins(hub.hooks, lately),
    ]
    return flask.render_template(
        "admin/overview.html",
        concerns=concerns,
        readers=readers,
        behind=max((reader.behind for reader in own), default=0),
        undelivered=undelivered,
        waiting=waiting,
        queue=queue,
        plugins=hub.hooks.plugins,
        latest=happenings(latest),
    )


def _of_readers(readers: list[ReaderState]) -> Iterator[Concern]:
    if not readers:
        yield Concern(
            _("No worker has run yet"),
            _("Statements are kept, but nothing is credited until a worker runs."),
            "admin.readers",
            {},
        )
    for reader in readers:
        if reader.failures:
            yield Concern(
                _("The reader %(name)s fails", name=reader.name),
                _(
                    "It has failed %(failures)s in a row and keeps its place until it succeeds.",
                    failures=count(reader.failures, "time"),
                ),
                "admin.readers",
                {},
            )
        elif reader.waiting_for > SLOW:
            yield Concern(
                _(
                    "The reader %(name)s is %(waiting_for)s behind",
                    name=reader.name,
                    waiting_for=span(reader.waiting_for),
                ),
                _("Nothing is lost. Check that a worker runs."),
                "admin.readers",
                {},
            )


def _of_stores(stores: list[StoreState]) -> Iterator[Concern]:
    for state in stores:
        name, place = state.store.config.name, {"slug": state.store.slug}
        if state.failures and not state.store.paused:
            meaning = _(
                "%(behind)s to look at, none is lost. It %(last_error)s",
                behind=count(state.behind, "statement"),
                last_error=state.last_error,
            )
            yield Concern(
                _("Nothing can be forwarded to %(name)s", name=name), meaning, "admin.receiving_store", place
            )
        if state.parked:
            meaning = _("Its reasons stand beside them. They can be sent again, or let be.")
            title = _("%(name)s has refused %(parked)s", name=name, parked=count(state.parked, "statement"))
            yield Concern(title, meaning, "admin.receiving_store", place)


def _of_deliveries(undelivered: dict[str, int]) -> Iterator[Concern]:
    parked = undelivered["parked"]
    if parked:
        yield Concern(
            _("%(parked)s could not be made", parked=count(parked, "delivery", "deliveries")),
            _("They are parked until somebody sends them again."),
            "admin.deliveries",
            {"state": "parked"},
        )


def _of_pauses(pauses: list[PauseRow], names: Mapping[str, str]) -> Iterator[Concern]:
    for pause in pauses:
        name = names.get(pause.receiver, pause.receiver)
        waiting = count(pause.waiting, "delivery waits", "deliveries wait")
        yield Concern(
            _("%(name)s takes no deliveries since %(since)s", name=name, since=moment(pause.since))
            if pause.since
            else _("%(name)s takes no deliveries", name=name),
            _(
                "%(waiting)s. The hub tries again by itself for three days. The last reason: %(last_error)s",
                waiting=waiting,
                last_error=pause.last_error,
            ),
            "admin.deliveries",
            {"state": "waiting"},
        )


def _of_credentials(ending: int) -> Iterator[Concern]:
    if ending:
        yield Concern(
            _("%(ending)s of the record store will end within two weeks", ending=count(ending, "credential")),
            _("Give the systems new ones before, or they are refused."),
            "admin.credentials",
            {"show": "ending"},
        )


def _of_people_put_aside(number: int) -> Iterator[Concern]:
    if number:
        yield Concern(
            _("The goals of %(number)s cannot be worked out", number=count(number, "person", "people")),
            _("They stay as they were; nobody else waits. The page says why, and tries again."),
            "admin.readers",
            {},
        )


def _of_mails(waiting: int) -> Iterator[Concern]:
    if waiting:
        meaning = _("Set one in the settings, or open the mails and pass on what they say.")
        title = ngettext(
            "%(num)s mail waits for a mail server", "%(num)s mails wait for a mail server", waiting
        )
        yield Concern(title, meaning, "admin.mails", {"show": "unsent"})


def _of_expiring(number: int) -> Iterator[Concern]:
    if number:
        yield Concern(
            ngettext(
                "%(num)s secret, certificate or token of sign-ins expires within a month",
                "%(num)s secrets, certificates or tokens of sign-ins expire within a month",
                number,
            ),
            _("Their owners are told by mail. Without a new one people cannot sign in there one day."),
            "admin.expiring",
            {},
        )


def _of_connections(registrations: int, platforms: Mapping[str, str]) -> Iterator[Concern]:
    if registrations:
        title = ngettext(
            "%(num)s registration of an LMS to decide on",
            "%(num)s registrations of LMSs to decide on",
            registrations,
        )
        meaning = _("Look at what was sent, then approve or refuse.")
        yield Concern(title, meaning, "admin.registrations", {})
    for slug, name in platforms.items():
        meaning = _("Its launches are refused until somebody approves the deployment.")
        yield Concern(
            _("%(name)s comes from a new deployment", name=name), meaning, "admin.connection", {"slug": slug}
        )


def _of_keys(old: list[PlatformKey]) -> Iterator[Concern]:
    if old:
        meaning = _("Make a new one; the one before it stays published for a day.")
        yield Concern(_("The signing key is older than a year"), meaning, "admin.signing_keys", {})


def _of_plugins_aside(plugins: Sequence[Aside]) -> Iterator[Concern]:
    for plugin in plugins:
        yield Concern(
            _("The plugin %(name)s is set aside", name=plugin.plugin),
            plugin.reason,
            "admin.plugin",
            {"name": plugin.plugin},
        )


def _of_plugins(hooks: Hooks, lately: Mapping[tuple[str, str], Lately]) -> Iterator[Concern]:
    if not hooks.plugins:
        yield Concern(
            _("No plugins are on"),
            _("What arrives is stored and waits: nobody is credited, and nothing is lost."),
            "admin.plugins",
            {},
        )
    on = {plugin.name for plugin in hooks.plugins}
    for hook in (each for each in lately.values() if each.errors):
        yield Concern(
            _(
                "The plugin %(plugin)s has failed %(errors)s",
                plugin=hook.plugin,
                errors=count(hook.errors, "time"),
            ),
            _("In %(hook)s: %(last_error)s", hook=hook.hook, last_error=hook.last_error),
            *(("admin.plugin", {"name": hook.plugin}) if hook.plugin in on else ("admin.plugins", {})),
        )
