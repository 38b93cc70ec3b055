"""R9: whatever is refused, no token, secret, name or address of a person gets into a log, a page or the audit trail."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import sqlalchemy as sa

from hub.journal import tables as journal
from hub.lti.tool.platforms import connect_platform
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.testing.keys import private_pem
from hub.testing.lms_west import West, WestConfig, create_lms_west, west_of
from hub.testing.serve import free_port, serve
from hub.testing.west_services import Placed, WestPerson
from tests.interop.site import Site, serve_site
from tests.lti.rig import Keys

REFUSED = (
    "other_key",
    "alg_none",
    "alg_hs256",
    "no_kid",
    "wrong_iss",
    "wrong_aud",
    "wrong_nonce",
    "expired",
    "old_iat",
    "other_deployment",
    "other_target",
)
ANN = WestPerson("west-subject-of-ann", "Annabel Westerly", "annabel@west.example")


@dataclass
class Sweep:
    """A hub that LMS West launches; what must not show up, and where it could."""

    site: Site
    west: West
    session: requests.Session
    secrets: set[str] = field(default_factory=set)
    pages: list[str] = field(default_factory=list)

    def keep(self, answer: requests.Response, *statuses: int) -> None:
        """Note a page, which must have one of these statuses."""
        assert answer.status_code in statuses, answer.text
        self.pages.append(answer.text + json.dumps(dict(answer.headers)))

    def launch(self, **changes: str) -> requests.Response:
        """A launch of West up to the hub's answer to the id_token."""
        form = self.west.launch_form(ANN.sub, "home")
        login = self.session.get(form.url, params=dict(form.fields), allow_redirects=False)
        asked = parse_qs(urlsplit(login.headers["Location"]).query)
        posted = self.west.platform.authorize({name: value[0] for name, value in asked.items()}) | changes
        self.secrets |= {posted["id_token"], posted["state"]}
        return self.session.post(
            f"{self.site.url}/lti/tool/launch", data=posted, allow_redirects=False, timeout=15
        )

    def post(self, path: str, **form: str) -> requests.Response:
        """Post a form to the hub."""
        return self.session.post(f"{self.site.url}{path}", data=form, allow_redirects=False, timeout=15)

    def found(self, texts: list[str]) -> list[str]:
        """The secrets that are in one of the texts, shortened."""
        return [secret[:12] for secret in self.secrets if any(secret in text for text in texts)]


@pytest.fixture
def sweep(database_url: str, key_server: Keys) -> Iterator[Sweep]:
    """LMS West, connected with a hub on a real port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with serve_site(database_url, key_server, [url]) as site, requests.Session() as session:
        session.trust_env = False
        config = WestConfig(base_url=url, hub_url=site.url, people=(ANN,), placed=(Placed("home", "Home"),))
        app = create_lms_west(config)
        west = west_of(app)
        settings: Any = {
            "issuer": url,
            "client_id": config.client_id,
            "authorize_url": f"{url}/lti/authorize",
            "token_url": f"{url}/lti/token",
            "jwks_url": f"{url}/lti/jwks",
            "deployment_id": config.deployment_id,
        }
        with site.hub.unit_of_work() as uow:
            made = connect_platform(uow, "west", "LMS West", site.rig.world.ids["partner"], **settings)
            link_identity(uow, made.connection_id, LTI_SUBJECT, ANN.sub, site.session.person_id, "roster")
        with serve(app, port):
            yield Sweep(site, west, session)


def test_r9_no_secret_token_or_name_is_logged_shown_or_kept(
    sweep: Sweep, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    rig = sweep.site.rig
    sweep.secrets |= {ANN.sub, ANN.name, ANN.email, "ann@riverside.example"}
    sweep.secrets |= {
        line for line in private_pem(sweep.west.platform.keys.current).split("\n") if len(line) > 60
    }
    for fault in REFUSED:
        with faults_of_west(sweep).on(fault):
            sweep.keep(sweep.launch(), 400, 403)
    sweep.keep(sweep.launch(state="of-nobody-0123456789"), 400)
    sweep.session.cookies.clear()
    for claims in ({"exp": 1}, {"aud": "x"}, {"iss": ANN.email}):
        assertion = rig.assertion(**claims)
        sweep.secrets.add(assertion)
        sweep.keep(rig_token(sweep, assertion), 400, 401)
    access = rig.token()
    sweep.secrets |= {access, f"{access}x"}
    for path in (rig.line_items_path(), f"{rig.line_item_path()}/results"):
        headers = {"Authorization": f"Bearer {access}x"}
        sweep.keep(sweep.session.get(f"{sweep.site.url}{path}", headers=headers), 401)
    answer = rig.post_score(rig.line_item_path(), access, rig.score(ANN.sub, comment=ANN.name))
    assert answer.status_code == 404
    sweep.pages.append(answer.text)
    sweep.keep(sweep.post("/lti/content", JWT=f"{access}.{ANN.name}", again="1"), 400, 403)
    sweep.keep(sweep.post("/lti/tool/launch", error="login_required", error_description=ANN.name), 400)
    output = capfd.readouterr()
    assert sweep.found([output.out, output.err, caplog.text]) == []
    assert sum("'refused'" in row for row in kept(sweep)) >= len(sweep.pages)
    assert sweep.found(kept(sweep)) == []
    assert sweep.found(sweep.pages) == []


def test_r9_a_launch_that_succeeds_keeps_no_token_either(
    sweep: Sweep, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sweep.secrets |= {ANN.name, ANN.email}
    answer = sweep.launch()
    assert answer.status_code == 303, answer.text
    output = capfd.readouterr()
    assert sweep.found([output.out, output.err, caplog.text]) == []
    assert sweep.found(kept(sweep)) == []


def faults_of_west(sweep: Sweep) -> Any:
    """The faults of LMS West."""
    return sweep.west.platform.faults


def rig_token(sweep: Sweep, assertion: str) -> requests.Response:
    """A token request over HTTP."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
        "scope": "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    }
    return sweep.post("/lti/token", **form)


def kept(sweep: Sweep) -> list[str]:
    """Every row of the audit trail, the changes and the outbox, as text."""
    with sweep.site.hub.reading() as uow:
        tables = (journal.audit, journal.outbox)
        return [
            str(dict(row._mapping)) for table in tables for row in uow.connection.execute(sa.select(table))
        ]
