"""The hub, assembled: the one module that knows all others."""

import importlib
import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any

import flask
from werkzeug.middleware.proxy_fix import ProxyFix

from hub import __version__, hookspecs
from hub.access.tables import rest_answer
from hub.audiences.assigning.reassign import reassign
from hub.audiences.counting.keep_maps import KeepMaps
from hub.audiences.joinings import joinings
from hub.audiences.profiles.aspects import registered_aspects
from hub.audiences.profiles.plugin_workflows import registered_workflows
from hub.audiences.profiles.run_workflows import workflows, workflows_joined
from hub.audiences.tables import audience_joining
from hub.audiences.told.sizes import Sizes
from hub.bulk.run import BulkChanges
from hub.clock import Clock, SystemClock
from hub.config import Settings
from hub.errors import BadInput, Problem
from hub.exports.certified import exports_of
from hub.exports.queue import certified, certified_people
from hub.exports.send import CertifiedExports
from hub.hooks import API_VERSION, Hooks, Plugin, cannot_start
from hub.hooks.watch import sheltered
from hub.http import OutgoingHttp
from hub.journal import Reader
from hub.journal import tables as journal_tables
from hub.lifecycle.upkeep import Upkeep
from hub.limits import tables as limit_tables
from hub.lti import tables as lti_tables
from hub.lti.bridge.catch_up import pass_back_links
from hub.lti.bridge.pass_back import pass_back
from hub.lti.bridge.sender import GradeSender
from hub.lti.bridge.tables import lti_service_token
from hub.lti.content.tables import lti_content_request, lti_pick
from hub.lti.notices.handlers import LTI_NOTICE
from hub.lti.notices.send import send_notice
from hub.lti.tool import tables as lti_tool_tables
from hub.network import tables as network_tables
from hub.network.roster.tables import waiting_row
from hub.notify.digests import Digests
from hub.notify.follow import notice_reader
from hub.notify.send_mail import MAIL
from hub.notify.send_reports import Reports
from hub.notify.smtp import send_mails
from hub.notify.tables import mail
from hub.notify.webhooks.remote import ask_remotely
from hub.notify.webhooks.send import WebhookSender
from hub.notify.webhooks.tell import tell_webhooks
from hub.notify.workflow_mails import workflow_mails
from hub.plugin_data.migrate import registered_migrations
from hub.plugin_data.personal_data import check_personal_data
from hub.plugin_data.storage import lend_storage
from hub.plugin_pages.route import check_routes
from hub.plugin_views import installed
from hub.publish import GATHERED, TELL, check_gathering, publish, tell_news, tell_plugin
from hub.runtime import Hub
from hub.sealing import Sealer
from hub.sso import tables as sso_tables
from hub.sso.local import tables as local_tables
from hub.sso.local.recovery import RECOVERY, answer_request
from hub.sso.onboarding.watch import Watch
from hub.sso.provider import tables as provider_tables
from hub.sso.provider.ended_sessions import EndedSessions
from hub.sso.provider.send_logout import send_logout
from hub.sso.provider.tell import OIDC_LOGOUT
from hub.sso.saml import tables as saml_tables
from hub.sso.saml_provider import tables as saml_provider_tables
from hub.sso.scim import tables as scim_tables
from hub.store import open_engine
from hub.training.credit.recognize import recognize, recognize_changes
from hub.worker import Worker, worker_name
from hub.xapi import tables as xapi_tables
from hub.xapi.cmi5.overdue import OverdueSessions
from hub.xapi.forward.forwarder import Forwarder

BUILT_IN_PLUGINS = installed.BUILT_IN_PLUGINS
PLUGIN_GROUP = installed.PLUGIN_GROUP
READERS = (
    recognize,
    recognize_changes,
    reassign,
    workflows,
    workflows_joined,
    joinings,
    certified,
    certified_people,
    publish,
    tell_webhooks,
    ask_remotely,
    notice_reader,
    workflow_mails,
    pass_back,
    pass_back_links,
)
EXPIRING = (
    sso_tables.sign_in_flow,
    sso_tables.web_session,
    sso_tables.used_message,
    sso_tables.sign_in_trial,
    saml_tables.saml_answer,
    saml_provider_tables.saml_request,
    saml_provider_tables.saml_sign_in,
    saml_provider_tables.saml_sign_out,
    scim_tables.scim_request,
    provider_tables.oidc_request,
    provider_tables.oidc_code,
    provider_tables.oidc_token,
    provider_tables.oidc_grant,  # last: codes and tokens hang from it
    limit_tables.request_count,
    lti_tables.lti_seen_jti,
    lti_tables.lti_token,
    lti_tables.lti_launch,
    lti_tool_tables.lti_login,
    lti_tool_tables.lti_entry,
    network_tables.identity_proof,
    waiting_row,
    audience_joining,
    lti_service_token,
    lti_content_request,
    lti_pick,
    xapi_tables.xapi_token,
    rest_answer,
    local_tables.passkey_challenge,
    local_tables.recovery_request,
    local_tables.self_registration,
    mail,
    journal_tables.plugin_hour,
    journal_tables.plugin_bucket,
)


def open_hub(settings: Settings, clock: Clock | None = None, api: str = API_VERSION) -> Hub:
    """A hub on its database, with the plugins that are on. BadInput when one cannot be used.

    ``api`` is the version of the plugin API that it offers; an older one is for trying whether plugins can do with it.
    """
    hooks = open_hooks(settings, api)
    hub = Hub(
        settings=settings,
        engine=open_engine(settings.database_url.get_secret_value(), pool_size=settings.web_threads),
        clock=clock or SystemClock(),
        hooks=hooks,
        http=OutgoingHttp(settings.outgoing_allow, sheltered),
        sealer=Sealer(settings.secret_keys),
    )
    lend_storage(hub)
    return hub


def open_hooks(settings: Settings, api: str = API_VERSION) -> Hooks:
    """The plugins that are on, with their settings; what they register is checked. BadInput when one cannot be used."""
    hooks = Hooks(hookspecs, load_plugins(settings.plugins), api)
    # Without any plugin their tables stay where they are, for when they come back.
    hooks.configure(settings.plugin if settings.plugins else {})
    registered_aspects(hooks)
    registered_workflows(hooks)
    exports_of(hooks)
    check_gathering(hooks)
    registered_migrations(hooks)
    check_routes(hooks)
    check_personal_data(hooks)
    return hooks


def open_worker(hub: Hub) -> Worker:
    """A worker with every reader and every way out."""
    errands = (
        Forwarder(hub, worker_name()),
        GradeSender(hub),
        WebhookSender(hub),
        OverdueSessions(hub),
        EndedSessions(hub),
        Upkeep(hub),
        KeepMaps(hub),
        BulkChanges(hub),
        Watch(hub),
        Digests(hub),
        Reports(hub),
        Sizes(hub),
        CertifiedExports(hub),
    )
    handlers = {
        TELL: tell_plugin(hub),
        GATHERED: tell_news(hub),
        LTI_NOTICE: send_notice(hub),
        OIDC_LOGOUT: send_logout(hub),
        MAIL: send_mails(hub),
        RECOVERY: answer_request(hub),
    }
    left_alone = frozenset() if hub.hooks.plugins else frozenset({TELL, GATHERED})
    return Worker(hub, readers_of(hub), handlers, EXPIRING, errands, left_alone)


def readers_of(hub: Hub) -> tuple[Reader, ...]:
    """The readers that run: nothing is read past plugins that are off, or it would be lost to them.

    While none recognizes completions, statements wait; without any plugin, so does what they would have been told.
    """
    waiting = set() if hub.hooks.implementers("recognize_completion") else {recognize, recognize_changes}
    if not hub.hooks.plugins:
        waiting |= {publish, joinings}
    return tuple(reader for reader in READERS if reader not in waiting)


def create_app(hub: Hub) -> flask.Flask:
    """The web application: pages for people, and the endpoints of the protocols."""
    # Loaded here, so that commands and workers start without the web.
    from hub import web
    from hub.lti.routes import blueprint as lti
    from hub.rest.routes import blueprint as rest
    from hub.sso.load_session import load_session
    from hub.sso.looking import forget_looker, look_through
    from hub.sso.oidc.machine_routes import blueprint as oidc_machine
    from hub.sso.oidc.routes import blueprint as oidc
    from hub.sso.provider.routes import blueprint as provider
    from hub.sso.routes import blueprint as sso
    from hub.sso.saml.routes import blueprint as saml
    from hub.sso.saml.routes import machine_blueprint as saml_machine
    from hub.sso.saml_provider.routes import blueprint as saml_provider
    from hub.sso.scim.routes import blueprint as scim
    from hub.xapi.callers.oauth_routes import blueprint as xapi_oauth
    from hub.xapi.cmi5.routes import blueprint as cmi5
    from hub.xapi.http.routes import blueprint as xapi

    app = _App("hub")
    app.extensions["hub"] = hub
    app.secret_key = hub.settings.secret_keys[0]
    app.config.update(
        SECRET_KEY_FALLBACKS=hub.settings.secret_keys[1:],
        MAX_CONTENT_LENGTH=10 * 1024 * 1024,
        SESSION_COOKIE_NAME="__Host-hub_form" if hub.settings.is_https else "hub_form",
        SESSION_COOKIE_SECURE=hub.settings.is_https,
        SESSION_COOKIE_SAMESITE="Lax",
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    if hub.settings.trusted_proxies:
        hops = hub.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(load_session)
    csrf = web.install(app)
    app.before_request(look_through)
    app.teardown_request(forget_looker)
    for blueprint in (
        sso,
        oidc,
        oidc_machine,
        saml,
        saml_machine,
        saml_provider,
        provider,
        lti,
        scim,
        xapi,
        xapi_oauth,
        cmi5,
        rest,
    ):
        app.register_blueprint(blueprint)
    for protocol in (
        oidc_machine,
        saml_machine,
        saml_provider,
        provider,
        lti,
        scim,
        xapi,
        xapi_oauth,
        cmi5,
        rest,
    ):
        csrf.exempt(protocol)
    return app


class _App(flask.Flask):
    """Every function here is an ordinary one, so Flask need not look at each of them in each request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function."""
        return func


def load_plugins(names: Sequence[str]) -> list[Plugin]:
    """The named plugins, built in or installed; a plugin is a class that is made once, without arguments."""
    built_in = {module.rpartition(".")[2]: module for module in BUILT_IN_PLUGINS}
    points = importlib.metadata.entry_points(group=PLUGIN_GROUP)
    installed = {point.name: point for point in points}
    unknown = [name for name in names if name not in built_in and name not in installed]
    repeated = {name for name in names if list(names).count(name) > 1}
    offered = [*built_in, *(point.name for point in points)]
    ambiguous = {name for name in names if offered.count(name) > 1}
    if unknown or repeated or ambiguous:
        problems = [
            Problem("no built-in or installed plugin has this name", f"plugins: {n}") for n in unknown
        ]
        problems += [Problem("named more than once", f"plugins: {n}") for n in sorted(repeated)]
        problems += [
            Problem("more than one plugin has this name", f"plugins: {n}") for n in sorted(ambiguous)
        ]
        known = ", ".join(sorted({*built_in, *installed}))
        help = f"Known are: {known}. Install what is missing, or take it off by `hub plugin remove NAME`."
        raise BadInput("unknown_plugin", "The list of plugins cannot be used.", help, problems)
    return [_load_plugin(name, built_in.get(name), installed.get(name)) for name in names]


def _load_plugin(name: str, module: str | None, point: importlib.metadata.EntryPoint | None) -> Plugin:
    try:
        if module is not None:
            return Plugin(name, __version__, importlib.import_module(module).Plugin(), built_in=True)
        assert point is not None  # noqa: S101  (one of the two is there, or the name had been refused)
        return Plugin(name, point.dist.version if point.dist else "0", point.load()())
    except Exception as error:
        raise cannot_start(name, f"{type(error).__name__}: {error}") from error
