"""Reports of audiences, with the figures that were mailed."""

from datetime import datetime

from pydantic import Field

from hub.access.api_tokens import AUDIENCES
from hub.audiences.profiles.reports import read_last_report
from hub.audiences.read_audiences import read_audience_seen
from hub.rest.api import blueprint, looking
from hub.rest.asked import ByKey, Text
from hub.rest.shapes import Shape


class ByReport(ByKey):
    """A report of an audience."""

    report: Text


class Figure(Shape):
    """One group's figure."""

    id: str = Field(description="Of the location, partner or position; empty for all together.")
    name: str
    value: float | None = Field(description="Null for a rate where nothing is asked for.")


class Report(Shape):
    """A report as it stood when its last period ended."""

    audience: str
    key: str
    title: str
    metric: str
    by: str
    at: datetime
    rows: list[Figure]
    total: Figure


@blueprint.reads("/audiences/<key>/reports/<report>", Report, AUDIENCES, "Audiences")
def read_report(path: ByReport) -> Report:
    """The figures of a report at the end of its last period: of all, or of the partner's own people at its own locations."""
    with looking() as (uow, sight):
        read_audience_seen(uow, sight.reach, path.key)
        found = read_last_report(uow, sight.reach, path.key, path.report)
    told = found.definition
    return Report(
        audience=told.audience,
        key=told.key,
        title=told.title,
        metric=told.metric,
        by=told.by,
        at=found.at,
        rows=[Figure.model_validate(row) for row in found.rows],
        total=Figure.model_validate(found.total),
    )
