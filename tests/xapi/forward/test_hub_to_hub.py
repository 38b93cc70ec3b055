"""One hub forwards into another that runs as its operators run it: what can be read there is what can be read here."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import sqlalchemy as sa

from hub.app import open_hub
from hub.config import load_settings
from hub.journal.tables import reader, statement
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.testing.demo.hub_process import READY_SECONDS
from hub.testing.serve import free_port
from hub.xapi.callers.credentials import create_credential
from hub.xapi.forward.stores import find_store
from hub.xapi.forward.try_store import try_store
from tests.xapi.forward.rig import Sender
from tests.xapi.parts import read_parts, send_files, with_files
from tests.xapi.rig import VERBS, Answer, Store, full_statement
from tests.xapi.rig import statement as statement_json
from tests.xapi.transfer.compare import everything

SETTINGS = """\
database_url = "{url}"
secret_key = "only-for-tests-0123456789abcdefghij"
public_url = "http://127.0.0.1:{port}"
listen_port = {port}
embedded_worker = false
storage_url = "file:{folder}/files"
"""


@dataclass
class Web(Store):
    """A record store over the network, asked as a test asks the one in its process."""

    url: str = ""

    def send(self, method: str, path: str = "/xapi/statements", **options: Any) -> Answer:
        """Any request with this system's credential and version."""
        answer = requests.request(
            method,
            self.url + path,
            params=options.get("query_string"),
            headers={"X-Experience-API-Version": self.version, "Authorization": self.authorization},
            timeout=20,
        )
        found: Any = answer
        found.data, found.json = (
            answer.content,
            answer.json() if "json" in answer.headers["Content-Type"] else None,
        )
        return cast(Answer, found)


@pytest.fixture
def second(new_database: Callable[..., str], tmp_path: Path) -> Iterator[tuple[Web, Hub]]:
    """A hub that runs in processes of its own, and the same opened here to look inside."""
    port = free_port()
    settings = tmp_path / "second.toml"
    settings.touch(mode=0o600)
    settings.write_text(SETTINGS.format(url=new_database(), port=port, folder=tmp_path))
    environment = {k: v for k, v in os.environ.items() if k != "HUB_STORAGE_URL"} | {
        "HUB_CONFIG": str(settings)
    }
    log = tmp_path / "second.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "run"], env=environment, stdout=out, stderr=out
        )
    hub = open_hub(load_settings(settings))
    try:
        _wait(process, f"http://127.0.0.1:{port}/healthz", log)
        with hub.unit_of_work() as uow:
            connection_id = create_connection(uow, "first", "lms", "The first hub")
            key, secret = create_credential(uow, connection_id, ["all"])
        yield Web(None, connection_id, key, secret, url=f"http://127.0.0.1:{port}"), hub  # type: ignore[arg-type]
    finally:
        process.terminate()
        process.wait(20)
        hub.close()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(READY_SECONDS * 10):
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    pytest.fail(f"the second hub did not start: {log.read_text()}")


def test_what_can_be_read_there_is_what_can_be_read_here(
    hub: Hub, store: Store, second: tuple[Web, Hub]
) -> None:
    there, inside = second
    ids = store.post([statement_json(result={"response": str(n)}) for n in range(130)]).json
    target = {"objectType": "StatementRef", "id": ids[7]}
    store.post(statement_json(verb={"id": VERBS + "voided"}, object=target))
    store.post(full_statement())
    [with_file] = send_files(store, with_files(b"a file", id=ids[0][:-4] + "ffff"), b"a file").json
    sender = Sender(hub, store.connection_id)
    sender.allow(there.url)
    endpoint = f"{there.url}/xapi"
    sender.forward_to(endpoint, "second", key=there.key, password=there.secret, from_beginning=True)
    with sender.hub.reading() as uow:
        tried = try_store(sender.hub, find_store(uow, "second"))
    assert tried.failed == 0
    sender.send()
    assert sender.parked() == []
    assert everything(there) == everything(store)
    assert there.ids(ascending="true", limit=100) == store.ids(ascending="true", limit=100)
    assert read_parts(there.get(statementId=with_file, attachments="true"))[1][1] == b"a file"
    # The first hub forgets how far it was, as after a crash: everything goes out again and nothing comes in twice.
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(reader).where(reader.c.name == "forward:second").values(position=0))
        uow.connection.exec_driver_sql("DELETE FROM forward_receipt")
    sender.send()
    with inside.reading() as uow:
        assert uow.connection.scalar(sa.select(sa.func.count()).select_from(statement)) == 133
    assert sender.state("second").failures == 0


def test_two_hubs_that_forward_to_each_other_come_to_rest(
    hub: Hub, store: Store, second: tuple[Web, Hub]
) -> None:
    """Each may be named to the other as the connection that it sends as; nothing goes back."""
    there, inside = second
    [id] = store.post(statement_json()).json
    sender = Sender(hub, store.connection_id)
    sender.allow(there.url)
    endpoint = f"{there.url}/xapi"
    sender.forward_to(endpoint, "second", key=there.key, password=there.secret, from_beginning=True)
    back = Sender(inside, there.connection_id)
    own = {"connection_id": there.connection_id, "from_beginning": True}
    back.forward_to("https://first.hub.example/xapi", "first", password="x", **own)
    sender.send()
    back.send()
    assert there.ids() == [id]
    assert back.state("first").failures == 0  # it was never called
    assert back.state("first").position == 1
