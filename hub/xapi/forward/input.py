"""What an operator enters about a receiving store, checked as a whole: every problem at once, each at its field."""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import sqlalchemy as sa

from hub.errors import BadInput, Missing, Problem
from hub.network.systems.connections import find_connection, read_connection
from hub.network.tables import connection
from hub.store import UnitOfWork
from hub.xapi.forward.filters import partner_words, read_filter
from hub.xapi.forward.stores import BASIC, OAUTH2, ReceivingStore, StoreConfig
from hub.xapi.forward.tables import receiving_store
from hub.xapi.http.versions import ApiVersion

MAX_SLUG, MAX_TEXT = 48, 500
VERSIONS = tuple(version.value for version in ApiVersion)
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class StoreInput:
    """The fields as they were typed. ``connection`` is a slug, empty for none; lists are as ``filters.read_filter`` takes them."""

    slug: str = ""
    name: str = ""
    endpoint: str = ""
    version: str = ApiVersion.V1.value
    auth: str = BASIC
    key: str = ""
    secret: str = ""
    token_url: str = ""
    scope: str = ""
    connection: str = ""
    verbs: Sequence[str] = ()
    activities: Sequence[str] = ()
    audiences: Sequence[str] = ()
    partners: Sequence[str] = ()


def check_input(uow: UnitOfWork, given: StoreInput, *, changes: ReceivingStore | None = None) -> StoreConfig:
    """What the input decides. BadInput ``bad_receiving_store`` with every problem; the places are names of fields."""
    problems = [
        *_slug_problems(uow, given, changes),
        *_text_problems(given, changes),
        *_address_problems(uow, given),
    ]
    filter = read_filter(
        uow,
        {name: getattr(given, name) for name in ("verbs", "activities", "audiences", "partners")},
        problems,
    )
    connection_id = _connection_id(uow, given.connection.strip(), problems)
    if problems:
        raise BadInput(
            "bad_receiving_store", "The receiving store cannot be saved like this.", problems=problems
        )
    oauth2 = given.auth == OAUTH2
    return StoreConfig(
        given.name.strip(),
        given.endpoint.strip().rstrip("/"),
        given.version,
        given.auth,
        given.key.strip(),
        given.token_url.strip() if oauth2 else "",
        given.scope.strip() if oauth2 else "",
        filter,
        connection_id,
    )


def input_of(uow: UnitOfWork, store: ReceivingStore) -> StoreInput:
    """A store as its form shows it; the secret is never shown."""
    config = store.config
    words = partner_words(uow, config.filter.partners)
    return StoreInput(
        store.slug,
        config.name,
        config.endpoint,
        config.version,
        config.auth,
        config.key,
        "",
        config.token_url,
        config.scope,
        read_connection(uow, config.connection_id).slug if config.connection_id else "",
        config.filter.verbs,
        config.filter.activities,
        config.filter.audiences,
        tuple(words.get(id, id) for id in config.filter.partners),
    )


def connection_slugs(uow: UnitOfWork, limit: int = 200) -> list[str]:
    """The first systems that may send statements, to choose from."""
    query = sa.select(connection.c.slug).where(connection.c.kind != "oidc").order_by(connection.c.slug)
    return list(uow.connection.scalars(query.limit(limit)))


def _slug_problems(uow: UnitOfWork, given: StoreInput, changes: ReceivingStore | None) -> list[Problem]:
    if changes is not None:
        return []
    if not _SLUG.fullmatch(given.slug):
        return [Problem(f"use at most {MAX_SLUG} lower case letters, digits and hyphens", "slug")]
    taken = sa.select(receiving_store.c.id).where(receiving_store.c.slug == given.slug)
    return [Problem("is taken", "slug")] if uow.connection.scalar(taken) else []


def _text_problems(given: StoreInput, changes: ReceivingStore | None) -> list[Problem]:
    problems = [Problem("is missing", name) for name in ("name", "key") if not getattr(given, name).strip()]
    problems += _secret_problems(given, changes) if not given.secret else []
    for name in ("name", "key", "secret", "scope", "endpoint", "token_url"):
        text = getattr(given, name)
        if len(text) > MAX_TEXT or not text.isprintable():
            problems.append(Problem(f"must be one line of at most {MAX_TEXT} characters", name))
    if given.auth == BASIC and ":" in given.key:
        problems.append(Problem("must not contain a colon: HTTP Basic cannot carry it", "key"))
    if given.version not in VERSIONS:
        problems.append(Problem(f"must be one of {', '.join(VERSIONS)}", "version"))
    if given.auth not in (BASIC, OAUTH2):
        problems.append(Problem(f"must be {BASIC} or {OAUTH2}", "auth"))
    return problems


def _secret_problems(given: StoreInput, changes: ReceivingStore | None) -> list[Problem]:
    """What an empty secret means. One that is kept goes nowhere else than where it, or its token, was meant to go."""
    if changes is None or changes.config.auth != given.auth:
        return [Problem("is missing", "secret")]
    moved = [(given.endpoint, changes.config.endpoint)]
    if given.auth == OAUTH2:
        moved.append((given.token_url, changes.config.token_url))
    addresses = [(_address(new.strip()), _address(old)) for new, old in moved]
    if all(new is None or (old is not None and _origin(new) == _origin(old)) for new, old in addresses):
        return []
    return [Problem("must be entered again, because an address has another scheme, host or port", "secret")]


def _address_problems(uow: UnitOfWork, given: StoreInput) -> list[Problem]:
    problems = []
    parts = _address(given.endpoint.strip())
    if parts is None:
        problems.append(Problem("must be an https address without query, user or fragment", "endpoint"))
    elif _is_own(uow, parts):
        problems.append(Problem("is this hub itself: statements would go round in circles", "endpoint"))
    elif given.endpoint.strip().rstrip("/").endswith("/statements"):
        problems.append(Problem("must end before /statements, which the hub adds itself", "endpoint"))
    if given.auth == OAUTH2 and _address(given.token_url.strip()) is None:
        problems.append(Problem("must be an https address without query, user or fragment", "token_url"))
    return problems


def _address(text: str) -> SplitResult | None:
    """An http(s) address; which hosts may be called by plain http, or at all, is for the outgoing guard to say."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    sound = parts.scheme in _PORTS and parts.hostname and port != 0 and "@" not in parts.netloc
    plain = not parts.query and not parts.fragment and not any(c.isspace() or c == "\\" for c in text)
    return parts if sound and plain else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _is_own(uow: UnitOfWork, parts: SplitResult) -> bool:
    own = urlsplit(uow.settings.url("/xapi"))
    if not f"{parts.path.rstrip('/')}/".startswith(f"{own.path}/"):
        return False
    hosts = {(parts.hostname, parts.port or _PORTS[parts.scheme])}
    if _is_loopback(parts.hostname or ""):
        hosts = {("loopback", port) for _, port in hosts}
    here = own.hostname or ""
    ours = {("loopback" if _is_loopback(here) else here, own.port or _PORTS[own.scheme])}
    return bool(hosts & {*ours, ("loopback", uow.settings.listen_port)})


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _connection_id(uow: UnitOfWork, slug: str, problems: list[Problem]) -> str | None:
    if not slug:
        return None
    try:
        return find_connection(uow, slug).id
    except Missing:
        problems.append(Problem("is no connection", "connection"))
        return None
