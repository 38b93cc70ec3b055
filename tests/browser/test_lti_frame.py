"""Rows T5 and T26 in a browser: an LMS on one site, the hub in its frame or its window on another.

``localhost`` and ``127.0.0.1`` are different sites, so the hub's cookies do not reach a frame of the LMS.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import flask
import pytest
import sqlalchemy as sa
from joserfc import jwt
from playwright.sync_api import Page, expect

from hub.journal.tables import audit
from hub.lti.tool.platforms import connect_platform
from hub.lti.vocabulary import CLAIM, RESOURCE_LINK_REQUEST
from hub.network.people.identities import LTI_SUBJECT, link_identity
from hub.testing.keys import new_key
from hub.testing.serve import LOOPBACK, serve
from tests.browser.conftest import Site

PAGE = """<!doctype html><title>LMS</title><script>
const kept = {}, mode = MODE
addEventListener("message", (event) => {
  const {subject, message_id, key, value} = event.data || {}
  if (subject !== "lti.put_data" && subject !== "lti.get_data") return
  const reply = (more) => event.source.postMessage({subject: subject + ".response", message_id, key, ...more}, event.origin)
  if (mode === "silent") return
  if (subject === "lti.put_data") { kept[key] = value; return reply({value}) }
  if (mode === "lying") return reply({value: "forged"})
  if (mode === "other id") reply({value: "forged", message_id: "another"})
  if (mode === "other origin") document.getElementById("evil").contentWindow.postMessage({message_id}, "*")
  setTimeout(() => reply({value: kept[key]}), mode === "good" ? 0 : 400)
})
</script><iframe id="evil" src="EVIL"></iframe><iframe name="tool" src="LOGIN" width="600" height="400"></iframe>"""

EVIL = """<!doctype html><script>
addEventListener("message", (event) => parent.frames.tool.postMessage(
  {subject: "lti.get_data.response", message_id: event.data.message_id, value: "forged"}, "*"))
</script>"""

POST = """<!doctype html><form method="post" action="{{ url }}"><input name="state" value="{{ state }}">
<input name="id_token" value="{{ token }}"></form><script>document.forms[0].submit()</script>"""


@contextmanager
def _lms(site: Site) -> Iterator[Callable[..., str]]:
    """Serve an LMS; what it gives is the address of its course page, by mode."""
    hub, key = site.world.hub, new_key()
    app = flask.Flask("lms")

    def jwks() -> flask.Response:
        return flask.jsonify(keys=[key.as_dict(private=False)])

    def authorize() -> str:
        asked, now = flask.request.args, int(hub.clock.now().timestamp())
        claims = {
            "iss": "https://lms.example",
            "aud": asked["client_id"],
            "sub": "ana-there",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": RESOURCE_LINK_REQUEST,
            CLAIM + "deployment_id": "1",
            CLAIM + "target_link_uri": f"{site.url}/lti/tool/open/home",
            CLAIM + "resource_link": {"id": "link-1", "title": "Training"},
            CLAIM + "roles": [],
        }
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)
        return flask.render_template_string(
            POST, url=asked["redirect_uri"], state=asked["state"], token=token
        )

    def course() -> str:
        mode = flask.request.args["mode"]
        asked = {
            "iss": "https://lms.example",
            "login_hint": "ana",
            "target_link_uri": f"{site.url}/lti/tool/open/home",
        }
        if mode == "window":
            fields = "".join(f'<input name="{name}" value="{value}">' for name, value in asked.items())
            method = flask.request.args["method"]
            return f'<form method="{method}" action="{site.url}/lti/tool/login">{fields}<button>Open</button></form>'
        login = f"{site.url}/lti/tool/login?{urlencode(asked | {'lti_storage_target': '_parent'})}"
        evil = f"{flask.request.host_url.replace('localhost', LOOPBACK)}evil"
        page = PAGE.replace("MODE", flask.json.dumps(mode)).replace("EVIL", evil)
        return page.replace("LOGIN", login.replace("&", "&amp;"))

    app.add_url_rule("/jwks", "jwks", jwks)
    app.add_url_rule("/authorize", "authorize", authorize)
    app.add_url_rule("/course", "course", course)
    app.add_url_rule("/evil", "evil", lambda: EVIL)
    with serve(app, port=site.provider_port) as url:
        named = url.replace(LOOPBACK, "localhost")
        with hub.unit_of_work() as uow:
            told = connect_platform(
                uow,
                "lms",
                "The LMS",
                issuer="https://lms.example",
                client_id="hub",
                authorize_url=f"{named}/authorize",
                token_url=f"{named}/token",
                jwks_url=f"{url}/jwks",
                deployment_id="1",
            )
            person_id = site.world.ids["ana"]
            link_identity(uow, told.connection_id, LTI_SUBJECT, "ana-there", person_id, "proof")

        def address(mode: str, **more: str) -> str:
            return f"{named}/course?{urlencode({'mode': mode, **more})}"

        yield address


def _confirmed(site: Site, address: str) -> Page:
    """The course page once the hub in its frame has heard of the storage. The frame is of another process than the page."""
    page = site.open()
    with page.expect_response("**/lti/tool/launch/confirm") as answer:
        page.goto(address)
    answer.value.finished()
    return page


def _last_refusal(site: Site) -> tuple[str, str]:
    newest = sa.select(audit.c.action, audit.c.reason).order_by(audit.c.position.desc()).limit(1)
    with site.world.hub.reading() as uow:
        action, reason = uow.connection.execute(newest).one()
    return action, reason


@pytest.mark.parametrize("method", ["get", "post"])
def test_t5_login_from_another_site(site: Site, method: str) -> None:
    with _lms(site) as address:
        page = site.open()
        page.goto(address("window", method=method))
        page.get_by_role("button", name="Open").click()
        expect(page).to_have_url(f"{site.url}/my-training")


@pytest.mark.parametrize("mode", ["good", "other id", "other origin"])
def test_t26_storage_of_the_platform_instead_of_a_cookie(site: Site, mode: str) -> None:
    with _lms(site) as address:
        page = _confirmed(site, address(mode))
        box = page.locator("iframe[name=tool]").bounding_box()
        assert box
        page.mouse.click(box["x"] + 20, box["y"] + 20)
        with page.expect_popup() as popup:
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")
        expect(popup.value).to_have_url(f"{site.url}/my-training")


@pytest.mark.parametrize(("mode", "code"), [("silent", "storage_silent"), ("lying", "storage_wrong_answer")])
def test_t26_no_answer_or_a_wrong_one(site: Site, mode: str, code: str) -> None:
    with _lms(site) as address:
        _confirmed(site, address(mode))
    assert _last_refusal(site) == ("lti_entry", code)
