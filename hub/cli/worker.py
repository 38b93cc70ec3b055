"""``hub worker``: one worker, until it is told to stop."""

import signal
import sys
import threading

import click


@click.command()
@click.option("--end-with", type=int, hidden=True, metavar="PID", help="Stop when this parent is gone.")
def worker(end_with: int | None) -> None:
    """Run one worker, which keeps everything up to date.

    It follows the journals: recognizes completions, keeps goals true, delivers. Any number may run over PostgreSQL.
    """
    from hub.app import open_worker
    from hub.cli.opening import config_file, opened_hub
    from hub.cli.parent import when_parent_ends
    from hub.cli.stuck import BEGIN_ANEW, become_set_aside
    from hub.hooks.watch import Watch
    from hub.logging import get_logger

    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    if end_with is not None:
        when_parent_ends(end_with, stop.set)
    watch = Watch(become_set_aside(config_file()), ends_frozen=True).start()
    with opened_hub(quiet=False) as hub:
        logger = get_logger(__name__)
        logger.info("worker_started")
        working = open_worker(hub)
        working.run(stop)
        logger.info("worker_stopped")
    watch.stop()
    if working.is_outgrown:
        sys.exit(BEGIN_ANEW)
