"""Importing network files that come with a request: CSV files, or an Excel workbook."""

import hashlib
import json
import tempfile
from pathlib import Path

import flask
from pydantic import BaseModel, Field

from hub.access.api_tokens import NETWORK_WRITE
from hub.audiences.plans.diff import Effects as GoalEffects
from hub.audiences.plans.plan_import import plan_network_files
from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.ids import content_hash
from hub.network.importing.import_network import ImportReport, import_network
from hub.network.roster.files import FILES
from hub.rest.api import PREFIX, blueprint
from hub.rest.once import read_once
from hub.rest.plans import Effects
from hub.rest.problems import SingleProblem
from hub.rest.reading import bad
from hub.rest.shapes import Shape
from hub.rest.writing import PlanOutdated, WriteAsked

PATH = f"{PREFIX}/imports"
MAX_FILES = 200 * 1024 * 1024
NAMES = frozenset(file.name for file in FILES)
_WORKBOOK = "network.xlsx"


class Files(BaseModel):
    """The files, each under the name of the part `files`."""

    files: list[str] = Field(
        description="partners.csv, locations.csv and so on, or one Excel workbook (.xlsx) with sheets of these names.",
        json_schema_extra={"items": {"type": "string", "format": "binary"}},
    )


class Counted(Shape):
    """Things of one kind; those missing from the files are left as they are."""

    new: int
    changed: int
    unchanged: int
    missing: int


class Imported(Shape):
    """What was written, or would be."""

    dry_run: bool
    changes: int
    waiting: int = Field(
        description="Rows about people nobody knows yet; they are tried again with each import."
    )
    counts: dict[str, Counted]
    warnings: list[SingleProblem]
    effects: Effects | None = Field(
        description="Of a dry run that is about 5,000 things and people at most: what becomes of goals."
    )


@blueprint.runs("/imports", Imported, NETWORK_WRITE, "Imports", form=Files)
def import_files(query: WriteAsked) -> flask.Response:
    """Check network files and import them: nothing is written unless every row is right, and the same again changes nothing.

    An import that was cut off is done again by the same request with the same Idempotency-Key.
    """
    expected = flask.request.headers.get("If-Match")
    with tempfile.TemporaryDirectory(prefix="hub-import-") as folder:
        source = _save(Path(folder))
        hub, hashes = current_hub(), _hashes(source)
        once = None if query.dry_run else read_once(hashes)
        if once is None or expected is not None:
            planned = plan_network_files(hub, source)
            plan = _told(planned.report, planned.effects)
            tag = _tag(hashes, plan)
            if once is None:
                return _respond(plan, tag)
            if tag != expected:
                raise PlanOutdated(json.loads(plan.model_dump_json()))
        with hub.unit_of_work() as uow:  # an import writes in many units, and may be cut off between them
            once.begin(uow)
        try:
            told = _told(import_network(hub, source))
        except HubError:
            with hub.unit_of_work() as uow:
                once.free(uow)
            raise
        with hub.unit_of_work() as uow:
            once.keep(uow, told.model_dump_json())
        return _respond(told)


def _save(folder: Path) -> Path:
    """What came, as ``import_network`` takes it. BadInput ``no_network_files`` with every wrong name."""
    flask.request.max_content_length = MAX_FILES
    if flask.request.mimetype != "multipart/form-data":
        raise bad([Problem("must be multipart/form-data", "Content-Type")])
    sent = flask.request.files.getlist("files")
    if len(sent) == 1 and (sent[0].filename or "").lower().endswith(".xlsx"):
        sent[0].save(folder / _WORKBOOK)
        return folder / _WORKBOOK
    names = [each.filename or "" for each in sent]
    problems = [Problem("is none of the network files", name[:100]) for name in names if name not in NAMES]
    problems += [Problem("came twice", name) for name in sorted(NAMES) if names.count(name) > 1]
    if problems or not sent:
        told = f"They are called {', '.join(sorted(NAMES))}."
        raise BadInput("no_network_files", "These are not the network files.", told, problems)
    for each in sent:
        each.save(folder / (each.filename or ""))
    return folder


def _told(report: ImportReport, effects: GoalEffects | None = None) -> Imported:
    return Imported(
        dry_run=report.dry_run,
        changes=report.changes,
        waiting=report.waiting,
        counts={kind: Counted.model_validate(of_kind) for kind, of_kind in report.counts.items()},
        warnings=[SingleProblem(message=each.message, place=each.place) for each in report.warnings],
        effects=Effects.model_validate(effects) if effects else None,
    )


def _hashes(source: Path) -> list[list[str]]:
    """Name and hash of each file, of which none is read at once."""
    hashes = []
    for file in [source] if source.is_file() else sorted(source.iterdir()):
        with file.open("rb") as stream:
            hashes.append([file.name, hashlib.file_digest(stream, "sha256").hexdigest()])
    return hashes


def _tag(hashes: list[list[str]], plan: Imported) -> str:
    """An entity tag of the files and what would come of them."""
    return f'"{content_hash(json.dumps([hashes, plan.model_dump()], sort_keys=True).encode())}"'


def _respond(told: Imported, tag: str = "") -> flask.Response:
    response = flask.Response(told.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    if tag:
        response.headers["ETag"] = tag
    return response
