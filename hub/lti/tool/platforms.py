"""Platforms: the systems that launch the hub, what the hub tells them and what they tell the hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, Unpack
from urllib.parse import urlsplit

import sqlalchemy as sa

from hub.config import Settings
from hub.errors import BadInput, Conflict, Missing, Problem
from hub.journal import Change, audit, record_changes
from hub.lti.addresses import address_problem
from hub.lti.tool import tables
from hub.lti.tool.platform_deployments import approve_first
from hub.lti.vocabulary import AGS_SCOPES, NRPS_SCOPE
from hub.network.systems.connections import create_connection, read_connection
from hub.network.tables import connection as connection_table
from hub.store import UnitOfWork
from hub.store.driver import Question
from hub.store.insert import insert_once

UnknownPeople = Literal["link", "refuse"]
MAX_TEXT = 255
LOGIN_PATH = "/lti/tool/login"
LAUNCH_PATH = "/lti/tool/launch"
DEEP_LINKING_PATH = "/lti/tool/open/pick"


@dataclass(frozen=True)
class Platform:
    """A system that launches the hub. ``disabled`` when it or its connection is switched off: then all is refused.

    ``unknown_people`` is what happens to a person it names and the hub does not know: ``link`` or ``refuse``.
    """

    connection_id: str
    slug: str
    name: str
    partner_id: str | None
    issuer: str
    client_id: str
    authorize_url: str
    token_url: str
    jwks_url: str
    token_audience: str
    product: str
    scopes: tuple[str, ...]
    unknown_people: UnknownPeople
    disabled: bool

    @property
    def origin(self) -> str:
        """Where its login pages are: the origin that frames the hub and answers for its storage."""
        parts = urlsplit(self.authorize_url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class HubAsTool:
    """What the platform's administrator enters about the hub (LTI 1.3, section 3.1.3)."""

    connection_id: str
    login_url: str
    launch_url: str
    redirect_uris: tuple[str, ...]
    jwks_url: str
    deep_linking_url: str


class PlatformSettings(TypedDict):
    """What a platform's administrator tells the hub.

    ``deployment_id`` is the deployment known from the start, if any; others wait for approval when they first launch.
    ``scopes`` are those of services that the platform grants, all of AGS and NRPS if left out.
    """

    issuer: str
    client_id: str
    authorize_url: str
    token_url: str
    jwks_url: str
    deployment_id: NotRequired[str]
    token_audience: NotRequired[str]
    product: NotRequired[str]
    scopes: NotRequired[Sequence[str]]
    unknown_people: NotRequired[UnknownPeople]


class PlatformChanges(TypedDict, total=False):
    """What ``update_platform`` may change; the deployments have functions of their own."""

    issuer: str
    client_id: str
    authorize_url: str
    token_url: str
    jwks_url: str
    token_audience: str
    product: str
    scopes: Sequence[str]
    unknown_people: UnknownPeople


def connect_platform(
    uow: UnitOfWork, slug: str, name: str, partner_id: str | None = None, **settings: Unpack[PlatformSettings]
) -> HubAsTool:
    """Make a connection to an LMS and register it as LTI platform; ``partner_id`` None lets several partners share it.

    Raises BadInput ``bad_platform`` with one problem per wrong setting; Conflict when the slug is taken, or
    ``platform_taken`` when another connection has this issuer and client id.
    """
    return add_platform(uow, create_connection(uow, slug, "lms", name, partner_id), **settings)


def add_platform(uow: UnitOfWork, connection_id: str, **settings: Unpack[PlatformSettings]) -> HubAsTool:
    """Register an LMS that already has a connection; as ``connect_platform``, and Conflict when it is one already."""
    connection = read_connection(uow, connection_id)
    if connection.kind != "lms":
        raise BadInput("not_an_lms", "Only a connection to an LMS can be an LTI platform.")
    if _row(uow, connection_id) is not None:
        raise Conflict("platform_exists", "This connection already is an LTI platform.")
    body: dict[str, Any] = {
        "connection_id": connection_id,
        "issuer": settings["issuer"],
        "client_id": settings["client_id"],
        "authorize_url": settings["authorize_url"],
        "token_url": settings["token_url"],
        "jwks_url": settings["jwks_url"],
        "token_audience": settings.get("token_audience", ""),
        "product": settings.get("product", ""),
        "scopes": sorted(set(settings.get("scopes", (*AGS_SCOPES, NRPS_SCOPE)))),
        "unknown_people": settings.get("unknown_people", "link"),
        "disabled": False,
    }
    deployment_id = settings.get("deployment_id")
    _check(body, "-" if deployment_id is None else deployment_id)
    if not insert_once(uow, tables.lti_platform, **body):
        raise taken()
    record_changes(uow, [Change("lti_platform_changed", connection_id, body)])
    if deployment_id is not None:
        approve_first(uow, connection_id, deployment_id, connection.partner_id)
    audit(uow, "platform_connected", connection_id, connection_id=connection_id)
    return hub_as_tool(uow.settings, connection_id)


def update_platform(uow: UnitOfWork, connection_id: str, **changes: Unpack[PlatformChanges]) -> Platform:
    """Change what is known of a platform; what is left out stays. Its keys are fetched again where their address changes.

    Raises Missing, BadInput ``bad_platform``, and Conflict ``platform_taken``.
    """
    known = _row(uow, connection_id)
    if known is None:
        raise _missing()
    body = {name: getattr(known, name) for name in _CONFIGURED} | {"disabled": known.disabled} | {**changes}
    body["scopes"] = sorted(set(body["scopes"]))
    _check(body, "-")
    platform = tables.lti_platform
    other = uow.connection.scalar(
        sa.select(platform.c.connection_id).where(
            platform.c.issuer == body["issuer"],
            platform.c.client_id == body["client_id"],
            platform.c.connection_id != connection_id,
        )
    )
    if other is not None:
        raise taken()
    fresh: dict[str, Any] = {}
    if body["jwks_url"] != known.jwks_url:
        fresh = {"jwks": None, "jwks_at": None, "jwks_tried_at": None}
    _save(uow, body, fresh)
    return read_platform(uow, connection_id)


def set_platform_disabled(uow: UnitOfWork, connection_id: str, *, disabled: bool) -> None:
    """Switch a platform off or on. While it is off its logins and launches are refused."""
    known = _row(uow, connection_id)
    if known is None:
        raise _missing()
    if known.disabled == disabled:
        return
    _save(uow, {name: getattr(known, name) for name in _CONFIGURED} | {"disabled": disabled})
    action = "platform_disabled" if disabled else "platform_enabled"
    audit(uow, action, connection_id, connection_id=connection_id)


def read_platform(uow: UnitOfWork, connection_id: str) -> Platform:
    """The platform of a connection; Missing when it has none."""
    row = _row(uow, connection_id)
    if row is None:
        raise _missing()
    return platform_of(row)


def find_platform(uow: UnitOfWork, issuer: str, client_id: str) -> Platform | None:
    """The platform that has this issuer and names the hub by this client id, character by character."""
    if "\0" in issuer + client_id:
        return None
    row = _BY_NAMES.ask(uow.connection, issuer=issuer, client_id=client_id)
    return platform_of(row) if row is not None else None


def platforms_of_issuer(uow: UnitOfWork, issuer: str) -> list[Platform]:
    """Up to two registrations of one issuer: enough to tell whether it has none, one or several."""
    if "\0" in issuer:
        return []
    return [platform_of(row) for row in _OF_ISSUER.ask_all(uow.connection, issuer=issuer)]


def hub_as_tool(settings: Settings, connection_id: str) -> HubAsTool:
    """What the administrator of a platform has to enter; the same for all platforms."""
    launch_url = settings.url(LAUNCH_PATH)
    return HubAsTool(
        connection_id=connection_id,
        login_url=settings.url(LOGIN_PATH),
        launch_url=launch_url,
        redirect_uris=(launch_url,),
        jwks_url=settings.url("/lti/jwks"),
        deep_linking_url=settings.url(DEEP_LINKING_PATH),
    )


_CONFIGURED = (
    "connection_id",
    "issuer",
    "client_id",
    "authorize_url",
    "token_url",
    "jwks_url",
    "token_audience",
    "product",
    "scopes",
    "unknown_people",
)


def _save(uow: UnitOfWork, body: Mapping[str, Any], fresh: Mapping[str, Any] | None = None) -> None:
    connection_id = body["connection_id"]
    record_changes(uow, [Change("lti_platform_changed", connection_id, body)])
    platform = tables.lti_platform
    uow.connection.execute(
        sa.update(platform).where(platform.c.connection_id == connection_id).values(**body, **(fresh or {}))
    )


def _check(body: Mapping[str, Any], deployment_id: str) -> None:
    texts = {name: body[name] for name in ("issuer", "client_id")} | {"deployment_id": deployment_id}
    problems = [
        Problem(f"must have 1 to {MAX_TEXT} characters", name)
        for name, text in texts.items()
        if not 0 < len(text) <= MAX_TEXT or "\0" in text
    ]
    urls = ((name, body[name]) for name in ("authorize_url", "token_url", "jwks_url"))
    problems += [Problem(problem, name) for name, url in urls if (problem := address_problem(url))]
    if body["unknown_people"] not in {"link", "refuse"}:
        problems.append(Problem("must be link or refuse", "unknown_people"))
    if problems:
        raise BadInput("bad_platform", "This LTI platform cannot be registered.", problems=problems)


def platform_rows() -> sa.Select[Any]:
    """All platforms, each row as ``platform_of`` reads it."""
    platform, connection = tables.lti_platform, connection_table
    return sa.select(
        *(platform.c[name] for name in _CONFIGURED),
        platform.c.disabled,
        connection.c.slug,
        connection.c.name,
        connection.c.partner_id,
        connection.c.disabled.label("connection_disabled"),
    ).join(connection, connection.c.id == platform.c.connection_id)


def _row(uow: UnitOfWork, connection_id: str) -> Any:
    return _BY_CONNECTION.ask(uow.connection, connection_id=connection_id)


_columns = tables.lti_platform.c
_is_issuer = _columns.issuer == sa.bindparam("issuer")
_BY_CONNECTION = Question(platform_rows().where(_columns.connection_id == sa.bindparam("connection_id")))
_BY_NAMES = Question(platform_rows().where(_is_issuer, _columns.client_id == sa.bindparam("client_id")))
_OF_ISSUER = Question(platform_rows().where(_is_issuer).limit(2))


def platform_of(row: Any) -> Platform:
    """A platform from a row of ``platform_rows``."""
    return Platform(
        connection_id=row.connection_id,
        slug=row.slug,
        name=row.name,
        partner_id=row.partner_id,
        issuer=row.issuer,
        client_id=row.client_id,
        authorize_url=row.authorize_url,
        token_url=row.token_url,
        jwks_url=row.jwks_url,
        token_audience=row.token_audience,
        product=row.product,
        scopes=tuple(row.scopes),
        unknown_people=row.unknown_people,
        disabled=row.disabled or row.connection_disabled,
    )


def taken() -> Conflict:
    """The refusal of an issuer and client id that another connection has."""
    return Conflict(
        "platform_taken",
        "Another connection already has this issuer and client id.",
        "Change that connection, or register the hub once more in the platform, which gives another client id.",
    )


def _missing() -> Missing:
    return Missing("no_platform", "This system is not registered as an LTI platform.")
