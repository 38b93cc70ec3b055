"""A record store in processes of its own, and systems that keep sending to it whatever happens to them."""

import json
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from hub.testing.demo.hub_process import HubProcess
from hub.testing.serve import free_port
from hub.xapi.callers.credentials import create_credential
from hub.xapi.callers.scopes import READ_MINE, WRITE
from tests.journeys.happenings import Linked
from tests.journeys.world import VERBS, World, activity
from tests.xapi.parts import MULTIPART, file_part, json_part, with_files, write_parts
from tests.xapi.rig import new_uuid, statement

KEY = "only-for-tests-0123456789abcdefghij"
LMS, LEARNER = 0, 0
SIZES = (1, 5, 40)


@dataclass(frozen=True)
class Place:
    """Where a hub runs."""

    directory: Path
    settings_file: Path
    hub_url: str


@dataclass(frozen=True)
class Batch:
    """Statements as they are sent together, every time the same, with the files that belong to them."""

    statements: Sequence[dict[str, Any]]
    files: Sequence[bytes]

    @property
    def ids(self) -> list[str]:
        """The ids of its statements."""
        return [each["id"] for each in self.statements]

    def send(self, store: "Store", session: requests.Session) -> bool:
        """POST it; whether it was answered. AssertionError for any answer but 200."""
        if self.files:
            body, kind = write_parts([json_part(self.statements), *map(file_part, self.files)]), MULTIPART
        else:
            body, kind = json.dumps(self.statements).encode(), "application/json"
        headers = {"X-Experience-API-Version": "1.0.3", "Content-Type": kind}
        try:
            answer = session.post(store.url, data=body, headers=headers, auth=store.credential, timeout=30)
        except requests.RequestException:
            return False
        assert answer.status_code == 200, answer.text
        assert answer.json() == self.ids
        return True


@dataclass
class Store:
    """The running hub, and the credential of one of its systems."""

    world: World
    process: HubProcess
    credential: tuple[str, str]

    @property
    def url(self) -> str:
        """The statement resource."""
        return f"{self.process.stage.hub_url}/xapi/statements"

    def batch(self, dice: random.Random) -> Batch:
        """A new batch: completions of a course by somebody who is known, some of them with files."""
        files = [dice.randbytes(dice.choice([1, 5_000])) for _ in range(dice.choice([0, 0, 1, 2]))]
        parts = {
            "actor": {"mbox": self.world.subject(LEARNER, "mbox")},
            "verb": {"id": VERBS + "completed"},
            "object": {"id": activity(LMS, 0)},
        }
        told = [statement(id=new_uuid(), **parts) for _ in range(dice.choice(SIZES))]
        told += [with_files(file, id=new_uuid(), **parts) for file in files]
        return Batch(told, files)


@dataclass
class Senders:
    """Threads that send one batch after the other. What got no answer is ``unanswered``: it may be stored or not."""

    store: Store
    seed: int
    count: int = 3
    answered: list[Batch] = field(default_factory=list)
    unanswered: list[Batch] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send until the block ends."""
        stop = threading.Event()
        threads = [threading.Thread(target=self._send, args=(stop, number)) for number in range(self.count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert not self.failures, self.failures

    def _send(self, stop: threading.Event, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        with requests.Session() as session:
            session.trust_env = False
            try:
                while not stop.is_set():
                    batch = self.store.batch(dice)
                    if batch.send(self.store, session):
                        self.answered.append(batch)
                    else:
                        self.unanswered.append(batch)
                        stop.wait(0.05)
            except AssertionError as error:
                self.failures.append(error)


@contextmanager
def running_store(world: World, folder: Path) -> Iterator[Store]:
    """Run the hub on the database of a world in which somebody is known to an LMS, until the block ends."""
    Linked(LMS, LEARNER, "mbox").happen(world)
    with world.hub.unit_of_work() as uow:
        credential = create_credential(uow, world.lms[LMS], (WRITE, READ_MINE))
    port = free_port()
    place = Place(folder, folder / "hub.toml", f"http://127.0.0.1:{port}")
    settings = {
        "public_url": place.hub_url,
        "listen_port": port,
        "database_url": world.hub.settings.database_url.get_secret_value(),
        "secret_key": KEY,
        "storage_url": f"file:{folder / 'files'}",
        "web_processes": 1 if world.hub.engine.dialect.name == "sqlite" else 2,
        "log_level": "error",
    }
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    place.settings_file.write_text("".join(lines), encoding="utf-8")
    process = HubProcess(place)
    try:
        process.start()
        yield Store(world, process, (credential.key, credential.secret))
    finally:
        process.stop()
