"""Audiences: by which ways people come into each, which plugins are on for it, and who is in it; and rules."""

import flask
from werkzeug import Response

from hub.access.listing.pages_of import Asked
from hub.access.reach import Reach
from hub.audiences.files.export_audiences import export_one
from hub.audiences.read_audiences import list_members
from hub.audiences.rules.preview_rule import preview_reach
from hub.audiences.rules.rule import read_audience
from hub.audiences.rules.rule_views import list_rules, words_of
from hub.audiences.rules.versions import read_versions
from hub.audiences.views import list_switches
from hub.flask_hub import current_hub
from hub.network.views import names_of_people
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import MAX_WORDS
from hub.web.admin.rules import as_file

WAYS = {
    "sign_in": "their employer's sign-in",
    "scim": "SCIM",
    "invitation": "an operator's invitation",
    "file": "the network files",
    "self_registration": "registering themselves",
    "partner_admin": "their partner admin",
}
"""The modes in words, as a sentence ends with them."""


@blueprint.get("/audiences")
def audiences() -> str:
    """Every audience and every rule."""
    with current_hub().reading() as uow:
        rows, rules = list_switches(uow), list_rules(uow)
    return flask.render_template("admin/audiences.html", rows=rows, ways=WAYS, rules=rules)


@blueprint.get("/audiences/<key>")
def audience(key: str) -> str:
    """One audience and who is in it now. Query: ``q``, how a name begins; ``after``, where the list goes on."""
    asked = flask.request.args
    words, after = asked.get("q", "").strip()[:MAX_WORDS], asked.get("after", "")[:MAX_WORDS]
    with current_hub().reading() as uow:
        found = read_audience(uow, key)
        switches = next((row for row in list_switches(uow) if row.key == key), None)
        members = list_members(uow, Reach("operator"), key, uow.now, Asked(after), words)
        versions = read_versions(uow, "audience", key)
        return flask.render_template(
            "admin/audience.html",
            audience=found,
            switches=switches,
            conditions=words_of(uow, found.conditions),
            members=members,
            words=words,
            after=after,
            versions=versions,
            people=names_of_people(uow, [version.actor_id for version in versions]),
            ways=WAYS,
            section="audiences",
        )


@blueprint.get("/audiences/<key>/count")
def count_audience(key: str) -> str:
    """How many people are in it now or later, as a part of the page."""
    with current_hub().reading() as uow:
        preview = preview_reach(uow, read_audience(uow, key).conditions)
    return flask.render_template("admin/audience_count.html", preview=preview)


@blueprint.get("/audiences/<key>/file")
def audience_as_file(key: str) -> Response:
    """The audience as an audience file."""
    with current_hub().reading() as uow:
        text = export_one(uow, "audience", key)
    return as_file(text, f"{key}.toml")
