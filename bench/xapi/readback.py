"""The end of every run: as many statements as were answered with 200, and a sample of them as they were sent."""

import json
import random
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.xapi.client import Connection, Job, http_request
from bench.xapi.served import Served
from bench.xapi.statements import Series
from hub.journal.tables import statement, statement_id
from hub.runtime import Hub

SAMPLE = 50


@dataclass
class Sent:
    """The numbers of the statements that were answered with 200, by series: from 0 on without gaps."""

    counts: dict[Series, int] = field(default_factory=dict)

    def next(self, series: Series) -> int:
        """The first number that was not sent yet."""
        return self.counts.get(series, 0)

    def add(self, series: Series, first: int, count: int) -> None:
        """Note ``count`` statements from ``first`` on."""
        assert first == self.next(series)
        self.counts[series] = first + count

    @property
    def total(self) -> int:
        """Statements in all."""
        return sum(self.counts.values())


def check(running: Served, sent: Sent) -> int:
    """The number of statements sampled; RuntimeError when one is missing or differs."""
    connection = Connection(running.port)
    job = Job(running.port, running.authorization)
    dice = random.Random(1)
    chosen = dice.choices(list(sent.counts), weights=list(sent.counts.values()), k=SAMPLE)
    for series in chosen:
        n = dice.randrange(sent.counts[series])
        status, body = connection.ask(
            http_request(job, "GET", f"/xapi/statements?statementId={series.id(n)}")
        )
        if status != 200:
            raise RuntimeError(f"statement {n} of {series.name} is not there: {status}")
        told, found = series.statement(n), json.loads(body)
        different = [name for name in told if found[name] != told[name]]
        if different:
            raise RuntimeError(f"statement {n} of {series.name} differs in {', '.join(different)}")
    return SAMPLE


def check_count(hub: Hub, sent: Sent) -> None:
    """RuntimeError unless the hub holds as many statements as were answered with 200, each with its id."""
    with hub.reading() as uow:
        statements, ids = (
            uow.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (statement, statement_id)
        )
    if not statements == ids == sent.total:
        raise RuntimeError(f"{sent.total} statements were taken; there are {statements}, and {ids} ids")
