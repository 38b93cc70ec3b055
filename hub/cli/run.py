"""``hub run``: the web server, with one worker beside it."""

import errno
import os
import socket
import sys
import tempfile
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from hub.errors import Conflict

if TYPE_CHECKING:
    from hub.config import Settings

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
BUSY_SECONDS = 3.0


@click.command()
@click.option("--host", help="Address to listen on, instead of listen_host of the settings.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on, instead of listen_port; 0 takes a free one.",
)
@click.option("--no-worker", is_flag=True, help="Start no worker; one runs elsewhere as `hub worker`.")
def run(host: str | None, port: int | None, no_worker: bool) -> None:
    """Serve the hub, with one worker beside it.

    Brings the database to the newest schema first.
    """
    from hub.app import open_hub
    from hub.cli.opening import config_file, read_settings
    from hub.plugin_data.migrate import migrate_plugins
    from hub.store import migrate

    settings = read_settings(quiet=False)
    host = host or settings.listen_host
    port = find_port(host, settings.listen_port if port is None else port)
    hub = open_hub(settings)
    migrate(hub.engine)
    migrate_plugins(hub.engine, hub.hooks)
    hub.close()
    file = config_file()
    if file is not None:
        os.environ["HUB_CONFIG"] = str(file.resolve())
    _serve(settings, host, port, with_worker=settings.embedded_worker and not no_worker)


def find_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Conflict ``port_busy`` when somebody listens there, or nobody may.

    Waits BUSY_SECONDS for it: a hub that was just killed takes a moment to let go.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return _try_port(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() >= deadline:
                raise Conflict(
                    "port_busy",
                    f"The hub cannot listen on {host}:{port}: {error.strerror}.",
                    "Stop what runs there, or choose another with --port (and public_url, if people use it directly).",
                ) from None
            time.sleep(0.1)


def _try_port(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        taken: int = probe.getsockname()[1]
        return taken


def _serve(settings: "Settings", host: str, port: int, *, with_worker: bool) -> None:
    from hub.cli.supervise import Supervisor
    from hub.cli.web_server import serve_web
    from hub.cli.wsgi import ENDS_WITH_PARENT

    os.environ[ENDS_WITH_PARENT] = str(os.getpid())
    worker = Supervisor([sys.executable, "-m", "hub.cli", "worker", "--end-with", str(os.getpid())])
    with tempfile.TemporaryDirectory(prefix="hub-metrics-") as metrics:
        if settings.web_processes > 1:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", metrics)
        if with_worker:
            worker.start()
        try:
            _greet(settings, host, port, with_worker=with_worker)
            well = serve_web(settings, host, port)
        finally:
            if with_worker:
                worker.stop()
    click.echo("The hub has stopped.")
    sys.exit(0 if well else 1)


def _greet(settings: "Settings", host: str, port: int, *, with_worker: bool) -> None:
    listens = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    beside = "with a worker beside it" if with_worker else "without a worker: `hub worker` must run elsewhere"
    click.echo(
        f"The hub listens on {listens}, {beside}. People reach it at {settings.public_url}. Ctrl+C stops it."
    )
    public = urlsplit(settings.public_url)
    if public.hostname in LOOPBACK and public.port != port:
        click.echo(
            f"Links and sign-ins lead to {settings.public_url}: change public_url to use {listens}.", err=True
        )
