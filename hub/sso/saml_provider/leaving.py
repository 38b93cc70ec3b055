"""Signing out at the systems that a web session signed in at: the browser goes from one to the next (SAML Profiles 2.0, 4.4).

Only a browser can tell them, for they keep their sessions in its cookies. So a session that ends without one, as when somebody's
access is switched off, ends there by the time limit that stood in the assertion.
"""

from collections.abc import Collection
from datetime import timedelta

import msgspec
import sqlalchemy as sa

from hub.runtime import Hub
from hub.sso.provider.subjects import subject_of
from hub.sso.saml.assertion import NameId
from hub.sso.saml.names import PARTIAL_LOGOUT, PERSISTENT, REQUESTER, SUCCESS, UNKNOWN_PRINCIPAL
from hub.sso.saml.redirect_binding import redirect_address
from hub.sso.saml.requests import logout_request, logout_response
from hub.sso.saml.sp_keys import signing_key_in
from hub.sso.saml_provider.describe import METADATA_PATH
from hub.sso.saml_provider.systems import read_system
from hub.sso.saml_provider.tables import saml_sign_in, saml_sign_out
from hub.sso.tokens import new_token, token_hash
from hub.store import UnitOfWork

LIFETIME = timedelta(minutes=10)
MAX_STOPS = 20
"""Systems that are told; nobody waits for more, and the rest is as if it took no messages."""
OVER = "/sign-in?signed_out=1"
PAGE = "/saml/sign-out"


class Stop(msgspec.Struct, frozen=True):
    """A system to be told, and as whom it knows the person."""

    client_id: str
    subject: str
    session_index: str


class Asker(msgspec.Struct, frozen=True):
    """The system that asked for it, which gets the answer last."""

    client_id: str
    request_id: str
    relay_state: str
    known: bool = True


class Tour(msgspec.Struct, frozen=True):
    """Where the browser still goes. ``onward`` is a page of the hub, where nobody ``asked``.

    ``partial`` when some system cannot be told. ``holders`` are hashes of the ended sessions' tokens where a system asked:
    it may ask without a browser, or in another one, which must not learn how others know the person.
    """

    stops: tuple[Stop, ...]
    onward: str = OVER
    asker: Asker | None = None
    partial: bool = False
    holders: tuple[str, ...] = ()

    def without_stops(self) -> "Tour":
        """The same with nothing but the answer."""
        return msgspec.structs.replace(self, stops=(), partial=self.partial or bool(self.stops))


def find_stops(uow: UnitOfWork, session_ids: Collection[str], but: str = "") -> tuple[tuple[Stop, ...], bool]:
    """The systems at which these web sessions signed in, without the client ``but``; and whether some cannot be told.

    Call it before the sessions end.
    """
    table = saml_sign_in
    rows = uow.connection.execute(
        sa.select(table.c.client_id, table.c.session_index, table.c.person_id)
        .where(
            uow.among(table.c.session_id, list(session_ids)), table.c.client_id != but if but else sa.true()
        )
        .order_by(table.c.started_at, table.c.client_id)
    ).all()
    found, partial = [], len(rows) > MAX_STOPS
    for row in rows[:MAX_STOPS]:
        system = read_system(uow, row.client_id)
        if system.metadata.slo_url and not system.disabled:
            found.append(Stop(row.client_id, subject_of(uow, system, row.person_id), row.session_index))
        else:
            partial = True
    return tuple(found), partial


def begin_tour(hub: Hub, uow: UnitOfWork, tour: Tour) -> str:
    """Keep where the browser goes, sealed; the state that leads on, for the browser that brings it first.

    Nobody else knows it by then: systems read it in the addresses that it makes for that browser.
    """
    state = new_token()
    uow.insert(
        saml_sign_out,
        state_hash=token_hash(state),
        body=hub.sealer.seal(msgspec.json.encode(tour).decode()),
        expires_at=uow.now + LIFETIME,
    )
    return state


def leave_systems(hub: Hub, uow: UnitOfWork, session_id: str, onward: str) -> str:
    """The page from which the browser goes through the systems of a session that ends, and then ``onward``; that itself
    where there are none to be told.
    """
    stops, _ = find_stops(uow, [session_id])
    return f"{PAGE}/{begin_tour(hub, uow, Tour(stops, onward))}" if stops else onward


def read_tour(hub: Hub, uow: UnitOfWork, state: str, browser: str) -> Tour | None:
    """Where the browser with this state and this flow token still goes, within ten minutes."""
    row = uow.find(saml_sign_out, state_hash=token_hash(state))
    if row is None or row.expires_at <= uow.now or row.browser_hash not in {None, token_hash(browser)}:
        return None
    return msgspec.json.decode(hub.sealer.open(row.body), type=Tour)


def next_address(hub: Hub, state: str, browser: str, session_token: str) -> str:
    """Where the browser goes next: to a system with a signed LogoutRequest, to the one that asked with the answer, or on.

    Every system reads the state, and the next address says how another one knows the person: so it belongs to the browser
    with the flow token that brought it first, and, where a system asked, with the session that ended. What a system answers changes nothing, so it is not read.
    """
    with hub.unit_of_work() as uow:
        tour = read_tour(hub, uow, state, browser)
        if tour is None:
            return OVER
        if tour.asker is not None and token_hash(session_token) not in tour.holders:
            tour = tour.without_stops()
        mine = saml_sign_out.c.state_hash == token_hash(state)
        if not tour.stops:
            uow.connection.execute(sa.delete(saml_sign_out).where(mine))
            return answer_address(hub, uow, tour) if tour.asker else tour.onward
        rest = msgspec.structs.replace(tour, stops=tour.stops[1:])
        body = hub.sealer.seal(msgspec.json.encode(rest).decode())
        uow.connection.execute(
            sa.update(saml_sign_out).where(mine).values(body=body, browser_hash=token_hash(browser))
        )
        return _request_address(hub, uow, tour.stops[0], state)


def answer_address(hub: Hub, uow: UnitOfWork, tour: Tour) -> str:
    """Where the browser brings the answer to the system that asked; a page of the hub where that takes none."""
    asker = tour.asker
    system = read_system(uow, asker.client_id) if asker else None
    if asker is None or system is None or not system.metadata.slo_response_url:
        return tour.onward
    inside = UNKNOWN_PRINCIPAL if not asker.known else PARTIAL_LOGOUT if tour.partial else ""
    response = logout_response(
        id=f"_{new_token()}",
        issuer=hub.settings.url(METADATA_PATH),
        destination=system.metadata.slo_response_url,
        now=hub.clock.now(),
        request_id=asker.request_id,
        status=SUCCESS if asker.known else REQUESTER,
        inside=inside,
    )
    key = signing_key_in(uow, "idp")
    return redirect_address(
        system.metadata.slo_response_url, "SAMLResponse", response, asker.relay_state, key
    )


def _request_address(hub: Hub, uow: UnitOfWork, stop: Stop, state: str) -> str:
    system, issuer = read_system(uow, stop.client_id), hub.settings.url(METADATA_PATH)
    request = logout_request(
        id=f"_{new_token()}",
        issuer=issuer,
        destination=system.metadata.slo_url,
        now=hub.clock.now(),
        name_id=NameId(stop.subject, PERSISTENT, issuer, system.entity_id),
        session_index=stop.session_index,
    )
    return redirect_address(
        system.metadata.slo_url, "SAMLRequest", request, state, signing_key_in(uow, "idp")
    )
