"""The form to say where an LMS's courses or accounts are read from, with a dry run that shows what would change."""

from typing import cast

import flask

from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.network.systems.connections import find_connection
from hub.network.views import list_systems
from hub.training.courses.preview_catalogue import CataloguePreview, preview_catalogue
from hub.training.courses.sources import SourceKind, list_readers, list_sources, set_source
from hub.web.admin.blueprint import blueprint
from hub.web.admin.form import Filled, missing, read_form, refuse_incomplete, refused
from hub.web.language import _

LABELS = {
    "slug": "Connection",
    "kind": "What is read",
    "plugin": "Plugin",
    "address": "Address",
    "secret": "Secret",
}
NEEDED = ("slug", "plugin", "address")
FIELDS_OF_CODES = {
    "no_connection": "slug",
    "no_plugin": "plugin",
    "no_address": "address",
}


@blueprint.get("/catalogue-source")
def catalogue_source() -> str:
    """The form, empty or with what is known. Query: ``slug`` of a connection; ``kind``, catalogue or roster."""
    arguments = flask.request.args
    values = {"slug": arguments.get("slug", ""), "kind": _kind(arguments.get("kind", ""))}
    with current_hub().reading() as uow:
        for source in list_sources(uow):
            if (source.slug, source.kind) == (values["slug"], values["kind"]):
                values |= {"plugin": source.plugin, "address": source.address}
    return _form(Filled(values))


@blueprint.post("/catalogue-source")
def keep_catalogue_source() -> flask.typing.ResponseReturnValue:
    """Keep it, or only show what reading it would change. Form: as LABELS; ``do``, try or save."""
    hub, filled = current_hub(), read_form(LABELS)
    values = {**filled.values, "kind": _kind(filled.values["kind"])}
    filled, kind = Filled(values), cast(SourceKind, values["kind"])
    slug, plugin, address, secret = (values[name] for name in ("slug", "plugin", "address", "secret"))
    empty = missing(filled, NEEDED)
    try:
        if flask.request.form.get("do") != "save":
            _refuse_other_than_courses(kind)
            refuse_incomplete(empty)
            return _form(filled, preview=preview_catalogue(hub, slug, plugin, address, secret))
        with hub.unit_of_work() as uow:
            refuse_incomplete(empty)
            found = find_connection(uow, slug)
            set_source(uow, found.id, kind, plugin, address, secret)
    except HubError as error:
        return _refused(filled, error, empty)
    flask.flash(
        _("From now on this is where the courses of %(name)s are read from.", name=found.name)
        if kind == "catalogue"
        else _("From now on this is where the accounts of %(name)s are read from.", name=found.name)
    )
    return flask.redirect(flask.url_for("admin.catalogues"), 303)


def _refuse_other_than_courses(kind: SourceKind) -> None:
    if kind != "catalogue":
        raise BadInput(
            "only_courses_tried",
            "Only reading courses can be tried without saving: accounts may take minutes.",
            problems=[Problem("must be Courses for a dry run", "kind")],
        )


def _kind(text: str) -> str:
    return "roster" if text == "roster" else "catalogue"


def _refused(filled: Filled, error: HubError, empty: dict[str, list[str]]) -> tuple[str, int]:
    """The form again. What is about no field, such as an LMS that did not answer, stands above it."""
    try:
        return _form(refused(filled, error, FIELDS_OF_CODES, empty)), 400
    except HubError:
        return _form(filled, error=error), error.status


def _form(filled: Filled, *, preview: CataloguePreview | None = None, error: HubError | None = None) -> str:
    with current_hub().reading() as uow:
        readers, systems = list_readers(uow), list_systems(uow)
    return flask.render_template(
        "admin/catalogue_source.html",
        filled=filled,
        labels=LABELS,
        readers=readers,
        systems=systems,
        preview=preview,
        error=error,
    )
