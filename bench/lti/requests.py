"""The three kinds of requests that are measured, made ready beforehand: an authentication request, a launch, a score."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.lti.cost import WARM_UP, Cost, Environ, environ, measure
from hub.app import create_app
from hub.ids import content_hash
from hub.lti.launch import start_launch
from hub.lti.tool.platforms import connect_platform
from hub.lti.vocabulary import SCORE_TYPE
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.runtime import Hub
from hub.sso.sessions import Proved, start_session
from hub.testing.lms_west import West, WestConfig, create_lms_west, west_of
from hub.testing.serve import serve
from hub.testing.west_services import Placed, WestPerson
from tests.lti.rig import Keys, Rig

ANN = "west-ann"
NETWORK = ip_network("198.18.0.0/15")
"""Where the browsers are: from one address alone there may be only so many logins a minute."""


@dataclass(frozen=True)
class Work:
    """One kind of request: how many are made ready, what answers them, the cryptography in it, and its limit in ms."""

    name: str
    prepare: Callable[[int], list[Environ]]
    status: int
    cryptography: str
    limit: float


class Bench:
    """A hub with a tool (north) and a platform (West), and ann, who uses both."""

    def __init__(self, hub: Hub, keys: Keys, west_port: int) -> None:
        self.hub, self._rig = hub, Rig(hub, keys)
        self._app = create_app(hub)
        self._west_url = f"http://127.0.0.1:{west_port}"
        self._base = hub.settings.public_url
        ids = self._rig.world.ids
        with hub.unit_of_work() as uow:
            self._session = start_session(uow, ids["ann"], Proved(ids["south"], "sub", ""))
            platform = connect_platform(
                uow,
                "west",
                "LMS West",
                ids["partner"],
                issuer=self._west_url,
                client_id="training-hub",
                authorize_url=f"{self._west_url}/lti/authorize",
                token_url=f"{self._west_url}/lti/token",
                jwks_url=f"{self._west_url}/lti/jwks",
                deployment_id="west-1",
            )
            link_identity(uow, platform.connection_id, LTI_SUBJECT, ANN, ids["ann"], "roster")
        self.connections = (ids["north"], platform.connection_id)
        self.registrations = 1
        self.works = (
            Work("authentication request -> id_token", self._authorizations, 200, "sign", 4),
            Work("id_token posted -> launched", self._launches, 303, "verify", 4),
            Work("score posted -> kept", self._scores, 200, "", 5),
        )
        self._west: West | None = None

    @contextmanager
    def serve_west(self) -> Iterator[None]:
        """Serve the platform's keys while the block runs."""
        config = WestConfig(
            base_url=self._west_url,
            hub_url=self._base,
            people=(WestPerson(ANN, "Ann Tester"),),
            placed=(Placed("home", "My training"),),
        )
        app = create_lms_west(config)
        self._west = west_of(app)
        with serve(app, urlsplit(self._west_url).port or 0):
            yield

    def measure(self, work: Work, times: int) -> Cost:
        """The cost of one kind of request."""
        return measure(self.hub, self._app, work.prepare(times + WARM_UP + 1), work.status)

    def _authorizations(self, times: int) -> list[Environ]:
        """Authentication requests of north for launches that ann just began."""
        ids, session_hash = self._rig.world.ids, content_hash(self._session.encode())
        made = []
        for _ in range(times):
            login = start_launch(self.hub, ids["ann"], ids["brakes"], session_hash)
            made.append(self._get(f"/lti/authorize?{urlencode(self._rig.request_for(login))}"))
        return made

    def _launches(self, times: int) -> list[Environ]:
        """id_tokens of West for logins that are under way in ann's browser."""
        assert self._west
        made = []
        for number in range(times):
            form = self._west.launch_form(ANN, "home")
            client = self._app.test_client()
            answer = client.get(
                f"/lti/tool/login?{urlencode(form.fields)}",
                base_url=self._base,
                environ_base={"REMOTE_ADDR": str(NETWORK[number % NETWORK.num_addresses])},
            )
            asked = {name: value[0] for name, value in parse_qs(urlsplit(answer.location).query).items()}
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
            made.append(
                environ(
                    "/lti/tool/launch",
                    "POST",
                    base_url=self._base,
                    data=self._west.platform.authorize(asked),
                    headers={"Cookie": cookie},
                )
            )
        return made

    def _scores(self, times: int) -> list[Environ]:
        """Scores of north for ann, each a little later than the one before."""
        rig = self._rig
        subject, token, path = rig.subject("ann", "brakes"), rig.token(), rig.line_item_path()
        now = self.hub.clock.now()
        made = []
        for number in range(times):
            at = now + timedelta(milliseconds=number)
            score = rig.score(
                subject, scoreGiven=number % 100, timestamp=at.isoformat(timespec="milliseconds")
            )
            made.append(
                environ(
                    f"{path}/scores",
                    "POST",
                    base_url=self._base,
                    json=score,
                    content_type=SCORE_TYPE,
                    headers={"Authorization": f"Bearer {token}"},
                )
            )
        return made

    def _get(self, path: str) -> Environ:
        return environ(path, base_url=self._base, headers={"Cookie": f"hub_session={self._session}"})
