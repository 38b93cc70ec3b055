"""SCIM clients: what to enter at a partner's identity provider, their tokens, groups that mean places, and what happened."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import flask
from werkzeug import Response

from hub.errors import BadInput, HubError, Missing, Problem
from hub.flask_hub import current_hub
from hub.network.systems.connections import Connection, find_connection, set_connection_disabled
from hub.network.views import find_partner, list_partner_names, list_places, list_positions, names_of_partners
from hub.sso.scim.group_places import forget_group_place, list_groups, set_group_place, set_group_role
from hub.sso.scim.happened import last_requests
from hub.sso.scim.names import PATH
from hub.sso.scim.tokens import (
    NewToken,
    connect_client,
    list_tokens,
    make_token,
    renew_token,
    revoke_token,
)
from hub.sso.scim.views import COUNTED, FoundUser, count_resources, find_user, search_clients
from hub.sso.scim.words import WORDS
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.admin.query import MAX_WORDS
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.words.phrase import say

if TYPE_CHECKING:
    from hub.sso.scim.rehearse import Rehearsed
    from hub.store import UnitOfWork

LABELS = {"partner": "Partner", "name": "Name", "slug": "Short name"}
TOKEN_LABELS = {"label": "Label", "expires_at": "Good until"}
_GROUP_WORDS = {
    (True, False): say("Saved: the group's members have its place from now on."),
    (True, True): say(
        "Saved: the group's members have its place from now on, and they look after the partner's people."
    ),
    (False, False): say("Saved: the group means no place."),
    (False, True): say("Saved: the group means no place, and they look after the partner's people."),
}
FIELDS_OF_CODES = {
    "no_partner": "partner",
    "no_owner": "partner",
    "bad_slug": "slug",
    "connection_exists": "slug",
}
REQUESTS = 20
EXAMPLE = """{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:partner-training-hub:params:scim:schemas:extension:2.0:Appointments"],
  "userName": "ann@example.com",
  "externalId": "00u1",
  "name": {"givenName": "Ann", "familyName": "Okafor"},
  "active": true,
  "urn:partner-training-hub:params:scim:schemas:extension:2.0:Appointments": {
    "appointments": [{"location": "L-1", "position": "P-1"}]
  }
}"""


@blueprint.get("/provisioning")
def provisioning() -> str:
    """All SCIM clients, and the form for one more. Query: ``q``, words; ``after``, where to go on."""
    return _list_page(Filled())


@blueprint.post("/provisioning")
def add_scim_client() -> flask.typing.ResponseReturnValue:
    """Make a connection for a partner's SCIM client. Form: as LABELS."""
    filled = read_form(LABELS)
    values, empty = filled.values, missing(filled, LABELS)
    try:
        with current_hub().unit_of_work() as uow:
            refuse_incomplete(empty)
            partner_id = find_partner(uow, values["partner"])
            actor_id = current_viewer().person.id
            connect_client(uow, values["slug"], values["name"], partner_id, actor_id=actor_id)
    except HubError as error:
        return _list_page(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    flask.flash("The client is connected. Make a token for it now.")
    return flask.redirect(flask.url_for("admin.provisioning_client", slug=values["slug"]), 303)


@blueprint.get("/provisioning/<slug>")
def provisioning_client(slug: str) -> str:
    """One client. Query: ``user``, a userName, externalId or id to look for."""
    return _client_page(slug)


@blueprint.post("/provisioning/<slug>/tokens")
def make_scim_token(slug: str) -> flask.typing.ResponseReturnValue:
    """Make a token and show it, this once. Form: as TOKEN_LABELS."""
    filled = read_form(TOKEN_LABELS)
    try:
        ends = _end_of_day(filled.values["expires_at"])
        with current_hub().unit_of_work() as uow:
            connection = _find(uow, slug)
            new = make_token(
                uow, connection.id, filled.values["label"], ends, actor_id=current_viewer().person.id
            )
    except BadInput as error:
        return _client_page(slug, filled=refused(filled, error, {}, {})), 400
    return _shown_once(connection, new, renewed=False)


@blueprint.post("/provisioning/<slug>/tokens/<token_id>/renew")
def renew_scim_token(slug: str, token_id: str) -> Response:
    """A new token in place of this one, which works for a day more."""
    with current_hub().unit_of_work() as uow:
        connection = _find(uow, slug)
        new = renew_token(uow, connection.id, token_id, actor_id=current_viewer().person.id)
    return _shown_once(connection, new, renewed=True)


@blueprint.post("/provisioning/<slug>/tokens/<token_id>/revoke")
def revoke_scim_token(slug: str, token_id: str) -> Response:
    """Refuse this token from now on."""
    with current_hub().unit_of_work() as uow:
        connection = _find(uow, slug)
        revoke_token(uow, connection.id, token_id, actor_id=current_viewer().person.id)
    flask.flash("The token is revoked. Whoever sends it is refused from now on.")
    return _back(slug)


@blueprint.post("/provisioning/<slug>/switch")
def switch_scim_client(slug: str) -> Response:
    """Switch the client off or on. Form: ``disabled``, 1 or 0."""
    wanted = flask.request.form.get("disabled")
    if wanted not in {"0", "1"}:
        raise BadInput("bad_switch", "The form does not say whether to switch it off or on.")
    with current_hub().unit_of_work() as uow:
        connection = _find(uow, slug)
        set_connection_disabled(uow, connection.id, disabled=wanted == "1")
    flask.flash(
        _(
            "%(name)s is switched off: it is refused from now on, and its people stay as they are.",
            name=connection.name,
        )
        if wanted == "1"
        else _("%(name)s is switched on.", name=connection.name)
    )
    return _back(slug)


@blueprint.post("/provisioning/<slug>/groups/<group_id>")
def keep_group_place(slug: str, group_id: str) -> Response:
    """Let a group mean a place, or none, and a role. Form: ``location`` and ``position`` (both empty for none), ``class``; ``role``."""
    form, actor_id = flask.request.form, current_viewer().person.id
    location_id, position_id = form.get("location", ""), form.get("position", "")
    with current_hub().unit_of_work() as uow:
        connection = _find(uow, slug)
        if location_id or position_id:
            kind = form.get("class", "external")
            set_group_place(uow, connection.id, group_id, location_id, position_id, kind, actor_id=actor_id)
        else:
            forget_group_place(uow, connection.id, group_id, actor_id=actor_id)
        looks_after = form.get("role") == "partner_admin"
        set_group_role(uow, connection.id, group_id, looks_after=looks_after, actor_id=actor_id)
    flask.flash(_GROUP_WORDS[bool(location_id), looks_after])
    return _back(slug)


@blueprint.post("/provisioning/<slug>/try")
def try_user(slug: str) -> str:
    """Show what the hub would make of a user, and keep nothing. Form: ``user``, as the identity provider sends it."""
    from hub.sso.scim.rehearse import MAX_BYTES, rehearse  # the library takes long to load

    text = flask.request.form.get("user", "")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES or "\\u0000" in text:
        raise BadInput("bad_form", "This user is too long to try.", "Leave out photos and certificates.")
    with current_hub().reading() as uow:
        connection = _find(uow, slug)
    return _client_page(slug, tried=rehearse(current_hub(), connection.id, text), text=text)


def _find(uow: "UnitOfWork", slug: str) -> Connection:
    connection = find_connection(uow, slug)
    if connection.kind != "scim":
        raise Missing("no_connection", "There is no such SCIM client.")
    return connection


def _list_page(filled: Filled) -> str:
    asked = flask.request.args
    words = asked.get("q", "").strip()[:MAX_WORDS]
    with current_hub().reading() as uow:
        clients, more = search_clients(uow, words, asked.get("after", "")[:MAX_WORDS])
        partners = list_partner_names(uow)
    return flask.render_template(
        "admin/provisioning.html",
        clients=clients,
        more=more,
        words=words,
        filled=filled,
        labels=LABELS,
        partners=partners,
    )


def _client_page(
    slug: str, *, filled: Filled | None = None, tried: "Rehearsed | None" = None, text: str = EXAMPLE
) -> str:
    hub = current_hub()
    name = flask.request.args.get("user", "").strip()[:MAX_WORDS]
    found: FoundUser | None = None
    with hub.reading() as uow:
        connection = _find(uow, slug)
        partner_id = connection.partner_id or ""
        tokens, groups = list_tokens(uow, connection.id), list_groups(uow, connection.id)
        happened = last_requests(uow, connection.id, REQUESTS)
        counts = count_resources(uow, connection.id)
        partners = names_of_partners(uow, [connection.partner_id])
        locations, positions = list_places(uow, partner_id), list_positions(uow)
        if name and "\0" not in name:
            found = find_user(uow, connection.id, name)
    return flask.render_template(
        "admin/provisioning_client.html",
        connection=connection,
        partner=partners.get(partner_id, ""),
        in_force=[token for token in tokens if token.state == "active"],
        ended=[token for token in tokens if token.state != "active"],
        groups=groups,
        locations=locations,
        positions=positions,
        happened=happened,
        words=WORDS,
        counts=counts,
        counted=COUNTED,
        asked=name,
        found=found,
        filled=filled or Filled(),
        labels=TOKEN_LABELS,
        address=hub.settings.url(PATH),
        today=hub.clock.now().date(),
        tried=tried,
        text=text,
    )


def _shown_once(connection: Connection, new: NewToken, *, renewed: bool) -> Response:
    page = flask.render_template(
        "admin/provisioning_token.html",
        connection=connection,
        token=new.token,
        renewed=renewed,
        address=current_hub().settings.url(PATH),
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(slug: str) -> Response:
    return flask.redirect(flask.url_for("admin.provisioning_client", slug=slug), 303)


def _end_of_day(text: str) -> datetime | None:
    """The end of a day in UTC; None for no text. BadInput for what is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        problem = Problem("must be a day such as 2027-03-31", "expires_at")
        raise BadInput("bad_token", "This is no day.", problems=[problem]) from None
