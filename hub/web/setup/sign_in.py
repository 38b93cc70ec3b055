"""The setup link's steps for the sign-in: product, values of both sides, attributes, trial, and switching on."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.lti.registration import setup_steps
from hub.network.systems.setup_links import SetupLink
from hub.sso.browser import send_away
from hub.sso.cookies import FLOW, delete_cookie, read_cookie, set_cookie
from hub.sso.local.offered_places import offered_locations, offered_positions
from hub.sso.onboarding import steps
from hub.sso.onboarding.checklist import Checklist, read_checklist
from hub.sso.onboarding.enter_saml import enter_saml
from hub.sso.onboarding.entered import hub_values
from hub.sso.onboarding.products import PRODUCTS
from hub.sso.saml.metadata import MAX_UPLOAD
from hub.sso.trials import read_trial
from hub.web.admin.form import Filled, read_form, refused
from hub.web.headers import allow_leaving
from hub.web.setup.steps import COOKIE, back, blueprint

TRIED = "hub_setup_trial"
"""The cookie that leads back from a trial to the page of the link, for the link's secret stays out of the flow."""
TRIED_SECONDS = 3600
OIDC_FIELDS = ("issuer", "client_id", "client_secret", "secret_expires")
ATTRIBUTES = ("given_name", "family_name", "email", "locale", "match", "location", "position")
TICKS = ("creates_people", "refreshes_details")
DEFAULTS = ("default_location_id", "default_position_id")
LABELS = {
    "product": "Product",
    "protocol": "Protocol",
    "issuer": "Issuer",
    "client_id": "Client id",
    "client_secret": "Client secret",
    "secret_expires": "The secret expires on",
    "metadata_url": "Address of the metadata",
    "metadata_file": "Metadata file",
    "given_name": "Given name",
    "family_name": "Family name",
    "email": "E-mail address",
    "locale": "Language",
    "match": "The name by which your list of people knows them",
    "location": "Location",
    "position": "Position",
    "creates_people": "Add people when they first sign in",
    "default_location_id": "Location, where your provider tells none",
    "default_position_id": "Position, where your provider tells none",
    "refreshes_details": "Take over names and addresses at each sign-in",
}


@blueprint.get("/<code>/product")
def product_form(code: str) -> str:
    """The products to choose from, each with the protocols it can do."""
    return _page("setup_product.html", code, products=PRODUCTS)


@blueprint.post("/<code>/product")
def choose_product(code: str) -> flask.typing.ResponseReturnValue:
    """Choose one. Form: ``choice``, a product and a protocol with a space between."""
    product, _, protocol = flask.request.form.get("choice", "").partition(" ")
    try:
        steps.choose_product(current_hub(), code, read_cookie(COOKIE), product, protocol)
    except HubError as error:
        filled = refused(Filled(), error, {"sign_in_is_on": "product"}, {})
        return _page("setup_product.html", code, filled, products=PRODUCTS), 400
    return flask.redirect(flask.url_for("setup.provider_form", code=code), 303)


@blueprint.get("/<code>/provider")
def provider_form(code: str) -> flask.typing.ResponseReturnValue:
    """The steps of the product, the hub's values to copy, and the fields for what is pasted back."""
    checklist = _checklist(code)
    if checklist.connection is None:
        return flask.redirect(flask.url_for("setup.product_form", code=code), 303)
    return _provider(code, checklist, Filled())


@blueprint.post("/<code>/provider")
def enter_provider(code: str) -> flask.typing.ResponseReturnValue:
    """Keep what the provider shows. Form: OIDC_FIELDS; or ``metadata_url`` or the file ``metadata_file``."""
    hub, browser, checklist = current_hub(), read_cookie(COOKIE), _checklist(code)
    is_saml = checklist.connection is not None and checklist.connection.kind == "saml"
    flask.request.max_content_length = MAX_UPLOAD + 64 * 1024
    filled = read_form(("metadata_url",) if is_saml else OIDC_FIELDS)
    try:
        if is_saml:
            file = flask.request.files.get("metadata_file")
            enter_saml(hub, code, browser, filled.values["metadata_url"], file.read() if file else b"")
        else:
            steps.enter_oidc(hub, code, browser, **filled.values)
    except HubError as error:
        place = "metadata_url" if is_saml else "issuer"
        again = refused(filled, error, {"sign_in_is_on": place, "another_provider": place}, {})
        return _provider(code, checklist, again), 400
    flask.flash("Saved: your provider answers as it should. Now see what it sends, with a sign-in on trial.")
    return back(code)


@blueprint.get("/<code>/mapping")
def mapping_form(code: str) -> flask.typing.ResponseReturnValue:
    """Which attributes mean what."""
    checklist = _checklist(code)
    if checklist.connection is None:
        return flask.redirect(flask.url_for("setup.product_form", code=code), 303)
    policy = checklist.policy
    ticks = {"creates_people": policy.creates_people, "refreshes_details": policy.refreshes_details}
    values = {
        **policy.attributes,
        **{name: "1" if on else "" for name, on in ticks.items()},
        "default_location_id": policy.default_location_id or "",
        "default_position_id": policy.default_position_id or "",
    }
    return _mapping(code, Filled(values))


@blueprint.post("/<code>/mapping")
def save_mapping(code: str) -> flask.typing.ResponseReturnValue:
    """Keep them. Form: ATTRIBUTES, TICKS and DEFAULTS."""
    filled = read_form([*ATTRIBUTES, *TICKS, *DEFAULTS])
    try:
        steps.save_mapping(
            current_hub(),
            code,
            read_cookie(COOKIE),
            {name: filled.values[name] for name in ATTRIBUTES},
            creates_people=filled.values["creates_people"] == "1",
            refreshes_details=filled.values["refreshes_details"] == "1",
            default_location_id=filled.values["default_location_id"] or None,
            default_position_id=filled.values["default_position_id"] or None,
        )
    except HubError as error:
        return _mapping(code, refused(filled, error, {"sign_in_is_on": "match"}, {})), 400
    flask.flash("Saved.")
    return back(code)


@blueprint.post("/<code>/trial")
def begin_trial(code: str) -> Response:
    """Send the browser to the provider for a sign-in on trial; nobody is signed in to the hub by it."""
    hub, browser = current_hub(), read_cookie(COOKIE)
    response = send_away(lambda token: steps.begin_trial(hub, code, browser, token))
    set_cookie(response, TRIED, code, TRIED_SECONDS)
    return response


@blueprint.get("/back")
def end_trial() -> Response:
    """Where a trial comes back to: the link's page, which then shows what came back."""
    code = read_cookie(TRIED)
    steps.end_trial(current_hub(), code, read_cookie(COOKIE), read_cookie(FLOW))
    response = flask.redirect(flask.url_for("setup.trial", code=code), 303)
    delete_cookie(response, TRIED)
    return response


@blueprint.get("/<code>/trial")
def trial(code: str) -> flask.typing.ResponseReturnValue:
    """What came back at this browser's last trial, step by step."""
    checklist = _checklist(code)
    if checklist.connection is None:
        return flask.redirect(flask.url_for("setup.product_form", code=code), 303)
    with current_hub().reading() as uow:
        exchange = read_trial(uow, checklist.connection.id, read_cookie(FLOW))
    good = exchange is not None and steps.is_good(exchange)
    allow_leaving()
    return _page("setup_trial.html", code, exchange=exchange, good=good)


@blueprint.post("/<code>/switch")
def switch(code: str) -> flask.typing.ResponseReturnValue:
    """Let people sign in, or no longer. Form: ``on``, 1 or nothing."""
    on = flask.request.form.get("on") == "1"
    steps.switch(current_hub(), code, read_cookie(COOKIE), on=on)
    flask.flash("People can sign in now." if on else "Switched off: nobody can sign in this way.")
    return back(code)


def _provider(code: str, checklist: Checklist, filled: Filled) -> str:
    connection, product = checklist.connection, checklist.product
    assert connection is not None  # noqa: S101  (its callers looked)
    guides = {str(protocol): guide for protocol, guide in product.guides.items()} if product else {}
    values = hub_values(current_hub().settings, connection)
    return _page("setup_provider.html", code, filled, guide=guides.get(connection.kind), values=values)


def _mapping(code: str, filled: Filled) -> str:
    hub = current_hub()
    link = setup_steps.claim(hub, code, read_cookie(COOKIE))
    with hub.reading() as uow:
        locations = offered_locations(uow, link.partner_id)
        positions = offered_positions(uow)
    return _page("setup_mapping.html", code, filled, locations=locations, positions=positions)


def _checklist(code: str) -> Checklist:
    hub = current_hub()
    link = setup_steps.claim(hub, code, read_cookie(COOKIE))
    with hub.reading() as uow:
        return read_checklist(uow, link)


def _page(template: str, code: str, filled: Filled | None = None, **values: object) -> str:
    hub = current_hub()
    link: SetupLink = setup_steps.claim(hub, code, read_cookie(COOKIE))
    with hub.reading() as uow:
        checklist = read_checklist(uow, link)
    return flask.render_template(
        template,
        code=code,
        link=link,
        checklist=checklist,
        filled=filled or Filled(),
        labels=LABELS,
        **values,
    )
