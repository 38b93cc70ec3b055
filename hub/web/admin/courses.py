"""cmi5 courses: import a package, see what it holds and who works on it, waive a part for somebody."""

from uuid import UUID

import flask
from werkzeug import Response

from hub.errors import BadInput, HubError
from hub.flask_hub import current_hub
from hub.network.systems.connections import list_connections
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_person_filter
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.web.words import count
from hub.xapi.cmi5.courses import course_of_offering, read_nodes
from hub.xapi.cmi5.import_course import KIND, Imported, connect_courses, import_course
from hub.xapi.cmi5.package import MAX_PACKAGE, read_package
from hub.xapi.cmi5.views import list_courses, list_sessions, read_course_page
from hub.xapi.cmi5.vocabulary import WAIVE_REASONS
from hub.xapi.cmi5.waive import waive_au


@blueprint.get("/courses")
def courses() -> str:
    """Every cmi5 course, and the form to import one."""
    return _list_page()


@blueprint.post("/courses")
def import_package() -> flask.typing.ResponseReturnValue:
    """Import a package. Form: ``package`` (a file), ``connection`` or ``new_connection``, ``key``, ``dry_run``."""
    form, hub = flask.request.form, current_hub()
    file, actor_id = flask.request.files.get("package"), current_viewer().person.id
    try:
        if file is None or not file.filename:
            raise BadInput("no_package", "Choose a package first: a zip file, or a cmi5.xml.")
        content = file.stream.read(MAX_PACKAGE + 1)
        dry_run, slug = form.get("dry_run") == "1", form.get("connection", "")
        if not slug:
            aus = count(len(read_package(content).structure.aus), "AU")
            if dry_run:
                flask.flash(_("Dry run. The package is right: %(aus)s. Nothing was written.", aus=aus))
                return flask.redirect(flask.url_for("admin.courses"), 303)
            slug = _new_connection(form.get("new_connection", "").strip())
        key = form.get("key", "").strip() or None
        done = import_course(hub, content, slug, key, dry_run=dry_run, actor_id=actor_id)
    except HubError as error:
        hub.audit_refusal("cmi5_import", error.code, actor_id=actor_id)
        return _list_page(error), error.status
    flask.flash(_words(done, dry_run))
    return flask.redirect(flask.url_for("admin.courses"), 303)


@blueprint.get("/courses/<uuid:offering_id>")
def course(offering_id: UUID) -> str:
    """One course: its parts and sessions; with a person, how far that person is, and what can be waived."""
    who = read_person_filter()
    with current_hub().reading() as uow:
        found = course_of_offering(uow, str(offering_id))
        return flask.render_template(
            "admin/course.html",
            course=found,
            nodes=read_nodes(uow, found.id),
            sessions=list_sessions(uow, found.id, who.id),
            learner=read_course_page(uow, who.id, found.offering_id) if who.id else None,
            who=who,
            reasons=WAIVE_REASONS,
        )


@blueprint.post("/courses/<uuid:offering_id>/waive")
def waive(offering_id: UUID) -> Response:
    """Waive an AU. Form: ``person``, ``au``, ``reason``."""
    form, hub = flask.request.form, current_hub()
    person_id, actor_id = form.get("person", ""), current_viewer().person.id
    try:
        with hub.unit_of_work() as uow:
            found = course_of_offering(uow, str(offering_id))
            waive_au(uow, found.id, form.get("au", ""), person_id, form.get("reason", ""), actor_id)
    except HubError as error:
        hub.audit_refusal("cmi5_waived", error.code, str(offering_id), actor_id=actor_id)
        raise
    flask.flash("The part is waived. Credit follows within moments where it was the last one.")
    return flask.redirect(flask.url_for("admin.course", offering_id=offering_id, person=person_id), 303)


def _list_page(error: HubError | None = None) -> str:
    with current_hub().reading() as uow:
        return flask.render_template(
            "admin/courses.html",
            rows=list_courses(uow),
            connections=[c for c in list_connections(uow, 1000) if c.kind == KIND],
            error=error,
            has_content_url=bool(current_hub().settings.content_url),
            form=flask.request.form,
        )


def _new_connection(slug: str) -> str:
    """A connection made on the way, for a package that is right."""
    if not slug:
        raise BadInput("no_connection", "Choose a connection for the course, or name a new one.")
    with current_hub().unit_of_work() as uow:
        connect_courses(uow, slug, slug.replace("-", " ").capitalize())
    return slug


def _words(done: Imported, dry_run: bool) -> str:
    what = {"added": _("new"), "changed": _("a new version"), "unchanged": _("the same as before")}[
        done.outcome
    ]
    told = f"{done.title} ({done.key}): {what}, {count(done.aus, 'AU')}"
    if done.removed:
        told = _("%(told)s; %(removed)s no longer in it", told=told, removed=count(done.removed, "part"))
    return _("Dry run. %(told)s. Nothing was written.", told=told) if dry_run else f"{told}."
