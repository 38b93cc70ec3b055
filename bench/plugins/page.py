""" "My training" with thirty plugins on, beside the same page without any of them."""

import dataclasses
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask
import sqlalchemy as sa

from bench.big_network import add_training
from bench.figures import Figure
from hub import hookspecs
from hub.api import Candidate, Opinion, Panel, PanelView, hookimpl, reads
from hub.app import create_app, open_hub
from hub.audiences.assigning.reassign import reassign_people
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Audience, set_audience, switch_plugin
from hub.config import Settings
from hub.hooks import Hooks, Plugin
from hub.hooks.watch import watching
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from hub.store import migrate
from hub.testing.generate_network import generate_network

PLUGINS = 30
TIMES, WARM_UP = 150, 10
PROMISED = 1.3
PAGE = "/my-training"


class Busy:
    """Wants a course for everybody and counts the days in a panel, as first_90_days does."""

    hub_api = "1.1"

    def __init__(self, shows: bool) -> None:
        self.shows = shows

    @hookimpl
    @reads("starts")
    def decide_assignments(self, candidates: Sequence[Candidate]) -> Iterator[Opinion]:
        for c in candidates:
            yield Opinion(c.appointment_id, "offering", "all-0", "everybody needs it", c.starts)

    @hookimpl
    def plan_panels(self, view: PanelView) -> Sequence[Panel]:
        days = (view.on - min(view.starts)).days
        return (
            [Panel("Your days", f"You have been here for {days} days.", min(days / 9000, 1.0))]
            if self.shows
            else []
        )


def measure_page(folder: Path, size: str) -> list[Figure]:
    """Milliseconds of the page in this process, in the median of requests taken in turns."""
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    without = open_hub(Settings(database_url=url, secret_key="bench-only-" + "x" * 32))
    migrate(without.engine)
    generate_network(size, 1, folder / "network", datetime.now(UTC).date())
    (folder / "network" / "identities.csv").unlink()
    import_network(without, folder / "network")
    add_training(without)
    hubs = {
        "without": without,
        "silent": _with_plugins(without, False),
        "panels": _with_plugins(without, True),
    }
    session = _learner(hubs["panels"])
    with watching():
        taken = _in_turns({name: create_app(hub) for name, hub in hubs.items()}, session)
    without.close()
    bare = statistics.median(taken["without"])
    about = f"my training at size {size}, {PLUGINS} plugins on"
    said = "the page without them"
    return [
        Figure(about, statistics.median(taken["silent"]), "ms", bare, said, PROMISED * bare),
        Figure(
            f"{about}, each with a panel",
            statistics.median(taken["panels"]),
            "ms",
            bare,
            said,
            PROMISED * bare,
        ),
    ]


def _with_plugins(hub: Hub, shows: bool) -> Hub:
    plugins = [Plugin(f"busy_{n}", "1", Busy(shows)) for n in range(PLUGINS)]
    return dataclasses.replace(hub, hooks=Hooks(hookspecs, [*hub.hooks.plugins, *plugins]))


def _learner(hub: Hub) -> str:
    """Somebody with appointments in an audience of everybody, for which all plugins are on; the token of a session."""
    with hub.unit_of_work() as uow:
        set_audience(uow, Audience("everybody", "Everybody", Conditions()))
        for n in range(PLUGINS):
            switch_plugin(uow, "everybody", f"busy_{n}", on=True)
        now = uow.now + timedelta(seconds=1)
        a = network.appointment
        in_force = sa.select(a.c.person_id).where(
            a.c.valid_from <= now, sa.or_(a.c.valid_to.is_(None), a.c.valid_to > now)
        )
        person = str(uow.connection.scalar(in_force.order_by(a.c.person_id).limit(1)))
        idp = create_connection(uow, "bench-idp", "oidc", "Bench")
        token = start_session(uow, person, Proved(idp, "sub", ""))
    with hub.unit_of_work() as uow:
        reassign_people(uow, [person])
    return token


def _in_turns(apps: dict[str, flask.Flask], session: str) -> dict[str, list[float]]:
    browsers = {name: app.test_client() for name, app in apps.items()}
    taken: dict[str, list[float]] = {name: [] for name in apps}
    for browser in browsers.values():
        browser.set_cookie("hub_session", session, domain="127.0.0.1")
    for round_ in range(WARM_UP + TIMES):
        for name, browser in browsers.items():
            started = time.perf_counter()
            answer = browser.get(PAGE, base_url="http://127.0.0.1:8000")
            if round_ >= WARM_UP:
                taken[name].append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status
            shown = answer.text.count("You have been here for")
            assert shown == (PLUGINS if name == "panels" else 0), f"{shown} panels"
    return taken
