"""Where courses and accounts of LMSs are read from, and how that went."""

import flask
from werkzeug import Response

from hub.errors import HubError
from hub.flask_hub import current_hub
from hub.training.courses.sources import list_sources
from hub.training.courses.sync_catalogue import sync_source
from hub.web.admin.blueprint import blueprint
from hub.web.language import _
from hub.web.words import count


@blueprint.get("/catalogues")
def catalogues() -> str:
    """Every source with its last run."""
    return _page()


@blueprint.post("/catalogues/<slug>")
def read_catalogue(slug: str) -> Response | tuple[str, int]:
    """Read the catalogue of an LMS now."""
    try:
        counts = sync_source(current_hub(), slug)
    except HubError as error:
        return _page(error), error.status
    flask.flash(
        _(
            "Read: %(added)s added, %(changed)s changed, %(retired)s retired, %(unchanged)s unchanged.",
            added=count(counts.added, "course"),
            changed=counts.changed,
            retired=counts.retired,
            unchanged=counts.unchanged,
        )
    )
    return flask.redirect(flask.url_for("admin.catalogues"), 303)


def _page(error: HubError | None = None) -> str:
    with current_hub().reading() as uow:
        return flask.render_template("admin/catalogues.html", rows=list_sources(uow), error=error)
