"""The first admin page: does anything need somebody, and what happened last."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import flask

from hub.audiences.assigning.put_aside import count_put_aside
from hub.audiences.assigning.reassign import count_queue
from hub.flask_hub import current_hub
from hub.ids import is_id
from hub.journal.views import (
    PauseRow,
    ReaderState,
    TimingRow,
    count_undelivered,
    list_audit,
    list_pauses,
    list_readers,
    list_timings,
)
from hub.lti.connection_views import waiting_connections
from hub.lti.platform_keys import PlatformKey, list_platform_keys
from hub.lti.registration.drafts import list_drafts
from hub.network.views import names_of_connections
from hub.notify.views import count_unsent
from hub.sso.onboarding.expiries import count_expiring
from hub.training.views import count_waiting
from hub.web.admin.blueprint import blueprint
from hub.web.admin.history import happenings
from hub.web.admin.signing_keys import OLD
from hub.web.timings import save_web_timings
from hub.web.words import count, moment, span
from hub.xapi.credential_views import count_ending
from hub.xapi.forward.views import StoreState, list_stores

LATEST = 10
SLOW = timedelta(seconds=30)
RECENT = timedelta(days=1)
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
        readers, timings = list_readers(uow), list_timings(uow)
        undelivered, waiting, queue = count_undelivered(uow), count_waiting(uow), count_queue(uow)
        aside = count_put_aside(uow)
        latest = list_audit(uow, limit=LATEST).rows
        stores, ending = list_stores(uow)[0], count_ending(uow)
        registrations, waiting_platforms = list_drafts(uow, state="received"), waiting_connections(uow)
        pauses = list_pauses(uow)
        receivers = names_of_connections(uow, [pause.receiver for pause in pauses if is_id(pause.receiver)])
        keys, now, expiring = list_platform_keys(uow), uow.now, count_expiring(uow)
        mails = count_unsent(uow)
        recent = [t for t in timings if t.last_error_at and uow.now - t.last_error_at < RECENT]
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
        *_of_plugins(recent),
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
            "No worker has run yet",
            "Statements are kept, but nothing is credited until a worker runs.",
            "admin.readers",
            {},
        )
    for reader in readers:
        if reader.failures:
            yield Concern(
                f"The reader {reader.name} fails",
                f"It has failed {count(reader.failures, 'time')} in a row and keeps its place until it succeeds.",
                "admin.readers",
                {},
            )
        elif reader.waiting_for > SLOW:
            yield Concern(
                f"The reader {reader.name} is {span(reader.waiting_for)} behind",
                "Nothing is lost. Check that a worker runs.",
                "admin.readers",
                {},
            )


def _of_stores(stores: list[StoreState]) -> Iterator[Concern]:
    for state in stores:
        name, place = state.store.config.name, {"slug": state.store.slug}
        if state.failures and not state.store.paused:
            meaning = f"{count(state.behind, 'statement')} to look at, none is lost. It {state.last_error}"
            yield Concern(f"Nothing can be forwarded to {name}", meaning, "admin.receiving_store", place)
        if state.parked:
            meaning = "Its reasons stand beside them. They can be sent again, or let be."
            title = f"{name} has refused {count(state.parked, 'statement')}"
            yield Concern(title, meaning, "admin.receiving_store", place)


def _of_deliveries(undelivered: dict[str, int]) -> Iterator[Concern]:
    parked = undelivered["parked"]
    if parked:
        yield Concern(
            f"{count(parked, 'delivery', 'deliveries')} could not be made",
            "They are parked until somebody sends them again.",
            "admin.deliveries",
            {"state": "parked"},
        )


def _of_pauses(pauses: list[PauseRow], names: Mapping[str, str]) -> Iterator[Concern]:
    for pause in pauses:
        since = f" since {moment(pause.since)}" if pause.since else ""
        waiting = count(pause.waiting, "delivery waits", "deliveries wait")
        yield Concern(
            f"{names.get(pause.receiver, pause.receiver)} takes no deliveries{since}",
            f"{waiting}. The hub tries again by itself for three days. The last reason: {pause.last_error}",
            "admin.deliveries",
            {"state": "waiting"},
        )


def _of_credentials(ending: int) -> Iterator[Concern]:
    if ending:
        yield Concern(
            f"{count(ending, 'credential')} of the record store will end within two weeks",
            "Give the systems new ones before, or they are refused.",
            "admin.credentials",
            {"show": "ending"},
        )


def _of_people_put_aside(number: int) -> Iterator[Concern]:
    if number:
        yield Concern(
            f"The goals of {count(number, 'person', 'people')} cannot be worked out",
            "They stay as they were; nobody else waits. The page says why, and tries again.",
            "admin.readers",
            {},
        )


def _of_mails(waiting: int) -> Iterator[Concern]:
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        meaning = "Set one in the settings, or open the mails and pass on what they say."
        title = f"{count(waiting, 'mail')} {verb} for a mail server"
        yield Concern(title, meaning, "admin.mails", {"show": "unsent"})


def _of_expiring(number: int) -> Iterator[Concern]:
    if number:
        verb = "expires" if number == 1 else "expire"
        yield Concern(
            f"{count(number, 'secret, certificate or token', 'secrets, certificates or tokens')} of sign-ins {verb} within a month",
            "Their owners are told by mail. Without a new one people cannot sign in there one day.",
            "admin.expiring",
            {},
        )


def _of_connections(registrations: int, platforms: Mapping[str, str]) -> Iterator[Concern]:
    if registrations:
        title = f"{count(registrations, 'registration')} of {'an LMS' if registrations == 1 else 'LMSs'}"
        meaning = "Look at what was sent, then approve or refuse."
        yield Concern(f"{title} to decide on", meaning, "admin.registrations", {})
    for slug, name in platforms.items():
        meaning = "Its launches are refused until somebody approves the deployment."
        yield Concern(f"{name} comes from a new deployment", meaning, "admin.connection", {"slug": slug})


def _of_keys(old: list[PlatformKey]) -> Iterator[Concern]:
    if old:
        meaning = "Make a new one; the one before it stays published for a day."
        yield Concern("The signing key is older than a year", meaning, "admin.signing_keys", {})


def _of_plugins(timings: list[TimingRow]) -> Iterator[Concern]:
    for timing in timings:
        yield Concern(
            f"The plugin {timing.plugin} has failed {count(timing.errors, 'time')}",
            f"In {timing.hook}: {timing.last_error}",
            "admin.plugins",
            {},
        )
