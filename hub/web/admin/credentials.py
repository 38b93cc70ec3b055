"""Who may use the record store: the credentials of each connection, made, tried, renewed and revoked."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import flask
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from hub.errors import BadInput, Missing, Problem
from hub.flask_hub import current_hub
from hub.journal.views import list_audit
from hub.network.systems.connections import Connection, find_connection
from hub.web.admin.blueprint import blueprint
from hub.web.admin.history import happenings
from hub.web.admin.query import MAX_WORDS
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.xapi.callers.credential_views import (
    CredentialLine,
    Which,
    find_credential,
    list_credentials,
    search_connections_with_credentials,
)
from hub.xapi.callers.credentials import (
    NewCredential,
    create_credential,
    revoke_credential,
    rotate_credential,
)
from hub.xapi.callers.scopes import DEFINE, READ_MINE, WORDS, WRITE
from hub.xapi.callers.try_credential import try_credential

TABS: dict[Which, str] = {"given": "With credentials", "ending": "Ending soon", "all": "All systems"}
REFUSALS = 10
MAX_SECRET = 200


@dataclass(frozen=True)
class Filled:
    """The form for a new credential as it was sent, so that nothing is typed twice."""

    label: str = ""
    scopes: tuple[str, ...] = (WRITE, READ_MINE, DEFINE)
    ends: str = ""
    problems: dict[str, str] = field(default_factory=dict)


@blueprint.get("/credentials")
def credentials() -> str:
    """Connections with their credentials. Query: ``q``, words; ``show``, one of TABS; ``after``, where to go on."""
    asked = flask.request.args
    words, chosen = asked.get("q", "").strip()[:MAX_WORDS], asked.get("show", "")
    show: Which = "ending" if chosen == "ending" else "all" if chosen == "all" else "given"
    with current_hub().reading() as uow:
        rows, more = search_connections_with_credentials(uow, words, asked.get("after", "")[:MAX_WORDS], show)
    return flask.render_template(
        "admin/credentials.html", rows=rows, more=more, words=words, show=show, tabs=TABS
    )


@blueprint.get("/credentials/<slug>")
def connection_credentials(slug: str) -> str:
    """The credentials of one connection, the form for a new one, and what was lately refused."""
    return _connection_page(slug, None)


@blueprint.post("/credentials/<slug>")
def make_credential(slug: str) -> flask.typing.ResponseReturnValue:
    """Make a credential and show its secret, this once. Form: ``label``, ``scope`` (several), ``ends`` (a day, or empty)."""
    form = flask.request.form
    try:
        ends = _end_of_day(form.get("ends", ""))
        with current_hub().unit_of_work() as uow:
            connection = find_connection(uow, slug)
            new = create_credential(
                uow,
                connection.id,
                form.getlist("scope"),
                form.get("label", "").strip(),
                ends,
                current_viewer().person.id,
            )
    except BadInput as refused:
        return _connection_page(slug, _filled(form, refused)), refused.status
    return _shown_once(connection, new, made=True)


@blueprint.get("/credentials/<slug>/<key>")
def credential(slug: str, key: str) -> str:
    """One credential: what it may do, when it was used, and how to try, renew and revoke it."""
    connection, line = _find(slug, key)
    return flask.render_template("admin/credential.html", connection=connection, line=line, words=WORDS)


@blueprint.post("/credentials/<slug>/<key>/try")
def try_one(slug: str, key: str) -> str:
    """Use the credential as its system would, and show each step. Form: ``secret``, which is not kept."""
    connection, line = _find(slug, key)
    secret = flask.request.form.get("secret", "").strip()
    if not secret or len(secret) > MAX_SECRET:
        raise BadInput("no_secret", "There is no secret to try.", "Paste the secret that was shown once.")
    exchange = try_credential(current_hub(), line, secret)
    line = _find(slug, key)[1]  # it has just been used
    return flask.render_template(
        "admin/credential.html", connection=connection, line=line, words=WORDS, exchange=exchange
    )


@blueprint.post("/credentials/<slug>/<key>/renew")
def renew_credential(slug: str, key: str) -> flask.typing.ResponseReturnValue:
    """Give the credential a new secret and show it, this once."""
    connection, line = _find(slug, key)
    with current_hub().unit_of_work() as uow:
        new = rotate_credential(uow, line.key, current_viewer().person.id)
    return _shown_once(connection, new, made=False)


@blueprint.post("/credentials/<slug>/<key>/revoke")
def revoke(slug: str, key: str) -> Response:
    """Refuse the credential from now on."""
    line = _find(slug, key)[1]
    with current_hub().unit_of_work() as uow:
        revoke_credential(uow, line.key, current_viewer().person.id)
    flask.flash(
        _(
            "%(label)s is revoked. Whoever uses it is refused from now on.",
            label=line.label or _("The credential"),
        )
    )
    return flask.redirect(flask.url_for("admin.connection_credentials", slug=slug), 303)


def _find(slug: str, key: str) -> tuple[Connection, CredentialLine]:
    with current_hub().reading() as uow:
        connection, line = find_connection(uow, slug), find_credential(uow, key)
    if line.connection_id != connection.id:
        raise Missing("no_credential", "There is no credential with this key.")
    return connection, line


def _connection_page(slug: str, filled: Filled | None) -> str:
    with current_hub().reading() as uow:
        connection = find_connection(uow, slug)
        lines = list_credentials(uow, connection.id, with_revoked=True)
        refused = list_audit(uow, outcome="refused", connection_id=connection.id, limit=REFUSALS)
    if filled is None:
        # Of cmi5 courses the hub itself writes what happened.
        filled = Filled(scopes=(READ_MINE,)) if connection.kind == "cmi5" else Filled()
    return flask.render_template(
        "admin/connection_credentials.html",
        connection=connection,
        in_force=[line for line in lines if line.state == "active"],
        ended=[line for line in lines if line.state != "active"],
        refusals=happenings(refused.rows),
        filled=filled,
        words=WORDS,
        today=current_hub().clock.now().date(),
        endpoint=current_hub().settings.url("/xapi/"),
        token_url=current_hub().settings.url("/xapi/oauth/token"),
    )


def _shown_once(connection: Connection, new: NewCredential, *, made: bool) -> Response:
    settings = current_hub().settings
    page = flask.render_template(
        "admin/credential_secret.html",
        connection=connection,
        new=new,
        made=made,
        endpoint=settings.url("/xapi/"),
        token_url=settings.url("/xapi/oauth/token"),
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _filled(form: MultiDict[str, str], refused: BadInput) -> Filled:
    problems = {problem.place: problem.message for problem in refused.problems}
    return Filled(form.get("label", ""), tuple(form.getlist("scope")), form.get("ends", ""), problems)


def _end_of_day(text: str) -> datetime | None:
    """The end of a day in UTC; None for no text. BadInput for what is no day."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        problem = Problem("must be a day such as 2027-03-31", "expires_at")
        raise BadInput("bad_credential", "This is no day.", problems=[problem]) from None
