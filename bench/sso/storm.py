"""Sign-ins at many providers at once, as on a Monday morning, while one provider hangs and one is down.

The load is open: sign-ins begin when they are due, however long those before them take.
"""

import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from bench.sso.sign_ins import NETWORK, callback_query
from bench.xapi.served import READY_SECONDS, SECRET_KEY, STOP_SECONDS
from hub.testing.serve import free_port

CLIENTS = 8
PATIENCE = 90


@dataclass(frozen=True)
class SignIn:
    """One sign-in: where, how long after it was due it was over, in seconds, and whether it went well."""

    slug: str
    seconds: float
    worked: bool


@contextmanager
def served(folder: Path, database_url: str, allowed: Sequence[str]) -> Iterator[int]:
    """The port of ``hub run`` on a database, behind a proxy that it trusts to say where browsers are."""
    port = free_port()
    settings = {
        "HUB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HUB_LISTEN_PORT": str(port),
        "HUB_DATABASE_URL": database_url,
        "HUB_SECRET_KEY": SECRET_KEY,
        "HUB_LOG_LEVEL": "error",
        "HUB_EMBEDDED_WORKER": "false",
        "HUB_TRUSTED_PROXIES": "1",
        "HUB_OUTGOING_ALLOW": str(list(allowed)).replace("'", '"'),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "run"],
        env={**os.environ, **settings, "PYTHONPATH": str(Path.cwd())},
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def crowd(port: int, slugs: Sequence[str], seconds: float) -> list[SignIn]:
    """What a few clients do that sign in one after the other, as fast as they can."""
    until = time.monotonic() + seconds

    def client(number: int) -> list[SignIn]:
        chance, done = random.Random(number), []
        while time.monotonic() < until:
            done.append(sign_in(port, chance.choice(slugs), time.monotonic()))
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [one for done in pool.map(client, range(CLIENTS)) for one in done]


@contextmanager
def refusing(port: int) -> Iterator[None]:
    """Nobody listens at this port of 127.0.0.1, and nobody else can take it."""
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", port))
        yield


def storm(port: int, slugs: Sequence[str], rate: float, seconds: float) -> list[SignIn]:
    """``rate`` sign-ins begin each second, at providers taken by chance."""
    chance, began = random.Random(7), time.monotonic()
    done: list[SignIn] = []

    def one(slug: str, due: float) -> None:
        done.append(sign_in(port, slug, due))

    running = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        time.sleep(max(0.0, due - time.monotonic()))
        running.append(threading.Thread(target=one, args=(chance.choice(slugs), due), daemon=True))
        running[-1].start()
    for thread in running:
        thread.join(PATIENCE)
    return done


def sign_in(port: int, slug: str, due: float) -> SignIn:
    """Go to the provider and back."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {
        "X-Forwarded-For": str(NETWORK[random.randrange(NETWORK.num_addresses)]),
        "X-Forwarded-Host": f"127.0.0.1:{port}",
        "X-Forwarded-Proto": "http",
    }
    try:
        status, told = _get(link, f"/sso/oidc/{slug}/start", headers)
        if status != 303 or told["Set-Cookie"] is None:
            return SignIn(slug, time.monotonic() - due, worked=False)
        headers["Cookie"] = told["Set-Cookie"].partition(";")[0]
        query = callback_query(told["Location"])
        status, told = _get(link, f"/sso/oidc/{slug}/callback?{query}", headers)
        worked = status == 303 and "hub_session=" in (told["Set-Cookie"] or "")
    except (OSError, http.client.HTTPException, KeyError):  # KeyError: the hub sent the browser elsewhere
        worked = False
    finally:
        link.close()
    return SignIn(slug, time.monotonic() - due, worked)


def percentile(values: Sequence[float], share: int) -> float:
    """In the unit of the values."""
    return statistics.quantiles(values, n=100)[share - 1]


def _get(link: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, Message]:
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    answer.read()
    return answer.status, answer.headers


def _wait(port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            if _get(link, "/healthz", {})[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        finally:
            link.close()
    raise RuntimeError("the hub did not start")
