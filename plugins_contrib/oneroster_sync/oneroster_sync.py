"""Reads the courses and the accounts of a system that serves 1EdTech OneRoster 1.2 (Rostering, REST).

The address of the source is that of the service, such as ``https://lms.example.com/ims/oneroster/rostering/v1p2``; the
secret is ``CLIENT_ID:CLIENT_SECRET``. The hub compares whole lists, so each run reads everything: what is missing or marked
``tobedeleted`` is retired, and a list that cannot be read as a whole changes nothing.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import Field

from hub.api import (
    Answer,
    CatalogueRow,
    CatalogueSource,
    OutgoingHttp,
    OutsideFailed,
    PluginSettings,
    RosterRow,
    hookimpl,
)

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData

SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
TRIES = 3
LONGEST_WAIT = 5.0
"""Seconds that a system may ask us to wait, altogether; a sync as a whole takes a minute at most."""
STEP = 1.0
"""Seconds that are slept at a time: the hub cannot interrupt a sleep, and would take the plugin for stuck."""


class System(PluginSettings):
    """One OneRoster service: ``token_url`` gives tokens; ``offers`` says what becomes a course of the hub.

    ``person`` is the field of a user that holds what the network files call the person: ``identifier``, ``sourcedId``, or
    ``userIds:TYPE`` for the identifier of one type. ``account`` holds what the LMS calls them in launches and statements.
    ``activity`` is the address by which statements name a course, with ``{id}`` for its sourcedId.
    """

    token_url: str
    scope: str = SCOPE
    offers: Literal["courses", "classes"] = "courses"
    person: str = Field("identifier", pattern=r"^(identifier|sourcedId|userIds:.+)$")
    account: Literal["sourcedId", "username"] = "sourcedId"
    activity: str = ""
    page: int = Field(100, ge=1, le=1000)


class Settings(PluginSettings):
    """``systems``: by the slug of the connection."""

    systems: dict[str, System] = {}


class Plugin:
    """OneRoster as a source of courses and of accounts."""

    hub_api = "1.0"
    settings: Settings

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing: accounts it reads are the hub's to keep."""
        return []

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def read_catalogue(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[CatalogueRow]:
        """Yield every course, or every class, that is not to be deleted."""
        service = self._service(source, http)
        said = service.system.activity or f"{service.address}/{service.system.offers}/{{id}}"
        rows = [row for row in service.read(service.system.offers) if _lives(row)]
        if not rows:  # a client that sees nothing must not retire every course
            raise OutsideFailed(
                "oneroster_sees_nothing", "This client is shown no courses at all.", retryable=False
            )
        for row in rows:
            yield CatalogueRow(
                external_id=row["sourcedId"],
                key=f"{source.connection}-{row['sourcedId']}"[:100],
                title=_text(row, "title"),
                activity_id=said.replace("{id}", row["sourcedId"]),
                description=_text(row, "courseCode") or _text(row, "classCode"),
            )

    @hookimpl
    def read_roster(self, source: CatalogueSource, http: OutgoingHttp) -> Iterator[RosterRow]:
        """Yield every enabled account that says whose it is; nobody is known by an e-mail address."""
        service = self._service(source, http)
        for user in service.read("users"):
            person, account = _person(user, service.system.person), _text(user, service.system.account)
            # A boolean in 1.2; services that grew out of 1.1 send it as a text.
            if _lives(user) and str(user.get("enabledUser", True)).lower() != "false" and person and account:
                yield RosterRow(person_id=person, subject=account)

    def _service(self, source: CatalogueSource, http: OutgoingHttp) -> "_Service":
        system = self.settings.systems.get(source.connection)
        client, _, secret = source.secret.partition(":")
        if system is None or not client or not secret:
            raise OutsideFailed(
                "oneroster_not_set_up",
                f"Of {source.connection} it is not known how to ask for a token.",
                f"Name token_url under [plugin.oneroster_sync.systems.{source.connection}], and give the secret as "
                "CLIENT_ID:CLIENT_SECRET.",
                retryable=False,
            )
        return _Service(source.address.rstrip("/"), source.connection, system, (client, secret), http)


@dataclass
class _Service:
    address: str
    connection: str
    system: System
    client: tuple[str, str]
    http: OutgoingHttp
    token: str = field(default="", repr=False)
    waited: float = 0.0

    def read(self, kind: str) -> list[Mapping[str, Any]]:
        """All rows of a kind, each once.

        Rows may come and go while pages are read, and push others from a page that is still to come into one that was read.
        So a list whose length changed meanwhile, or from which rows are missing, is read again from the start.
        """
        for _ in range(TRIES):
            found, is_whole = self._read_once(kind)
            if is_whole:
                return list(found.values())
        raise OutsideFailed("oneroster_moves", f"The list of {kind} changed while it was read.")

    def _read_once(self, kind: str) -> tuple[dict[str, Mapping[str, Any]], bool]:
        """Rows by id, and whether they are the whole list, as far as the service says how long it is."""
        found: dict[str, Mapping[str, Any]] = {}
        totals: set[str] = set()
        has_links, offset = False, 0
        while True:
            answer = self._page(kind, offset)
            rows = _rows(answer, kind)
            known = len(found)
            found |= {row["sourcedId"]: row for row in rows}
            offset += len(rows)
            total, more = _header(answer, "x-total-count"), _has_next(answer)
            totals.add(total)
            has_links = has_links or more
            if len(totals) > 1:
                return found, False
            if total.isdecimal():
                if not rows or offset >= int(total):
                    return found, len(found) == int(total)
            elif not rows or (has_links and not more):
                return found, True  # a short page alone is no end: a service may give less than is asked for
            elif len(found) == known:
                return found, False

    def _page(self, kind: str, offset: int) -> Answer:
        query = {"limit": self.system.page, "offset": offset, "sort": "sourcedId", "orderBy": "asc"}
        url = f"{self.address}/{kind}?{urlencode(query)}"
        for attempt in range(TRIES):
            headers = {"Authorization": f"Bearer {self._token()}", "Accept": "application/json"}
            answer = self.http.get(url, connection=self.connection, headers=headers)
            if answer.status == 200:
                return answer
            if answer.status == 401:
                self.token = ""  # it may have run out
            elif answer.status == 429 and attempt < TRIES - 1:
                self._wait(answer)
            else:
                break
        raise OutsideFailed("oneroster_refused", f"OneRoster answered {answer.status} to {kind}.")

    def _wait(self, answer: Answer) -> None:
        """Do nothing for as long as ``Retry-After`` asks for; OutsideFailed where that is longer than a sync may take."""
        told = _header(answer, "retry-after")
        wait = float(told) if told.isdecimal() else 1.0
        self.waited += wait
        if self.waited > LONGEST_WAIT:
            raise OutsideFailed(
                "oneroster_busy",
                f"OneRoster asks to come back in {wait:.0f} seconds.",
                wait=min(wait, 3600.0),
            )
        while wait > 0:
            time.sleep(min(wait, STEP))
            wait -= STEP

    def _token(self) -> str:
        """A bearer token by client credentials (RFC 6749, section 4.4), kept for this run."""
        if not self.token:
            form = {"grant_type": "client_credentials", "scope": self.system.scope}
            answer = self.http.post(
                self.system.token_url, connection=self.connection, form=form, auth=self.client
            )
            if answer.status != 200:
                refused = answer.status in (400, 401, 403)
                raise OutsideFailed(
                    "oneroster_no_token",
                    f"The token service answered {answer.status}.",
                    retryable=not refused,
                )
            said = answer.json()
            token = said.get("access_token") if isinstance(said, dict) else None
            if not isinstance(token, str) or not token:
                raise OutsideFailed("oneroster_no_token", "The token service gave no access_token.")
            self.token = token
        return self.token


def _rows(answer: Answer, kind: str) -> list[dict[str, Any]]:
    said = answer.json()
    rows = said.get(kind) if isinstance(said, dict) else None
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("sourcedId"), str) and row["sourcedId"] for row in rows
    ):
        raise OutsideFailed("not_oneroster", f"The answer has no list of {kind}.", retryable=False)
    return rows


def _header(answer: Answer, name: str) -> str:
    return next((value for key, value in answer.headers.items() if key.lower() == name), "")


def _has_next(answer: Answer) -> bool:
    """Whether the header Link (RFC 8288) leads to a further page."""
    links = _header(answer, "link").lower().replace('"', "").replace(" ", "")
    return any("rel=next" in link.split(";") for link in links.split(","))


def _lives(row: Mapping[str, Any]) -> bool:
    return str(row.get("status", "active")).lower() == "active"


def _person(user: Mapping[str, Any], where: str) -> str:
    name, _, kind = where.partition(":")
    if not kind:
        return _text(user, name)
    ids = user.get("userIds")
    wanted = (each for each in ids if isinstance(each, dict)) if isinstance(ids, list) else ()
    return next((_text(each, "identifier") for each in wanted if each.get("type") == kind), "")


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""
