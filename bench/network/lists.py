"""How long list pages and pickers take at the server, and how much memory a web process then has."""

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

from bench.figures import Figure, median_milliseconds
from bench.network.steps import SECRET
from hub.access.api_tokens import NETWORK, PEOPLE, make_api_token
from hub.access.reach import Reach
from hub.network import tables as network
from hub.network.people.person import OPERATOR, grant_role
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from hub.testing.serve import free_port

COOKIE = "hub_session"
LIST_MS, PICKER_MS, WEB_MB = 100, 200, 250
START_SECONDS = 300


def measure_lists(hub: Hub, url: str, folder: Path, size: str) -> list[Figure]:
    """As an operator, and by tokens of the hub and of the partner with the most locations."""
    session, tokens, partner, owned = _look_in(hub)
    picker = f"/network/locations?partner={partner}"
    pages = {
        "/network/partners": LIST_MS,
        "/network/locations": LIST_MS,
        "/network/locations?q=auto": LIST_MS,
        "/admin/audiences": LIST_MS,
        picker: PICKER_MS,
        f"{picker}&q=a": PICKER_MS,
    }
    lists = {
        "/api/v1/partners": LIST_MS,
        "/api/v1/locations": LIST_MS,
        "/api/v1/people": LIST_MS,
    }
    with _served(url, folder) as (base, process):
        bare, _ = _get(base, "/healthz", {})
        limit_is = "/healthz of the same server: one query, no page"
        asked = [(path, goal, {"Cookie": f"{COOKIE}={session}"}, "") for path, goal in pages.items()]
        for whose, token in tokens.items():
            asked += [
                (path, goal, {"Authorization": f"Bearer {token}"}, f", token of {whose}")
                for path, goal in lists.items()
            ]
        figures = []
        for path, goal, headers, whose in asked:
            name = path.replace(partner, f"that has {owned:,}")
            median, _ = _get(base, path, headers)
            figures.append(Figure(f"{size}: {name}{whose}", median, "ms", bare, limit_is, goal))
        figures.append(Figure(f"{size}: memory of a web process", _memory(process), "MB", goal=WEB_MB))
    return figures


def _look_in(hub: Hub) -> tuple[str, dict[str, str], str, int]:
    """A session of an operator, tokens by whose they are, the partner with the most locations, and how many it has."""
    location, person = network.location, network.person
    many = sa.func.count()
    most = sa.select(location.c.partner_id, many).group_by(location.c.partner_id).order_by(many.desc())
    with hub.unit_of_work() as uow:
        partner, owned = uow.connection.execute(most.limit(1)).one()
        operator = uow.connection.execute(sa.select(person.c.id).order_by(person.c.id).limit(1)).scalar_one()
        grant_role(uow, operator, OPERATOR)
        idp = create_connection(uow, "bench-idp", "oidc", "Bench")
        scopes = [NETWORK, PEOPLE]
        tokens = {
            "the hub": make_api_token(uow, Reach("operator"), scopes).token,
            "that partner": make_api_token(uow, Reach("partner", partner), scopes).token,
        }
        return start_session(uow, operator, Proved(idp, "sub", "")), tokens, partner, owned


def _get(base: str, path: str, headers: dict[str, str]) -> tuple[float, float]:
    with requests.Session() as browser:
        browser.trust_env = False

        def call() -> None:
            browser.get(base + path, headers=headers, timeout=120).raise_for_status()

        return median_milliseconds(call, times=10)


@contextmanager
def _served(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {
        "HUB_PUBLIC_URL": base,
        "HUB_LISTEN_PORT": str(port),
        "HUB_DATABASE_URL": url,
        "HUB_SECRET_KEY": SECRET,
        "HUB_LOG_LEVEL": "error",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "run", "--no-worker"],
        env={**os.environ, **settings},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _is_up(base):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the server did not come up: {process.poll()}")
            time.sleep(0.1)
        yield base, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _is_up(base: str) -> bool:
    try:
        return requests.get(base + "/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def _memory(pid: int) -> float:
    """Of the largest of a process and its children, in MB."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it has just ended
    family: set[int] = set()
    found = {pid}
    while found:
        family |= found
        found = {child for child, parent in parents.items() if parent in family} - family
    return max(_resident(each) for each in family)


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
