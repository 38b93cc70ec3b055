"""A process with several clients of the record store, which do what a job says at the same moment.

``python -m tests.xapi.contender`` reads a job as a line of JSON, prints "ready", waits for a line, and prints the answers
that it got: status codes, and of those that are neither 200, 204 nor 409 the text.
"""

import json
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from hub.app import open_hub
from hub.config import Settings
from hub.logging import configure_logging
from hub.runtime import Hub
from tests.xapi.rig import AGENT, OTHER_AGENT, VERBS, Answer, Store, make_app, statement


@dataclass(frozen=True)
class Job:
    """Each client puts a body of its own under each of the ids ``puts``, and sends batches of ``ids``, shuffled.

    In batches, the statement of an id is always the same, whoever sends it; every fifth refers to another one.
    """

    database_url: str
    connection_id: str
    key: str
    secret: str
    number: int
    clients: int
    puts: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    batches: int = 0


def run_jobs(jobs: Sequence[Job]) -> list[str]:
    """Start a process for each job, let them begin together, and gather all answers."""
    command = [sys.executable, "-m", "tests.xapi.contender"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in jobs
    ]
    try:
        for process, job in zip(processes, jobs, strict=True):
            _tell(process, json.dumps(asdict(job)))
        for process in processes:
            assert _line(process) == "ready\n"
        for process in processes:
            _tell(process, "go")
        return [answer for process in processes for answer in json.loads(_line(process))]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def shared_statement(ids: Sequence[str], place: int) -> dict[str, Any]:
    """The statement of an id: few agents and activities, which all batches share."""
    thing: dict[str, Any] = {"id": f"https://lms.example/course/{place % 3}"}
    if place % 5 == 4:
        thing = {"objectType": "StatementRef", "id": ids[(place * 7) % len(ids)]}
    verb = {"id": VERBS + ("passed" if place % 2 else "completed")}
    return statement(id=ids[place], actor=(AGENT, OTHER_AGENT)[place % 2], verb=verb, object=thing)


def _send_batches(store: Store, job: Job, client: int) -> list[Answer]:
    rng = random.Random(f"{job.number}/{client}")
    answers = []
    for _ in range(job.batches):
        places = rng.sample(range(len(job.ids)), rng.randint(1, 12))
        answers.append(store.post([shared_statement(job.ids, place) for place in places]))
    return answers


def _put(store: Store, job: Job, client: int, together: threading.Barrier) -> list[Answer]:
    body = statement(result={"response": f"client {client} of process {job.number}"})
    answers = []
    for id in job.puts:
        together.wait()
        answers.append(store.put(id, body))
    return answers


def _run(hub: Hub, job: Job) -> list[str]:
    app = make_app(hub)
    together = threading.Barrier(job.clients)

    def work(client: int) -> list[str]:
        store = Store(app.test_client(), job.connection_id, job.key, job.secret)
        answers = [*_put(store, job, client, together), *_send_batches(store, job, client)]
        return [str(a.status_code) if a.status_code in (200, 204, 409) else a.text for a in answers]

    with ThreadPoolExecutor(job.clients) as pool:
        return [answer for answers in pool.map(work, range(job.clients)) for answer in answers]


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _main() -> None:
    configure_logging(level="error")
    told = json.loads(sys.stdin.readline())
    job = Job(**told | {"ids": tuple(told["ids"]), "puts": tuple(told["puts"])})
    hub = open_hub(Settings(database_url=job.database_url, secret_key="x" * 40))
    with hub.reading():
        print("ready", flush=True)
    sys.stdin.readline()
    answers = _run(hub, job)
    hub.close()
    print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    _main()
