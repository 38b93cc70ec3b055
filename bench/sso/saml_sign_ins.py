"""The requests of a sign-in by SAML, with the provider's messages made beforehand so that the hub alone is timed."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from werkzeug.datastructures import Headers
from werkzeug.test import run_wsgi_app

from bench.lti.cost import WARM_UP, Cost, Environ, environ, measure
from bench.sso.sign_ins import SUBJECT, browser_address
from hub.app import create_app
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import link_identity
from hub.runtime import Hub
from hub.sso.saml.assertion import NAME_ID
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.testing.idp_store import Person
from hub.testing.saml_idp import SamlIdp, SamlIdpConfig, create_saml_idp, saml_idp_of

SOMEBODY = Person(SUBJECT, "somebody", "", "somebody@lakeside.example", "Some", "Body")


def connect_saml(hub: Hub, slug: str, *, signs_requests: bool = False) -> SamlIdp:
    """A provider that never runs, connected by its metadata, with one person who can sign in there."""
    config = SamlIdpConfig(
        base_url=f"https://{slug}.example", slug=slug, hubs=(hub.settings.public_url,), people=(SOMEBODY,)
    )
    idp = saml_idp_of(create_saml_idp(config))
    metadata = idp.metadata()
    if not signs_requests:
        metadata = re.sub(rb'WantAuthnRequestsSigned="true"', b"", metadata)
    partner_id, person_id = new_id(), new_id()
    with hub.unit_of_work() as uow:
        run = uow.connection.execute
        run(sa.insert(network.partner).values(id=partner_id, name=slug.title()))
        person = {"id": person_id, "partner_id": partner_id, "locale": "en", "disabled": False}
        run(sa.insert(network.person).values(**person))
    connection_id = connect_saml_provider(hub, slug, slug.title(), partner_id, Choices(), uploaded=metadata)
    with hub.unit_of_work() as uow:
        link_identity(uow, connection_id, NAME_ID, SUBJECT, person_id, made_by="roster")
    return idp


class SamlSignIns:
    """Sign-ins at one provider, in this process: away, the provider's form, and the hub's own page behind it."""

    def __init__(self, hub: Hub, idp: SamlIdp) -> None:
        self._hub, self._idp, self._app = hub, idp, create_app(hub)
        self._path = f"/sso/saml/{idp.config.slug}"

    def measure(self, times: int) -> tuple[Cost, Cost, Cost]:
        """The cost of sending a browser away, of its provider's answer, and of letting it in."""
        number = times + WARM_UP + 1

        def of(make: Callable[[int], Environ]) -> Cost:
            return measure(self._hub, self._app, [make(at) for at in range(number)], 303)

        return of(self.start), of(self.answer), of(self.finish)

    def start(self, at: int) -> Environ:
        """A browser that wants to go to the provider; ``at`` says which of many."""
        return self._environ("start", at)

    def answer(self, at: int) -> Environ:
        """The form that the provider lets a browser post which was there."""
        return self._posted(at)[0]

    def finish(self, at: int) -> Environ:
        """The browser on the hub's own page, with an answer that waits for it."""
        _, cookie = posted = self._posted(at)
        page = self._answered(posted[0])["Location"].rpartition("/")[2]
        return self._environ(page, at, headers={"Cookie": cookie})

    def _posted(self, at: int) -> tuple[Environ, str]:
        """The form, and the cookie of the browser, which does not come along with it."""
        away = self._answered(self._environ("start", at))
        query = {name: values[0] for name, values in parse_qs(urlsplit(away["Location"]).query).items()}
        asked = self._idp.read_request(query["SAMLRequest"])
        fields = {
            "SAMLResponse": self._idp.answer(self._idp.facts(SOMEBODY, asked)),
            "RelayState": query["RelayState"],
        }
        cookie = away["Set-Cookie"].partition(";")[0]
        return self._environ("acs", at, method="POST", data=fields), cookie

    def _answered(self, request: Environ) -> Headers:
        return run_wsgi_app(self._app, request, buffered=True)[2]

    def _environ(self, page: str, at: int, method: str = "GET", **more: Any) -> Environ:
        return environ(
            f"{self._path}/{page}",
            method,
            base_url=self._hub.settings.public_url,
            environ_base={"REMOTE_ADDR": browser_address(at)},
            **more,
        )
