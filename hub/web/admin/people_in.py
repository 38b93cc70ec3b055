"""Who comes in by a connection, and as whom: what its claims mean, and the names under which its people find it."""

import flask

from hub.errors import BadInput, HubError, Missing
from hub.flask_hub import current_hub
from hub.network.systems.connections import SIGN_IN_KINDS, Connection, find_connection
from hub.network.views import find_partner, names_of_partners
from hub.sso.doors import add_door, list_doors, remove_door
from hub.sso.local.offered_places import offered_locations, offered_positions
from hub.sso.policy import ATTRIBUTES, SignInPolicy, read_policy, save_policy
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, read_form, refused
from hub.web.language import _
from hub.web.viewer import current_viewer

LABELS = {
    "given_name": "Given name",
    "family_name": "Family name",
    "email": "E-mail",
    "locale": "Language",
    "match": "Record",
    "location": "Location",
    "position": "Position",
    "creates_people": "People who are not in the hub yet come in",
    "refreshes_details": "Details follow the provider at each sign-in",
    "default_location_id": "Location where none is told",
    "default_position_id": "Position where none is told",
    "partner_claim": "Employer",
    "partners": "Employers",
}
FIELDS_OF_CODES = {"no_partner": "partners", "bad_line": "partners"}


@blueprint.get("/connections/<slug>/people")
def people_in(slug: str) -> str:
    """What the claims of a connection mean, and its doors."""
    return _page(slug)


@blueprint.post("/connections/<slug>/people")
def save_people_in(slug: str) -> flask.typing.ResponseReturnValue:
    """Keep what the claims mean. Form: as LABELS; ``partners`` one a line, ``value = partner``."""
    filled = read_form(LABELS)
    try:
        with current_hub().unit_of_work() as uow:
            connection = _connection(slug)
            policy = _policy(filled, {value: find_partner(uow, name) for value, name in _pairs(filled)})
            save_policy(uow, connection.id, policy, actor_id=current_viewer().person.id)
    except HubError as error:
        return _page(slug, refused(filled, error, FIELDS_OF_CODES, {})), 400
    flask.flash("Kept. It holds from the next sign-in on.")
    return flask.redirect(flask.url_for("admin.people_in", slug=slug), 303)


@blueprint.post("/connections/<slug>/doors")
def change_doors(slug: str) -> flask.typing.ResponseReturnValue:
    """Add or remove a name in an address. Form: ``do``, add or remove; ``door``; ``location``, an id or empty."""
    filled, actor_id = read_form(("door", "location")), current_viewer().person.id
    removes, name = flask.request.form.get("do") == "remove", filled.values["door"].lower()
    try:
        with current_hub().unit_of_work() as uow:
            partner_id = _connection(slug).partner_id
            if partner_id is None:
                raise Missing("no_partner", "Doors belong to a partner.")
            if removes and name in {door.slug for door in list_doors(uow, partner_id)}:
                remove_door(uow, name, actor_id=actor_id)
            elif not removes:
                add_door(uow, name, partner_id, filled.values["location"] or None, actor_id=actor_id)
    except HubError as error:
        codes = dict.fromkeys(("bad_slug", "door_taken"), "door")
        return _page(slug, doors=refused(filled, error, codes, {})), 400
    flask.flash(
        "The name leads nowhere any more."
        if removes
        else _("People find their sign-in at /sign-in/%(name)s.", name=name)
    )
    return flask.redirect(flask.url_for("admin.people_in", slug=slug) + "#doors", 303)


def _connection(slug: str) -> Connection:
    with current_hub().reading() as uow:
        connection = find_connection(uow, slug)
    if connection.kind not in SIGN_IN_KINDS:
        raise Missing("no_connection", "Nobody signs in there.")
    return connection


def _pairs(filled: Filled) -> list[tuple[str, str]]:
    pairs = [tuple(part.strip() for part in line.split("=", 1)) for line in filled.lines("partners")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise BadInput("bad_line", "A line is not a value and a partner with = between")
    return [(pair[0], pair[1]) for pair in pairs]


def _policy(filled: Filled, partners: dict[str, str]) -> SignInPolicy:
    values = filled.values
    return SignInPolicy(
        attributes={name: values[name] for name in ATTRIBUTES if values[name]},
        creates_people=values["creates_people"] == "1",
        refreshes_details=values["refreshes_details"] == "1",
        default_location_id=values["default_location_id"] or None,
        default_position_id=values["default_position_id"] or None,
        partner_claim=values["partner_claim"],
        partners=partners,
    )


def _page(slug: str, filled: Filled | None = None, doors: Filled | None = None) -> str:
    connection = _connection(slug)
    with current_hub().reading() as uow:
        policy = read_policy(uow, connection.id)
        if filled is None:
            names = names_of_partners(uow, policy.partners.values())
            filled = Filled(
                {
                    **policy.attributes,
                    "creates_people": "1" if policy.creates_people else "",
                    "refreshes_details": "1" if policy.refreshes_details else "",
                    "default_location_id": policy.default_location_id or "",
                    "default_position_id": policy.default_position_id or "",
                    "partner_claim": policy.partner_claim,
                    "partners": "\n".join(f"{value} = {names[id]}" for value, id in policy.partners.items()),
                }
            )
        owner = connection.partner_id
        return flask.render_template(
            "admin/people_in.html",
            connection=connection,
            partner=names_of_partners(uow, [owner]).get(owner or "", ""),
            filled=filled,
            door_filled=doors or Filled(),
            labels=LABELS,
            doors=list_doors(uow, owner) if owner else [],
            locations=offered_locations(uow, owner) if owner else [],
            positions=offered_positions(uow) if owner else [],
            public_url=current_hub().settings.public_url,
        )
