"""``python -m bench.xapi.moving``: forwarding, export and import, each beside its limit in the same run."""

import argparse
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import requests
import sqlalchemy as sa

from bench.figures import Figure, show
from bench.xapi.databases import postgres_server, run_folder
from bench.xapi.statements import Series
from hub.app import open_hub
from hub.config import Settings
from hub.http import OutgoingHttp
from hub.journal.tables import statement
from hub.logging import configure_logging
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.receiving_store import ReceivingStoreConfig
from hub.testing.serve import free_port, spawn_together
from hub.xapi.forward.forwarder import Forwarder
from hub.xapi.forward.stores import StoreConfig, add_store
from hub.xapi.transfer.export_statements import ExportOptions, export_statements
from hub.xapi.transfer.import_statements import import_statements

BATCH = 50
RECEIVER = "hub.testing.receiving_store"


def main() -> None:
    """Measure everything on PostgreSQL, with synchronous commit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=20_000)
    parser.add_argument(
        "--folder", type=Path, help="where the run's files lie (default: the system's temporary files)"
    )
    arguments = parser.parse_args()
    configure_logging(level="error", as_json=False)
    with run_folder(arguments.folder) as folder, postgres_server(folder) as server:
        urls = [server.create(name) for name in ("source", "target")]
        hub, target = (_open(url, folder) for url in urls)
        lines = folder / "lines.ndjson"
        _write(lines, arguments.statements)
        figures = [*_imports(hub, lines, arguments.statements)]
        figures += _exports(hub, target, folder, arguments.statements)
        figures += _forwards(hub, arguments.statements)
        hub.close()
        target.close()
    show(figures, Path("var/bench-moving.json"))


def _imports(hub: Hub, lines: Path, count: int) -> list[Figure]:
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "academy", "lms", "Academy")
    check = _rate(count, lambda: import_statements(hub, connection_id, [lines], dry_run=True))
    whole = _rate(count, lambda: import_statements(hub, connection_id, [lines]))
    decode = _rate(count, lambda: [json.loads(line) for line in lines.open("rb")])
    again = _rate(count, lambda: import_statements(hub, connection_id, [lines]))
    limit = "decoding the lines with json alone"
    return [
        Figure("import, checking alone (dry run)", check, "/s", decode, limit),
        Figure("import, checked and stored", whole, "/s", decode, limit),
        Figure("import of the same again", again, "/s", decode, limit),
    ]


def _exports(hub: Hub, target: Hub, folder: Path, count: int) -> list[Figure]:
    bare = _rate(count, lambda: _copy_out(hub, folder / "bare.ndjson"))
    figures = []
    for format in ("ndjson", "parquet"):
        export = partial(export_statements, hub, folder / format, ExportOptions(format))
        rate = _rate(count, export)
        figures.append(
            Figure(f"export, {format}", rate, "/s", bare, "one SELECT of the payloads into a file")
        )
    with target.unit_of_work() as uow:
        connection_id = create_connection(uow, "copy", "lms", "Copy")
    report = import_statements(target, connection_id, [folder / "ndjson"])
    assert report.stored == count, report
    return figures


def _forwards(hub: Hub, count: int) -> list[Figure]:
    """To receivers in processes of their own; the limit posts the same bytes to another one from memory."""
    ports = [free_port() for _ in range(6)]
    config = ReceivingStoreConfig()
    with spawn_together([(RECEIVER, config, port) for port in ports]) as receivers:
        urls = [receiver.base_url for receiver in receivers]
        bodies = _bodies(hub)
        bare = _rate(count, lambda: _post_bare(urls[0], config, bodies))
        allowed = replace(hub, http=OutgoingHttp([url.removeprefix("http://") for url in urls]))
        forwarder = Forwarder(allowed, "bench")
        rates = []
        for stores in (urls[1:2], urls[2:6]):
            _add(allowed, stores, config)
            rates.append(_rate(count * len(stores), lambda: _forward(allowed, forwarder)))
        for url in urls:
            received = requests.get(f"{url}/received", timeout=60).json()
            assert len(received["ids"]) == count, (url, len(received["ids"]))
    limit = "posting the same bytes from memory, to one"
    return [
        Figure("forwarding to one store", rates[0], "/s", bare, limit),
        Figure("forwarding to four stores, together", rates[1], "/s", bare, limit),
    ]


def _add(hub: Hub, urls: list[str], config: ReceivingStoreConfig) -> None:
    with hub.unit_of_work() as uow:
        for url in urls:
            store = StoreConfig(url, f"{url}/xapi", "1.0.3", "basic", config.username)
            slug = f"to-{url.rpartition(':')[2]}"
            add_store(uow, hub.sealer, slug, store, config.password, from_beginning=True)


def _forward(hub: Hub, forwarder: Forwarder) -> None:
    """Let the forwarder's threads work until everything has arrived."""
    stop = threading.Event()
    thread = threading.Thread(target=forwarder.run, args=(stop,))
    thread.start()
    wanted = "SELECT count(*) FROM reader WHERE name LIKE 'forward:%%' AND position < (SELECT max(position) FROM statement)"
    while True:
        with hub.reading() as uow:
            if uow.connection.exec_driver_sql(wanted).scalar() == 0:
                break
        time.sleep(0.05)
    stop.set()
    thread.join()


def _post_bare(url: str, config: ReceivingStoreConfig, bodies: list[bytes]) -> None:
    with requests.Session() as session:
        session.auth = (config.username, config.password)
        session.headers.update({"X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"})
        for body in bodies:
            assert session.post(f"{url}/xapi/statements", data=body, timeout=30).status_code == 200


def _bodies(hub: Hub) -> list[bytes]:
    with hub.reading() as uow:
        payloads = list(uow.connection.scalars(sa.select(statement.c.payload).order_by(statement.c.position)))
    chunks = (payloads[n : n + BATCH] for n in range(0, len(payloads), BATCH))
    return [b"[%b]" % b",".join(map(bytes, chunk)) for chunk in chunks]


def _copy_out(hub: Hub, path: Path) -> None:
    query = sa.select(statement.c.payload).order_by(statement.c.position)
    with hub.reading() as uow, path.open("wb") as out:
        for payload in uow.connection.scalars(query, execution_options={"yield_per": 1000}):
            out.write(bytes(payload) + b"\n")


def _write(path: Path, count: int) -> None:
    series = Series("moving")
    with path.open("wb") as out:
        out.writelines(series.body(n, 1) + b"\n" for n in range(count))


def _open(url: str, folder: Path) -> Hub:
    return open_hub(Settings(database_url=url, secret_key="k" * 40, storage_url=f"file:{folder}/files"))


def _rate(count: int, work: Callable[[], object]) -> float:
    """Statements a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
