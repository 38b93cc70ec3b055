"""A partner's administrator connects a SAML provider by a setup link alone."""

import html
import io
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.app import create_app
from hub.network.people.identities import find_person
from hub.network.structure.partners import create_partner
from hub.network.systems.connections import find_connection
from hub.network.systems.setup_links import make_setup_link
from hub.runtime import Hub
from hub.sso.onboarding.expiries import of_connection
from hub.sso.policy import read_policy
from hub.sso.saml.providers import read_saml_provider
from hub.testing.dns import NameServer
from tests.apps import app_of
from tests.sso.rig import TESS
from tests.sso.saml.rig import Running, SamlBrowser
from tests.web.world import Browser as Pages


class Admin:
    """The partner's administrator, who chose SAML."""

    def __init__(self, hub: Hub, saml: Running) -> None:
        self.hub, self.saml = hub, saml
        with hub.unit_of_work() as uow:
            partner_id = create_partner(uow, saml.slug.title())
            link = make_setup_link(uow, partner_id, ["sign_in"], "Sign-in of Riverside", None)
        self.path = urlsplit(link.address).path
        self.pages = Pages(app_of(hub, create_app), app_of(hub, create_app).response_class)
        self.browser = SamlBrowser(hub)
        assert self.pages.send(self.path, self.path).status_code == 303
        assert self.send("product", choice="keycloak saml")[0] == 303

    def send(self, step: str, page: str = "", **form: Any) -> tuple[int, str]:
        answer = self.pages.send(f"{self.path}/{step}", f"{self.path}/{page or step}", **form)
        return answer.status_code, answer.text

    def try_it(self) -> str:
        """Sign in on trial; the page that shows what came back."""
        sent = self.pages.send(f"{self.path}/trial", self.path)
        assert sent.status_code == 303, sent.text
        fields = self.browser.log_in_there(sent.headers["Location"])
        bare = app_of(self.hub, create_app).test_client()  # another site's form brings no cookie along
        posted = bare.post("/sso/saml/riverside/acs", base_url=self.hub.settings.public_url, data=fields)
        assert posted.status_code == 303, posted.text
        came = self.pages.get(posted.headers["Location"])
        assert came.headers["Location"] == "/setup/back"
        assert self.pages.get("/setup/back").status_code == 303
        return html.unescape(self.pages.get(f"{self.path}/trial").text)


@pytest.fixture
def admin(hub: Hub, names: NameServer, saml: Running) -> Admin:
    return Admin(hub, saml)


@pytest.mark.requirement("D16")
@pytest.mark.parametrize("way", ["address", "file"])
def test_d16_saml_from_the_link_to_the_first_person(admin: Admin, hub: Hub, saml: Running, way: str) -> None:
    page = admin.pages.get(f"{admin.path}/provider").text
    address = re.search(r'id="metadata">([^<]+)<', page)
    assert address
    described = admin.pages.get(urlsplit(address[1]).path)  # many products want it before anything is entered
    assert described.status_code == 200
    assert b"/sso/saml/riverside/acs" in described.data
    if way == "address":
        form: dict[str, Any] = {"metadata_url": saml.metadata_url}
    else:
        form = {"metadata_url": "", "metadata_file": (io.BytesIO(saml.idp.metadata()), "metadata.xml")}
    assert admin.send("provider", **form)[0] == 303
    names = {"given_name": "givenName", "family_name": "sn", "email": "mail", "creates_people": "1"}
    assert admin.send("mapping", **names)[0] == 303
    tried = admin.try_it()
    assert "It works. You can switch it on now." in tried, tried
    assert TESS.email in tried
    assert admin.send("switch", "product", on="1")[0] == 303
    assert admin.browser.sign_in_by_saml(saml).status_code == 303
    with hub.reading() as uow:
        connection = find_connection(uow, "riverside")
        assert find_person(uow, connection.id, "nameid", TESS.sub) == admin.browser.person()
        assert read_policy(uow, connection.id).attributes["email"] == "mail"
        assert read_saml_provider(uow, "riverside").choices.metadata_url == form["metadata_url"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [("metadata_500", "status"), ("metadata_expired", "metadata_expired")],
)
def test_metadata_that_cannot_be_used(admin: Admin, hub: Hub, saml: Running, fault: str, code: str) -> None:
    saml.faults.switch(fault)
    status, text = admin.send("provider", metadata_url=saml.metadata_url)
    assert (status, 'id="metadata_url-problem"' in text) == (400, True)
    with hub.reading() as uow:
        rows = uow.connection.exec_driver_sql("SELECT reason FROM audit WHERE reason <> ''").all()
    assert [row[0] for row in rows] == [code]


@pytest.mark.parametrize("content", [b"", b"<html/>", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
def test_files_that_are_no_metadata(admin: Admin, content: bytes) -> None:
    status, text = admin.send("provider", metadata_file=(io.BytesIO(content), "x.xml"))
    assert (status, 'id="metadata_file-problem"' in text) == (400, True)


def test_a_trial_that_fails_says_what_to_change(admin: Admin, saml: Running) -> None:
    admin.send("provider", metadata_url=saml.metadata_url)
    saml.faults.switch("wrong_audience")
    tried = admin.try_it()
    assert "What to change:" in tried
    assert "Something is wrong." in tried
    assert admin.send("switch", "product", on="1")[0] == 409


def test_certificates_and_metadata_are_watched(admin: Admin, hub: Hub, saml: Running) -> None:
    metadata = (io.BytesIO(saml.idp.metadata()), "metadata.xml")
    assert admin.send("provider", metadata_url="", metadata_file=metadata)[0] == 303
    with hub.reading() as uow:
        found = of_connection(uow, find_connection(uow, "riverside").id)
    assert {each.kind for each in found} == {"idp_certificate", "idp_metadata"}
