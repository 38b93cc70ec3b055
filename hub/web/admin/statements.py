"""The statement browser: what systems reported, as sentences, and what it led to. For operators."""

from datetime import timedelta

import flask
from werkzeug import Response

from hub.flask_hub import current_hub
from hub.ids import content_hash
from hub.journal.arrivals import read_arrivals
from hub.network.views import SystemName, list_systems, names_of_connections, names_of_people
from hub.training.credit.views import count_waiting
from hub.web.admin.blueprint import blueprint
from hub.web.admin.query import read_choice, read_position
from hub.web.admin.sparkline import draw
from hub.web.admin.statement_filter import SHOWS, Asked, read_filter
from hub.xapi.finding.browse import MAX_COUNTED, browse, count_found
from hub.xapi.finding.statement_detail import find_file, read_payload, read_statement

MAX_WAITING = 9_999
HOURS, DAYS = 48, 30
COMMON_VERBS = (
    "completed",
    "passed",
    "failed",
    "experienced",
    "answered",
    "initialized",
    "terminated",
    "voided",
)


@blueprint.get("/statements")
def statements() -> str:
    """Statements, the last stored first. Query: see ``statement_filter``; ``per=day`` for arrivals by day; ``before``."""
    systems = _systems()
    asked = read_filter(systems)
    per_day = read_choice("per", ("day",)) == "day"
    with current_hub().reading() as uow:
        since = uow.now - (timedelta(days=DAYS - 1) if per_day else timedelta(hours=HOURS - 1))
        arrivals = read_arrivals(
            uow, since, per_day=per_day, connection_id=asked.filter.connection_id or None
        )
        waiting = count_waiting(uow, MAX_WAITING)
        number = count_found(uow, asked.filter)
    return flask.render_template(
        "admin/statements.html",
        **_list(asked),
        sparkline=draw(arrivals, per_day=per_day),
        systems=systems,
        shows=SHOWS,
        verbs=COMMON_VERBS,
        waiting=waiting,
        max_waiting=MAX_WAITING,
        number=number,
        max_counted=MAX_COUNTED,
    )


@blueprint.get("/statements/rows")
def statement_list() -> str:
    """The rows of the list alone, for the live tail. Query as for the page."""
    return flask.render_template("admin/statement_rows.html", **_list(read_filter(_systems())))


@blueprint.get("/statements/<statement_id>")
def statement(statement_id: str) -> str:
    """One statement with its bytes, its files and what it led to."""
    hub = current_hub()
    with hub.reading() as uow:
        detail = read_statement(uow, statement_id)
        row = detail.shown.row
        others = [*(c.person_id for c in detail.completions), *(c.person_id for c in detail.credits)]
        people = names_of_people(uow, [row.person_id, *others])
        connections = names_of_connections(
            uow, [row.connection_id, *(s.row.connection_id for s in detail.referring)]
        )
    # Outside the unit: a blob store that is slow must not keep a connection of the database.
    sizes = {file.sha2: hub.blobs.size(file.key) for file in detail.files}
    return flask.render_template(
        "admin/statement.html",
        sizes=sizes,
        detail=detail,
        row=row,
        people=people,
        connections=connections,
        sha256=content_hash(detail.payload),
    )


@blueprint.get("/statements/<statement_id>/raw")
def statement_bytes(statement_id: str) -> Response:
    """The bytes of a statement as the record store gives them back."""
    with current_hub().reading() as uow:
        payload = read_payload(uow, statement_id)
    return _download(payload, f"{statement_id.lower()}.json", "application/json")


@blueprint.get("/statements/<statement_id>/files/<sha2>")
def statement_file(statement_id: str, sha2: str) -> Response:
    """A file that came with a statement, to be saved: whatever it is, no browser runs or shows it here."""
    hub = current_hub()
    with hub.reading() as uow:
        key = find_file(uow, statement_id, sha2.lower())
    response = _download(b"", f"attachment-{sha2[:12].lower()}", "application/octet-stream")
    response.response = hub.blobs.chunks(key)
    return response


def _list(asked: Asked) -> dict[str, object]:
    """What the rows of the list need."""
    with current_hub().reading() as uow:
        listed = browse(uow, asked.filter, read_position())
        connections = names_of_connections(uow, [shown.row.connection_id for shown in listed.rows])
        people = names_of_people(uow, [shown.row.person_id for shown in listed.rows])
    return {
        "asked": asked,
        "rows": listed.rows,
        "older": listed.older,
        "connections": connections,
        "people": people,
    }


def _systems() -> list[SystemName]:
    with current_hub().reading() as uow:
        return list_systems(uow)


def _download(content: bytes, name: str, content_type: str) -> Response:
    response = flask.Response(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
