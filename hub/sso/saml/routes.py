"""SAML: the way to a provider, the form posts and redirects back, and what the hub says about itself.

Errors are HubErrors; one handler turns them into a page. ``machine_blueprint`` has what providers post through the browser:
their forms carry signatures instead of the hub's form token.
"""

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.limits import Limit
from hub.sso.browser import device, let_in, redirect, send_away
from hub.sso.cookies import FLOW, SESSION, delete_cookie, read_cookie, set_cookie
from hub.sso.limits import counted_refusals, refuse_flood
from hub.sso.refusals import audited_refusal
from hub.sso.return_to import local_path
from hub.sso.saml.answers import LIFETIME
from hub.sso.saml.form_post import FormPost, form_page
from hub.sso.saml.logout import take_post, take_redirect
from hub.sso.saml.posted_form import read_posted
from hub.sso.saml.providers import read_hub_side
from hub.sso.saml.sign_in import begin_sign_in, finish_sign_in, receive_answer
from hub.sso.saml.sp_metadata import sp_metadata

blueprint = flask.Blueprint("saml", __name__, url_prefix="/sso/saml", template_folder="templates")
machine_blueprint = flask.Blueprint("saml_machine", __name__, url_prefix="/sso/saml")

STARTS = Limit("sign_in_start", 100, 60)
ANSWERS = Limit("sign_in_callback", 100, 60)
"""Each per minute and network address; a whole dealership may share one address on a Monday morning."""
HELD = "hub_answer"
"""The cookie with half of the code of an answer that nobody asked for."""


@blueprint.get("/<slug>/start")
def start(slug: str) -> Response:
    """Send the browser to one provider. Query: ``return_to``."""
    hub = current_hub()
    refuse_flood(hub, STARTS, flask.request.remote_addr or "")
    return_to = local_path(flask.request.args.get("return_to"))
    return send_away(lambda browser: begin_sign_in(hub, slug, browser, return_to))


@machine_blueprint.post("/<slug>/acs")
def take_answer(slug: str) -> Response:
    """The Assertion Consumer Service: the provider's form. Fields: ``SAMLResponse``, ``RelayState``."""
    hub = current_hub()
    refuse_flood(hub, ANSWERS, flask.request.remote_addr or "")
    with audited_refusal(hub):
        _, posted, relay_state = read_posted("SAMLResponse")
    waiting = receive_answer(hub, slug, posted, relay_state)
    response = redirect(flask.url_for("saml.finish", slug=slug, code=waiting.code))
    if waiting.held:
        set_cookie(response, HELD, waiting.held, max_age=int(LIFETIME.total_seconds()))
    return response


@blueprint.get("/<slug>/finish")
def finish(slug: str) -> Response:
    """The hub's own page behind the form, to which the browser brings its cookies. Query: ``code``."""
    hub = current_hub()
    code, held = flask.request.args.get("code", ""), read_cookie(HELD)
    with counted_refusals(hub, ANSWERS, flask.request.remote_addr or ""):
        signed_in = finish_sign_in(hub, slug, read_cookie(FLOW), code, held, read_cookie(SESSION), device())
    response = let_in(signed_in)
    if held:
        delete_cookie(response, HELD)
    return response


@blueprint.get("/<slug>/metadata")
def metadata(slug: str) -> Response:
    """What the hub says about itself to this provider; the address is its entity id."""
    hub = current_hub()
    with hub.reading() as uow:
        provider = read_hub_side(uow, slug)
    response = flask.make_response(sp_metadata(hub, provider))
    response.mimetype = "application/samlmetadata+xml"
    return response


@blueprint.get("/<slug>/slo")
def take_logout(slug: str) -> Response:
    """A logout message in the address: a provider's request, or its answer to the hub's."""
    hub = current_hub()
    refuse_flood(hub, ANSWERS, flask.request.remote_addr or "")
    return _on(take_redirect(hub, slug, flask.request.query_string))


@machine_blueprint.post("/<slug>/slo")
def take_posted_logout(slug: str) -> Response:
    """A logout message in a form. Fields: ``SAMLRequest`` or ``SAMLResponse``, ``RelayState``."""
    hub = current_hub()
    refuse_flood(hub, ANSWERS, flask.request.remote_addr or "")
    return _on(take_post(hub, slug, lambda: read_posted("SAMLResponse", "SAMLRequest")))


def _on(way: str | FormPost) -> Response:
    if isinstance(way, FormPost):
        return form_page(way, "your sign-in", "Signing you out")
    return redirect(way)
