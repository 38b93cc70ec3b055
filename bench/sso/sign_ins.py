"""The requests of a sign-in over OpenID Connect, made ready beforehand so that the hub alone is timed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from urllib.parse import parse_qs, urlencode, urlsplit

import sqlalchemy as sa

from bench.lti.cost import WARM_UP, Cost, Environ, environ, measure
from bench.sso.many_idps import CLIENT, SECRET, code_for
from hub.app import create_app
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import link_identity
from hub.runtime import Hub
from hub.sso.oidc.connect import connect_identity_provider
from hub.testing.serve import free_port

NETWORK = ip_network("198.18.0.0/15")
"""Where the browsers are: from one address alone there may be only so many sign-ins a minute."""
SUBJECT = "somebody"


@contextmanager
def many_idps(port: int = 0) -> Iterator[int]:
    """The port of running providers, a free one unless it is named."""
    port = port or free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sso.many_idps", str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdin
    try:
        process.stdout.readline()
        yield port
    finally:
        process.stdin.close()
        process.wait(10)


def connect_provider(hub: Hub, slug: str, port: int, name: str = "") -> str:
    """Connect the provider called ``name``, with one person who can sign in there; the partner's id."""
    partner_id, person_id = new_id(), new_id()
    with hub.unit_of_work() as uow:
        run = uow.connection.execute
        run(sa.insert(network.partner).values(id=partner_id, name=slug.title()))
        person = {"id": person_id, "partner_id": partner_id, "locale": "en", "disabled": False}
        run(sa.insert(network.person).values(**person))
    connection_id = connect_identity_provider(
        hub,
        slug,
        slug.title(),
        partner_id,
        f"http://127.0.0.1:{port}/{name or slug}",
        CLIENT,
        SECRET,
        [f"{slug}.example"],
    )
    with hub.unit_of_work() as uow:
        link_identity(uow, connection_id, "sub", SUBJECT, person_id, made_by="roster")
    return partner_id


def callback_query(address: str) -> str:
    """What the browser brings back from the provider it was sent to."""
    parts = urlsplit(address)
    state = parse_qs(parts.query)["state"][0]
    issuer = f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/authorize')}"
    return urlencode({"code": code_for(address, SUBJECT), "state": state, "iss": issuer})


class OidcSignIns:
    """Sign-ins at one provider, in this process."""

    def __init__(self, hub: Hub, slug: str) -> None:
        self._hub, self._slug, self._app = hub, slug, create_app(hub)

    def measure(self, times: int) -> tuple[Cost, Cost]:
        """The cost of sending a browser away, and of letting it in when it is back."""
        number = times + WARM_UP + 1
        sent = measure(self._hub, self._app, self._starts(number), 303)
        return sent, measure(self._hub, self._app, self._callbacks(number), 303)

    def _starts(self, number: int) -> list[Environ]:
        return [self._get("start", at, {}) for at in range(number)]

    def _callbacks(self, number: int) -> list[Environ]:
        made = []
        for at in range(number):
            client = self._app.test_client()
            answer = client.get(
                f"/sso/oidc/{self._slug}/start",
                base_url=self._hub.settings.public_url,
                environ_base={"REMOTE_ADDR": browser_address(at)},
            )
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            made.append(self._get(f"callback?{callback_query(answer.location)}", at, {"Cookie": cookie}))
        return made

    def _get(self, page: str, at: int, headers: dict[str, str]) -> Environ:
        return environ(
            f"/sso/oidc/{self._slug}/{page}",
            base_url=self._hub.settings.public_url,
            environ_base={"REMOTE_ADDR": browser_address(at)},
            headers=headers,
        )


def browser_address(at: int) -> str:
    """The address of one of many browsers."""
    return str(NETWORK[at % NETWORK.num_addresses])
