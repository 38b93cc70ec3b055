"""How long the pages take at the server, at size M, each against a page that does nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
import sqlalchemy as sa

from bench.big_network import BigNetwork
from bench.figures import Figure, median_milliseconds
from hub.access.visibility import people_looked_after
from hub.network import tables as network
from hub.network.systems.connections import create_connection
from hub.sso.sessions import Proved, start_session
from hub.store import UnitOfWork
from hub.testing.serve import free_port
from hub.training import tables as training

COOKIE = "hub_session"


def measure_pages(big: BigNetwork, folder: Path, database_url: str) -> list[Figure]:
    """ "My training" of a person with many goals, and team pages of a usual, a large and the largest team."""
    with big.hub.unit_of_work() as uow:
        idp = create_connection(uow, "bench-idp", "oidc", "Bench")
        learner = _busiest(uow)
        teams = _managers(uow)
        sessions = {
            person: start_session(uow, person, Proved(idp, "sub", ""))
            for person in {learner, *(m for m, _, _ in teams)}
        }
    with _served(folder, database_url) as base:
        bare, _ = _get(base, "/healthz", "")
        median, high = _get(base, "/my-training", sessions[learner])
        limit_is = "/healthz of the same server: one query, no page"
        figures = [
            Figure("my training, median", median, "ms", bare, limit_is, goal=50),
            Figure("my training, 95th percentile", high, "ms", bare, limit_is),
        ]
        for manager, dimension, size in teams:
            median, _ = _get(base, f"/team?dimension={dimension}", sessions[manager])
            figures.append(
                Figure(f"team page, {size:,} people, median", median, "ms", bare, limit_is, goal=150)
            )
    return figures


def _busiest(uow: UnitOfWork) -> str:
    goal = training.goal
    query = sa.select(goal.c.person_id).group_by(goal.c.person_id).order_by(sa.func.count().desc()).limit(1)
    return str(uow.connection.scalar(query))


def _managers(uow: UnitOfWork) -> list[tuple[str, str, int]]:
    """(manager, dimension, team size) of the median, the 95th percentile and the largest team of the service tree."""
    rep = network.rep_assignment
    query = (
        sa.select(rep.c.person_id).where(rep.c.dimension == "service", rep.c.valid_to.is_(None)).distinct()
    )
    sizes = []
    for person in uow.connection.scalars(query).all():
        team = people_looked_after(uow, person, "service").subquery()
        sizes.append((uow.connection.scalar(sa.select(sa.func.count()).select_from(team)) or 0, person))
    sizes.sort()
    chosen = {sizes[len(sizes) // 2], sizes[int(len(sizes) * 0.95)], sizes[-1]}
    return [(person, "service", size) for size, person in sorted(chosen)]


def _get(base: str, path: str, session: str) -> tuple[float, float]:
    with requests.Session() as browser:
        browser.trust_env = False
        if session:
            browser.cookies.set(COOKIE, session)

        def call() -> None:
            browser.get(base + path, timeout=60).raise_for_status()

        return median_milliseconds(call)


@contextmanager
def _served(folder: Path, database_url: str) -> Iterator[str]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {
        "HUB_PUBLIC_URL": base,
        "HUB_LISTEN_PORT": str(port),
        "HUB_DATABASE_URL": database_url,
        "HUB_SECRET_KEY": "bench-only-" + "x" * 32,
        "HUB_LOG_LEVEL": "error",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "run"],
        env={**os.environ, **settings},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                if requests.get(base + "/healthz", timeout=2).ok:
                    break
            except requests.RequestException:
                time.sleep(0.1)
        yield base
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
