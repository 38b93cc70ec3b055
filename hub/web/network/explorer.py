"""The network explorer: what there is, tree by tree and name by name, as of any day, for operators, partner admins and managers.

One rule says what is seen (``hub.access.reach``); these pages show no more than a program of the same reach is answered.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import flask

from hub.access.explore.export_network import export_locations, export_people, note_export
from hub.access.explore.history import Happened, read_history
from hub.access.explore.location import count_people_here, list_people_here, read_location_page
from hub.access.explore.locations import Wanted, list_location_lines
from hub.access.explore.partner import read_partner_page, search_partners
from hub.access.explore.person import find_people_seen, read_person_page
from hub.access.explore.tree import read_node_page, read_trees
from hub.access.reach import Sight
from hub.access.waiting_seen import count_waiting_seen
from hub.flask_hub import current_hub
from hub.journal.seen import note_seen
from hub.web.admin.query import read_position
from hub.web.language import _
from hub.web.network.looking import context, looking, sight
from hub.web.viewer import ask_operators_again, own_session, require_sign_in

blueprint = flask.Blueprint("network", __name__, url_prefix="/network")
blueprint.before_request(require_sign_in)
blueprint.before_request(ask_operators_again)
blueprint.context_processor(context)

MAX_SEARCH = 100
FEW = 8
"""So many of each kind are shown where several kinds are."""
ROWS = 500
"""Lines that are sent at a time."""
KINDS = ("make", "sell", "service", "distribute", "supply", "use")


@blueprint.get("")
def page() -> str:
    """Trees, and what a search finds. Query: ``q``, words; ``as`` and ``on`` here and on all these pages (see ``looking``)."""
    words = _words()
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        return flask.render_template(
            "network/page.html",
            words=words,
            trees=read_trees(uow, seen, found.at),
            locations=list_location_lines(uow, seen, found.at, Wanted(words, closed=bool(words)), limit=FEW),
            partners=search_partners(uow, seen, words, found.at, limit=FEW),
            people=find_people_seen(uow, seen, words),
            waiting=count_waiting_seen(uow, found.eyes.reach),
        )


@blueprint.get("/partners")
def partners() -> str:
    """All partners by name. Query: ``q``, words; ``kind``, what they are to the network; ``after``, an id."""
    words, kind = _words(), flask.request.args.get("kind", "")
    with current_hub().reading() as uow:
        found = looking(uow)
        some, after, total = search_partners(
            uow,
            sight(uow, found),
            words,
            found.at,
            kind=kind if kind in KINDS else "",
            after=flask.request.args.get("after", ""),
        )
    return flask.render_template(
        "network/partners.html", words=words, kind=kind, kinds=KINDS, partners=some, after=after, total=total
    )


@blueprint.get("/locations")
def locations() -> str:
    """All locations by name. Query: ``q``, words; ``node`` and ``partner``, ids; ``closed``, 1; ``after``, an id."""
    arguments = flask.request.args
    wanted = Wanted(
        _words(),
        arguments.get("partner", ""),
        arguments.get("node", ""),
        closed=arguments.get("closed") == "1",
    )
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        # What is filtered by must be seen itself: its name stands above the list.
        node = read_node_page(uow, seen, wanted.node_id, found.at) if wanted.node_id else None
        partner = read_partner_page(uow, seen, wanted.partner_id, found.at) if wanted.partner_id else None
        lines = list_location_lines(uow, seen, found.at, wanted, arguments.get("after", ""))
    return flask.render_template(
        "network/locations.html", wanted=wanted, node=node, partner=partner, locations=lines
    )


@blueprint.get("/nodes/<node_id>")
def node(node_id: str) -> str:
    """One node of the field with what stands right below it."""
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        one = read_node_page(uow, seen, node_id, found.at)
        history, earlier = _history(uow, seen, "node", one.id)
        wanted = Wanted(node_id=one.id)
        return flask.render_template(
            "network/node.html",
            node=one,
            locations=list_location_lines(uow, seen, found.at, wanted, limit=FEW),
            history=history,
            earlier=earlier,
        )


@blueprint.get("/partners/<partner_id>")
def partner(partner_id: str) -> str:
    """One partner: what it is to the network, whom it buys from, its locations."""
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        one = read_partner_page(uow, seen, partner_id, found.at)
        history, earlier = _history(uow, seen, "partner", one.id)
        wanted = Wanted(partner_id=one.id)
        return flask.render_template(
            "network/partner.html",
            partner=one,
            locations=list_location_lines(uow, seen, found.at, wanted, limit=FEW),
            history=history,
            earlier=earlier,
        )


@blueprint.get("/locations/<location_id>")
def location(location_id: str) -> str:
    """One location: brands, places in the field, representatives, people. Query: ``after``, an appointment."""
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        one = read_location_page(uow, seen, location_id, found.at)
        people, after = list_people_here(uow, seen, one.id, found.at, flask.request.args.get("after", ""))
        history, earlier = _history(uow, seen, "location", one.id)
        return flask.render_template(
            "network/location.html",
            location=one,
            people=people,
            after=after,
            total=count_people_here(uow, seen, one.id, found.at),
            history=history,
            earlier=earlier,
        )


@blueprint.get("/people/<person_id>")
def person(person_id: str) -> str:
    """One person with every appointment that is seen, the managers of each dimension and the goals one may see."""
    with current_hub().reading() as uow:
        found = looking(uow)
        seen = sight(uow, found)
        one = read_person_page(uow, seen, person_id, found.at)
        history, earlier = _history(uow, seen, "person", one.person.id)
    note_seen(current_hub(), own_session().person_id, one.person.id, one.person.partner_id)
    return flask.render_template(
        "network/person.html", page=one, person=one.person, at=found.at, history=history, earlier=earlier
    )


@blueprint.get("/locations.csv")
def locations_file() -> flask.Response:
    """All locations that are seen, for a spreadsheet; sent as they are read."""
    with current_hub().reading() as uow:
        found = looking(uow)
    lines = export_locations(current_hub().reading, found.eyes.reach, found.at)
    return _csv(lines, f"locations-{found.at.date()}.csv")


@blueprint.get("/people.csv")
def people_file() -> flask.Response:
    """All appointments that are seen, for a spreadsheet; audited, because it names people."""
    hub, viewer = current_hub(), own_session()
    with hub.unit_of_work() as uow:
        found = looking(uow)
        note_export(uow, found.eyes.reach, viewer.person_id)
    lines = export_people(hub.reading, found.eyes.reach, found.at)
    return _csv(lines, f"people-{found.at.date()}.csv")


def _csv(lines: Iterator[tuple[str, ...]], name: str) -> flask.Response:
    """RFC 4180, in UTF-8 with a mark at its beginning, by which spreadsheets know it."""

    def write() -> Iterator[str]:
        yield "\ufeff"
        while part := list(islice(lines, ROWS)):
            text = io.StringIO()
            csv.writer(text).writerows(part)
            yield text.getvalue()

    response = flask.Response(flask.stream_with_context(write()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _history(uow: Any, seen: Sight, kind: str, id: str) -> tuple[list[Happened], int | None]:
    unseen = {
        "partner": _("another partner"),
        "location": _("another location"),
        "node": _("another area"),
        "person": _("somebody else"),
    }
    return read_history(uow, seen, kind, id, read_position(), unseen)


def _words() -> str:
    return flask.request.args.get("q", "").strip()[:MAX_SEARCH]
