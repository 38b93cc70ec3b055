"""GET: pages of 50 by every kind of filter, and what each touches in a small store and in one ten times as large."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlencode

import sqlalchemy as sa

from bench.xapi import statements as told
from bench.xapi.fill import fill
from bench.xapi.load import ask
from bench.xapi.readback import Sent, check, check_count
from bench.xapi.report import Line
from bench.xapi.run import Run
from bench.xapi.served import add_sender, make_hub, served
from bench.xapi.statements import Series
from bench.xapi.touched import Touched, count_touched
from hub.journal.tables import statement
from hub.runtime import Hub

TIMES = 200
COUNTED = 10
Question = Callable[[random.Random], dict[str, str]]


def measure_lists(run: Run) -> None:
    """Add the lines of GET to the report."""
    small = 70_000 if run.quick else 100_000  # fewer, and not everything that is asked for fills a page
    large = run.statements or (140_000 if run.quick else 1_000_000)
    url = run.server.create("lists")
    hub = make_hub(url)
    sender = add_sender(hub)
    series, sent = Series("lists"), Sent()
    touched: dict[str, list[Touched]] = {}
    with served(run.folder, url, sender, processes=run.processes) as running:
        for size in (small, large):
            fill(run, running, series, sent, size)
            _tidy(hub)
            for name, question in _questions(hub, series, size).items():
                dice = random.Random(size)
                paths = [
                    f"/xapi/statements?{urlencode(question(dice) | {'limit': '50'})}" for _ in range(TIMES)
                ]
                p95 = ask(running.port, running.authorization, paths).p95
                counted = count_touched(hub, running.authorization, paths[:COUNTED])
                touched.setdefault(name, []).append(counted)
                run.say(
                    f"{size:,}: {name}: p95 {p95:.1f} ms, {counted.rows:.0f} rows, {counted.buffers:.0f} buffers"
                )
                if size == large:
                    run.report.lines += _lines(name, small, size, p95, *touched[name])
        check(running, sent)
    check_count(hub, sent)
    run.report.facts["size of the database"] = f"{_size(hub) / large:,.0f} bytes a statement"
    hub.close()
    run.report.lines.append(running.memory_line("lists"))


def _lines(name: str, small: int, size: int, p95: float, before: Touched, now: Touched) -> Iterator[Line]:
    yield Line(f"GET 50 {name}, {size:,}: p95", p95, "ms", reach="under 25 ms")
    for what in ("rows", "buffers"):
        ratio = getattr(now, what) / getattr(before, what)
        reach = f"1.2 times those at {small:,}"
        yield Line(f"  {what} touched", getattr(now, what), what, ratio=ratio, reach=reach)


def _questions(hub: Hub, series: Series, size: int) -> dict[str, Question]:
    """What is asked, each time about somebody or something else. All of it has more than a page of answers."""
    with hub.reading() as uow:
        newest = uow.connection.execute(
            sa.select(statement.c.stored).order_by(statement.c.position.desc()).limit(1)
        ).scalar_one()
    since = (newest - timedelta(seconds=3)).isoformat()
    full = size // (told.REGISTRATION_SIZE * told.REGISTRATIONS) * told.REGISTRATION_SIZE * told.REGISTRATIONS

    def learner(dice: random.Random) -> str:
        return f'{{"mbox":"{told.person(dice.randrange(told.PEOPLE))}"}}'

    def coach(dice: random.Random) -> str:
        name = told.coach(dice.randrange(told.COACHES))
        return f'{{"account":{{"homePage":"{told.LMS}","name":"{name}"}}}}'

    return {
        "by agent": lambda dice: {"agent": learner(dice)},
        "by verb and since": lambda dice: {"verb": told.verb_id(dice.randrange(7)), "since": since},
        "by activity": lambda dice: {"activity": told.activity(dice.randrange(size))},
        "by registration": lambda dice: {"registration": series.registration(dice.randrange(full or size))},
        "by related agents": lambda dice: {"agent": coach(dice), "related_agents": "true"},
        "by related activities": lambda dice: {
            "activity": told.course_activity(dice.randrange(told.COURSES)),
            "related_activities": "true",
        },
        "without filter": lambda _: {},
    }


def _size(hub: Hub) -> int:
    with hub.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def _tidy(hub: Hub) -> None:
    """What autovacuum does in its own time."""
    with hub.engine.connect().execution_options(hub_writes=None) as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
