"""``make bench-sso``: what a sign-in costs the hub, and how a storm of them passes. Prints tables and writes them as JSON.

Cost is processor time of the process that serves, all requests of one sign-in together, without the bare verification of a
signature that it cannot do without. The storm runs against ``hub run`` on PostgreSQL: at half of the capacity measured just
before, first with all providers well, then with one that hangs and one that is down.
"""

import argparse
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.lti.cost import bare_signature
from bench.sso.many_idps import HANGING
from bench.sso.saml_sign_ins import SamlSignIns, connect_saml
from bench.sso.sign_ins import OidcSignIns, connect_provider, many_idps
from bench.sso.storm import SignIn, crowd, percentile, refusing, served, storm
from bench.xapi.databases import postgres_server, run_folder
from bench.xapi.served import SECRET_KEY
from hub.app import open_hub
from hub.config import Settings
from hub.runtime import Hub
from hub.store import migrate, open_engine
from hub.testing.serve import free_port

LIMIT = 8.0
DOWN = "down"


@dataclass(frozen=True)
class Line:
    """The cost of one kind of sign-in on one database, in milliseconds. ``queries`` are those of all its requests."""

    work: str
    database: str
    own: float
    bare: float
    limit: float
    queries: int


@dataclass(frozen=True)
class Passed:
    """One storm: sign-ins at providers that are well, in milliseconds, and how many failed. The first one is no storm."""

    storm: str
    rate: float
    sign_ins: int
    median: float
    p95: float
    worst: float
    failed: int


def main() -> None:
    """Measure on both databases, and let the storm pass."""
    parser = argparse.ArgumentParser(prog="bench.sso", description=__doc__)
    parser.add_argument("--times", type=int, default=300, help="sign-ins of each kind (default 300)")
    parser.add_argument("--providers", type=int, default=200, help="providers in the storm (default 200)")
    parser.add_argument("--seconds", type=float, default=30, help="how long each storm lasts (default 30)")
    parser.add_argument("--json", type=Path, default=Path("var/bench-sso.json"), help="where the figures go")
    arguments = parser.parse_args()
    if arguments.times < 200:
        parser.error("a median of fewer than 200 sign-ins says little")
    lines: list[Line] = []
    with ExitStack() as stack:
        folder = stack.enter_context(run_folder(None))
        port = stack.enter_context(many_idps())
        server = stack.enter_context(postgres_server(folder))
        for database, url in (("SQLite", _sqlite(folder)), ("PostgreSQL", server.create("cost"))):
            with _hub(url, [f"127.0.0.1:{port}"]) as hub:
                connect_provider(hub, "riverside", port)
                lines.append(_oidc(hub, database, arguments.times))
                lines.append(_saml(hub, database, arguments.times))
        storms = _storms(folder, server.create("storm"), port, arguments.providers, arguments.seconds)
    _show(lines, storms, arguments.json)


def _oidc(hub: Hub, database: str, times: int) -> Line:
    _, verifying = bare_signature()
    sent, back = OidcSignIns(hub, "riverside").measure(times)
    own = sent.milliseconds + back.milliseconds - verifying
    return Line("OpenID Connect", database, own, verifying, LIMIT, sent.queries + back.queries)


def _saml(hub: Hub, database: str, times: int) -> Line:
    _, verifying = bare_signature()
    costs = SamlSignIns(hub, connect_saml(hub, "lakeside")).measure(times)
    own = sum(cost.milliseconds for cost in costs) - verifying
    return Line("SAML", database, own, verifying, LIMIT, sum(cost.queries for cost in costs))


def _storms(folder: Path, url: str, port: int, providers: int, seconds: float) -> list[Passed]:
    slugs = [f"partner-{number}" for number in range(providers - 2)]
    gone = free_port()
    allowed = [f"127.0.0.1:{port}", f"127.0.0.1:{gone}"]
    with _hub(url, allowed) as hub:
        for slug in slugs:
            connect_provider(hub, slug, port)
        connect_provider(hub, HANGING, port)
        with many_idps(gone):  # it answers while it is connected, and never again
            connect_provider(hub, DOWN, gone)
    with served(folder, url, allowed) as hub_port, refusing(gone):
        fastest = crowd(hub_port, slugs, seconds / 2)
        most = sum(sign_in.worked for sign_in in fastest) / (seconds / 2)
        rate = most / 2
        if not rate:
            raise RuntimeError("no sign-in worked while nothing else was going on")
        calm = _passed("all well", rate, storm(hub_port, slugs, rate, seconds))
        rough = storm(hub_port, [*slugs, HANGING, DOWN], rate, seconds)
    full = _passed("as fast as a few clients go", most, fastest)
    return [full, calm, _passed("one hangs, one is down", rate, [s for s in rough if s.slug in set(slugs)])]


def _passed(name: str, rate: float, done: list[SignIn]) -> Passed:
    taken = [sign_in.seconds * 1000 for sign_in in done]
    failed = sum(not sign_in.worked for sign_in in done)
    return Passed(name, rate, len(done), percentile(taken, 50), percentile(taken, 95), max(taken), failed)


@contextmanager
def _hub(url: str, allowed: list[str]) -> Iterator[Hub]:
    hub = open_hub(Settings(database_url=url, secret_key=SECRET_KEY, outgoing_allow=allowed))
    try:
        yield hub
    finally:
        hub.close()


def _sqlite(folder: Path) -> str:
    url = f"sqlite:///{folder / 'hub.sqlite'}"
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()
    return url


def _show(lines: list[Line], storms: list[Passed], file: Path) -> None:
    costs = Table(title="The hub's processor time for one sign-in, measured on this machine, now")
    for column in ("sign-in", "database", "own ms", "limit", "bare ms", "queries"):
        costs.add_column(column, justify="left" if column in {"sign-in", "database"} else "right")
    for line in lines:
        over = " !" if line.own > line.limit else ""
        costs.add_row(
            line.work,
            line.database,
            f"{line.own:.2f}{over}",
            f"{line.limit:.0f}",
            f"{line.bare:.2f}",
            str(line.queries),
        )
    passed = Table(
        title="Sign-ins at the providers that are well; both storms at half of what a few clients reach"
    )
    for column in ("storm", "a second", "sign-ins", "median ms", "95 % ms", "worst ms", "failed"):
        passed.add_column(column, justify="left" if column == "storm" else "right")
    for each in storms:
        passed.add_row(
            each.storm,
            f"{each.rate:.0f}",
            str(each.sign_ins),
            f"{each.median:.0f}",
            f"{each.p95:.0f}",
            f"{each.worst:.0f}",
            str(each.failed),
        )
    Console(width=120).print(
        f"cores: {os.cpu_count()}, load: {os.getloadavg()[0]:.1f}; ! is over its limit", costs, passed
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    figures = {"costs": [asdict(line) for line in lines], "storms": [asdict(each) for each in storms]}
    file.write_text(json.dumps(figures, indent=1), encoding="utf-8")


main()
