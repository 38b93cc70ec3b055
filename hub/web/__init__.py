"""Pages for people: what they look like, and how a request becomes one. They hold no SQL: services and views answer."""

import flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from hub.web import admin, language, leave, look, operations, plugin_pages, themes
from hub.web.account import link as link_account
from hub.web.account import local as account_local
from hub.web.account import messages
from hub.web.account import overview as account
from hub.web.account import sign_ins as account_sign_ins
from hub.web.account import tokens as account_tokens
from hub.web.assets import asset
from hub.web.begin_request import (
    allow_large_upload,
    begin_request,
    end_request,
    keep_content_apart,
    redirect_to_public_host,
    refuse_nul,
)
from hub.web.errors import register_error_pages
from hub.web.headers import set_headers
from hub.web.learning import choices, courses, lti_open, my_training, records
from hub.web.learning.reason_words import reason_words
from hub.web.metrics import count_request
from hub.web.network import change as network_change
from hub.web.network import do as network_do
from hub.web.network import explorer as network
from hub.web.network import many as network_many
from hub.web.network import placed
from hub.web.network import waiting as network_waiting
from hub.web.partner import people as partner_people
from hub.web.partner import plugins as partner_plugins
from hub.web.partner import provisioning as partner_provisioning
from hub.web.partner import tokens as partner_tokens
from hub.web.partner import webhooks as partner_webhooks
from hub.web.setup import admin as setup_admin
from hub.web.setup import domains as setup_domains
from hub.web.setup import sign_in as setup_sign_in
from hub.web.setup import steps as setup
from hub.web.signing_in import invitations, local_sign_in, register, sign_in, signed_out
from hub.web.team import decisions as team_decisions
from hub.web.team import people as team
from hub.web.team import why as team_why
from hub.web.timings import save_now_and_then
from hub.web.trace import begin_trace, end_trace, trace_context
from hub.web.viewer import layout_context
from hub.web.words import FILTERS

resources = flask.Blueprint(
    "web", __name__, template_folder="templates", static_folder="static", static_url_path="/assets"
)
"""Templates, styles and scripts; the pages themselves are in the blueprints below."""

SETUP_STEPS = (setup_sign_in, setup_domains, setup_admin)
"""Modules that bring pages of their own to the blueprint of setup links."""

PAGES = (
    sign_in.blueprint,
    my_training.blueprint,
    network.blueprint,
    network_change.blueprint,
    network_do.blueprint,
    network_many.blueprint,
    network_waiting.blueprint,
    themes.blueprint,
    courses.blueprint,
    team.blueprint,
    team_decisions.blueprint,
    team_why.blueprint,
    choices.blueprint,
    admin.blueprint,
    lti_open.blueprint,
    link_account.blueprint,
    leave.blueprint,
    look.blueprint,
    placed.blueprint,
    setup.blueprint,
    account.blueprint,
    account_sign_ins.blueprint,
    account_tokens.blueprint,
    partner_people.blueprint,
    partner_plugins.blueprint,
    partner_provisioning.blueprint,
    partner_tokens.blueprint,
    partner_webhooks.blueprint,
    signed_out.blueprint,
    local_sign_in.blueprint,
    account_local.blueprint,
    register.blueprint,
    records.blueprint,
    invitations.blueprint,
    language.blueprint,
    messages.blueprint,
    plugin_pages.blueprint,
)


def install(app: flask.Flask) -> CSRFProtect:
    """Put the pages into the application, with their headers, errors and measurements.

    Returns the guard that asks every POST for a token, so that protocol endpoints can be exempted.
    """
    app.config.setdefault(
        "WTF_CSRF_TIME_LIMIT", None
    )  # a token lasts as long as its session: pages stay open for hours
    app.before_request(begin_request)
    app.before_request(keep_content_apart)
    app.before_request(redirect_to_public_host)
    app.before_request(allow_large_upload)
    app.before_request(refuse_nul)
    app.before_request(begin_trace)
    csrf = CSRFProtect(app)
    Bootstrap5(app)
    language.install_languages(app)
    app.jinja_env.filters.update(FILTERS, reason_words=reason_words)
    app.jinja_env.globals.update(asset=asset, plugin_links=plugin_pages.plugin_links)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.before_request(themes.load_theme_of_strangers)
    app.context_processor(layout_context)
    app.context_processor(themes.theme_context)
    app.context_processor(trace_context)
    register_error_pages(app)
    app.register_blueprint(resources)
    app.register_blueprint(operations.blueprint)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    csrf.exempt(
        lti_open.blueprint
    )  # its one-time code is all the proof there is, and no other site can have it
    csrf.exempt(
        language.blueprint
    )  # another site could change a browser's language at most: the session's cookie does not come along
    csrf.exempt(
        messages.stop
    )  # mail programs press the button (RFC 8058); the sealed address is all the proof there is
    # The last one registered runs first: headers are on the response before it is counted.
    app.after_request(save_now_and_then)
    app.after_request(count_request)
    app.after_request(set_headers)
    app.teardown_request(end_request)
    app.teardown_request(end_trace)
    return csrf
