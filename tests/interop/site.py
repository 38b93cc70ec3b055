"""A whole hub on a real port with the real clock, as other people's servers need it, and a browser in which ann is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from hub.app import create_app, open_hub
from hub.config import Settings
from hub.ids import content_hash
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from hub.testing.demo.browser import Browser, Page
from hub.testing.serve import free_port, serve
from tests.lti.rig import Keys, Rig, Session


@dataclass(frozen=True)
class Site:
    """The hub with the people and courses of ``Rig``."""

    rig: Rig
    browser: Browser
    session: Session

    @property
    def hub(self) -> Hub:
        """The hub."""
        return self.rig.hub

    @property
    def url(self) -> str:
        """Where it is served."""
        return self.rig.base

    def open_course(self, course: str) -> Page:
        """Press the course's button on My training; where the browser ends up, in the LMS."""
        plan = self.browser.get("/my-training")
        return self.browser.submit(plan.form(f"/launch/{self.rig.world.ids[course]}"))


@contextmanager
def serve_site(database_url: str, keys: Keys, allowed: Sequence[str]) -> Iterator[Site]:
    """Serve a hub that may call the addresses in ``allowed``."""
    port = free_port()
    addresses = [address.removeprefix("http://") for address in (*allowed, keys.address)]
    settings = Settings(
        public_url=f"http://127.0.0.1:{port}",
        database_url=database_url,
        secret_key="only-for-tests-0123456789abcdefghij",
        outgoing_allow=addresses,
    )
    hub = open_hub(settings)
    try:
        rig = Rig(hub, keys)
        browser = Browser(settings.public_url)
        with hub.unit_of_work() as uow:
            token = start_session(uow, rig.world.ids["ann"], Proved(rig.world.ids["south"], "sub", ""))
        browser.session.cookies.set("hub_session", token)
        session = Session(rig.world.ids["ann"], rig.world.ids["south"], content_hash(token.encode()))
        with serve(create_app(hub), port):
            yield Site(rig, browser, session)
    finally:
        hub.close()
