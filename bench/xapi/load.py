"""Load from several client processes at once, which make all they send before the clock starts."""

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.xapi.client import Job, Outcome
from bench.xapi.statements import Series


@dataclass(frozen=True)
class Measured:
    """What clients saw together. Latencies are in milliseconds."""

    statements: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Statements a second."""
        return self.statements / self.seconds

    @property
    def p95(self) -> float:
        """The 95th percentile of the latencies."""
        return percentile(self.latencies)


def percentile(values: Sequence[float], n: int = 95) -> float:
    """The n-th percentile."""
    return statistics.quantiles(values, n=100)[n - 1] if len(values) > 1 else values[0]


def send(
    port: int,
    authorization: str,
    series: Series,
    first: int,
    count: int,
    size: int,
    clients: int = 1,
    every: float = 0.0,
) -> Measured:
    """Send statements ``first`` to ``first + count`` in batches; ``count`` must be a multiple of ``size * clients``."""
    batches, rest = divmod(count, size * clients)
    if rest:
        raise ValueError(
            f"{count} statements are not the same number of batches of {size} for {clients} clients"
        )
    share = batches * size
    jobs = [Job(port, authorization, series, first + n * share, batches, size, every) for n in range(clients)]
    return measured(run_jobs(jobs), count)


def ask(port: int, authorization: str, paths: Sequence[str]) -> Measured:
    """GET one path after the other."""
    return measured(run_jobs([Job(port, authorization, paths=tuple(paths))]), len(paths))


def measured(outcomes: Sequence[Outcome], statements: int) -> Measured:
    """The clients' results together; RuntimeError when any answer was not 200."""
    problems = [problem for outcome in outcomes for problem in outcome.problems]
    if problems:
        raise RuntimeError(f"{len(problems)} answers were not 200, the first: {problems[0]}")
    seconds = max(o.ended for o in outcomes) - min(o.started for o in outcomes)
    return Measured(statements, seconds, tuple(1000 * each for o in outcomes for each in o.latencies))


def run_jobs(jobs: Sequence[Job]) -> list[Outcome]:
    """Run clients side by side from the moment when all of them are ready."""
    processes = [_start(job) for job in jobs]
    try:
        for process in processes:
            _line(process)
        for process in processes:
            _tell(process, "go")
        return [Outcome(**json.loads(_line(process))) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _start(job: Job) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.xapi.client"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    _tell(process, json.dumps(asdict(job)))
    return process


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("a client ended before it had an answer")
    return line
