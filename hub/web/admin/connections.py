"""The outside systems: what each is to the hub, what its administrator enters, and what it was refused."""

import flask
from werkzeug import Response

from hub.errors import BadInput, Missing
from hub.exchange import Exchange
from hub.flask_hub import current_hub
from hub.lti.connection_views import platform_part, tool_part
from hub.lti.deployments import read_deployment, save_deployment
from hub.lti.registration.explain import last_refusals
from hub.lti.registration.try_platform import try_platform
from hub.lti.registration.try_tool import try_tool
from hub.lti.tool.platform_deployments import decide_deployment, find_deployment
from hub.lti.tool.platforms import set_platform_disabled
from hub.lti.tools import set_tool_disabled
from hub.network.systems.connections import SIGN_IN_KINDS, find_connection
from hub.network.systems.find_connections import search_connections
from hub.network.views import find_partner, list_partner_names, names_of_partners
from hub.sso.cookies import FLOW, read_cookie
from hub.sso.oidc.providers import read_provider
from hub.sso.oidc.try_provider import try_provider
from hub.sso.policy import read_policy
from hub.sso.saml.try_provider import try_saml_provider
from hub.sso.saml.views import saml_part
from hub.sso.trials import read_trial
from hub.sso.words import last_refusals as refused_sign_ins
from hub.web.admin.blueprint import blueprint
from hub.web.admin.history import refused_words
from hub.web.admin.people_in import LABELS as ATTRIBUTE_WORDS
from hub.web.admin.query import MAX_WORDS
from hub.web.admin.scope_words import SCOPE_WORDS
from hub.web.headers import allow_leaving
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.words.phrase import say

REFUSALS = 10
_SWITCH_WORDS = {
    ("tool", True): say("%(name)s is switched off as tool. What it asks for is refused from now on."),
    ("tool", False): say("%(name)s is switched on as tool."),
    ("platform", True): say("%(name)s is switched off as platform. What it asks for is refused from now on."),
    ("platform", False): say("%(name)s is switched on as platform."),
}
_DEPLOYMENT_WORDS = {
    "add": "The deployment is added. Enter its id in the LMS too.",
    "on": "The deployment is switched on.",
    "off": "The deployment is switched off.",
}


@blueprint.get("/connections")
def connections() -> str:
    """Every connection by its short name. Query: ``q``, words; ``after``, where to go on."""
    words = flask.request.args.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        rows, more = search_connections(uow, words, flask.request.args.get("after", "")[:MAX_WORDS])
    return flask.render_template("admin/connections.html", rows=rows, more=more, words=words)


@blueprint.get("/connections/<slug>")
def connection(slug: str) -> str:
    """One connection: what it is to the hub, what to enter there, and what it was refused."""
    return _page(slug)


@blueprint.post("/connections/<slug>/try")
def try_connection(slug: str) -> str:
    """Do the exchange of one of its sides and show each step. Form: ``what``, tool, platform or provider."""
    hub, what = current_hub(), flask.request.form.get("what", "")
    with hub.reading() as uow:
        found = find_connection(uow, slug)
    if what == "provider":
        ask = try_saml_provider if found.kind == "saml" else try_provider
        return _page(slug, ask(hub, slug))
    if what not in {"tool", "platform"}:
        raise BadInput("bad_choice", "The form does not say which side to try.")
    exchange = (try_tool if what == "tool" else try_platform)(hub, found.id)
    return _page(slug, exchange)


@blueprint.post("/connections/<slug>/switch")
def switch_connection(slug: str) -> Response:
    """Switch one of its sides off or on. Form: ``what``, tool or platform; ``disabled``, 1 or 0."""
    what, wanted = flask.request.form.get("what"), flask.request.form.get("disabled")
    if what not in {"tool", "platform"} or wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say what to switch off or on.")
    switch = set_tool_disabled if what == "tool" else set_platform_disabled
    with current_hub().unit_of_work() as uow:
        found = find_connection(uow, slug)
        switch(uow, found.id, disabled=wanted == "1")
    flask.flash(_(_SWITCH_WORDS[what, wanted == "1"], name=found.name))
    return _back(slug)


@blueprint.post("/connections/<slug>/deployments")
def keep_deployment(slug: str) -> Response:
    """Deployments of a tool. Form: ``deployment``; ``do``: add (with ``partner``), on or off."""
    form = flask.request.form
    deployment_id, do = form.get("deployment", "").strip(), form.get("do", "")
    if do not in _DEPLOYMENT_WORDS:
        raise BadInput("bad_choice", "The form does not say what to do with the deployment.")
    with current_hub().unit_of_work() as uow:
        found = find_connection(uow, slug)
        if do == "add":
            partner_id: str | None = find_partner(uow, form.get("partner", "").strip())
            name, disabled = "", False
        else:
            known = read_deployment(uow, found.id, deployment_id)
            partner_id, name, disabled = known.partner_id, known.name, do == "off"
        save_deployment(
            uow, found.id, deployment_id or None, partner_id=partner_id, name=name, disabled=disabled
        )
    flask.flash(_DEPLOYMENT_WORDS[do])
    return _back(slug)


@blueprint.post("/connections/<slug>/platform-deployments")
def decide_platform_deployment(slug: str) -> Response:
    """Approve or refuse a deployment of a platform. Form: ``deployment``, ``state``, ``partner`` (may be empty)."""
    form = flask.request.form
    deployment_id, state = form.get("deployment", ""), form.get("state", "")
    if state not in {"approved", "refused"}:
        raise BadInput("bad_choice", "The form does not say whether to approve or to refuse.")
    with current_hub().unit_of_work() as uow:
        found = find_connection(uow, slug)
        known = find_deployment(uow, found.id, deployment_id) if "\0" not in deployment_id else None
        if known is None:
            raise Missing("no_deployment", "This platform has no such deployment.")
        partner = form.get("partner", "").strip()
        partner_id = find_partner(uow, partner) if partner else known.partner_id
        actor_id = current_viewer().person.id
        decide_deployment(
            uow,
            found.id,
            deployment_id,
            "approved" if state == "approved" else "refused",
            partner_id,
            actor_id,
        )
    flask.flash(
        "Approved: its launches are let in." if state == "approved" else "Refused: its launches are refused."
    )
    return _back(slug)


def _back(slug: str) -> Response:
    return flask.redirect(flask.url_for("admin.connection", slug=slug), 303)


def _page(slug: str, exchange: Exchange | None = None) -> str:
    hub = current_hub()
    with hub.reading() as uow:
        found = find_connection(uow, slug)
        tool, platform = tool_part(uow, found.id), platform_part(uow, found.id)
        owners = [d.partner_id for d in tool.deployments] if tool else []
        owners += [d.partner_id for d in platform.deployments] if platform else []
        partners = names_of_partners(uow, [found.partner_id, *owners])
        signs_in = found.kind in SIGN_IN_KINDS
        refusals = (refused_sign_ins if signs_in else last_refusals)(uow, found.id, REFUSALS)
        if signs_in:
            allow_leaving()  # a trial sign-in is a form
            if flask.request.args.get("tried"):
                exchange = read_trial(uow, found.id, read_cookie(FLOW))
        choices = list_partner_names(uow)
        provider = read_provider(uow, slug) if found.kind == "oidc" else None
        mapping = read_policy(uow, found.id) if signs_in else None
        saml = saml_part(uow, slug) if found.kind == "saml" else None
        now = uow.now
    return flask.render_template(
        "admin/connection.html",
        connection=found,
        tool=tool,
        platform=platform,
        provider=provider,
        mapping=mapping,
        attribute_words=ATTRIBUTE_WORDS,
        saml=saml,
        now=now,
        partners=partners,
        partner_choices=choices,
        refusals=refusals,
        refused_words=refused_words,
        exchange=exchange,
        scope_words=SCOPE_WORDS,
        public_url=hub.settings.public_url,
    )
