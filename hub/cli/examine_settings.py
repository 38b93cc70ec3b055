"""What can be said about the settings alone. That they can be read at all is known before."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from hub.cli.findings import Finding, ok, warning
from hub.config import Settings

_DEFAULT_FILE = Path("config/hub.toml")
_GUESSABLE = re.compile(r"change.?me|secret|password|example|default|12345|qwerty", re.IGNORECASE)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_DISTINCT = 12


def examine_settings(settings: Settings, file: Path | None) -> Iterator[Finding]:
    """Who can read the file, how strong the key is, and whether the addresses fit together."""
    yield from _file(file or _DEFAULT_FILE)
    yield _secret_key(settings)
    yield from _addresses(settings)
    if settings.database_url.get_secret_value().startswith("sqlite") and settings.web_processes > 1:
        yield warning(
            "web_processes",
            f"{settings.web_processes} web processes share one SQLite file and wait for each other",
            "Set web_processes = 1, or use PostgreSQL.",
        )


def _file(file: Path) -> Iterator[Finding]:
    if not file.is_file():
        yield ok("settings", "read from the environment alone")
    elif stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield warning("settings", f"{file} can be read by others on this machine", f"Run: chmod 600 {file}")
    else:
        yield ok("settings", f"{file} is complete, and only its owner can read it")


def _secret_key(settings: Settings) -> Finding:
    key = settings.secret_keys[0]
    if len(set(key)) < _DISTINCT or _GUESSABLE.search(key):
        return warning(
            "secret_key",
            "looks as if somebody had thought it up",
            "Take a random one, such as from `openssl rand -base64 48`, and move this one to secret_key_fallbacks.",
        )
    return ok("secret_key", f"{len(key)} characters")


def _addresses(settings: Settings) -> Iterator[Finding]:
    public = urlsplit(settings.public_url)
    listens = f"{settings.listen_host}:{settings.listen_port}"
    if public.hostname in _LOOPBACK:
        if (public.port or {"http": 80, "https": 443}[public.scheme]) != settings.listen_port:
            yield warning(
                "public_url",
                f"{settings.public_url} and the address listened on, {listens}, have different ports",
                "Make them the same, unless something between them forwards.",
            )
        else:
            yield ok("public_url", f"{settings.public_url}, for this machine only")
    elif settings.is_https and settings.trusted_proxies == 0:
        yield warning(
            "public_url",
            f"{settings.public_url} is https, which the hub itself does not speak, and trusted_proxies is 0",
            "Set trusted_proxies to the number of reverse proxies in front, so that addresses of clients are right.",
        )
    else:
        yield ok("public_url", f"{settings.public_url}, listening on {listens}")
    if settings.listen_host not in _LOOPBACK and not settings.is_https:
        yield warning(
            "listen_host",
            f"the hub listens on {listens} for other machines, without TLS",
            "Listen on 127.0.0.1 behind a reverse proxy that speaks TLS.",
        )
