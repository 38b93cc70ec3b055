"""Simulated systems as processes: they start from their JSON, answer, and end with whoever started them."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from hub.testing.configuration import dump_config, load_config
from hub.testing.idp import IdpConfig
from hub.testing.idp_store import Person
from hub.testing.lms_north import NorthConfig
from hub.testing.lms_south import SouthConfig, SouthUser
from hub.testing.serve import free_port, spawn

NORTH = NorthConfig(hub_url="http://127.0.0.1:9", client_id="tool-1", deployment_id="d1")


def is_up(base_url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{base_url}/healthz", timeout=2).ok
        except requests.ConnectionError:
            return False


def test_a_spawned_system_answers_and_ends_with_the_block() -> None:
    port = free_port()
    with spawn("hub.testing.lms_north", NORTH, port) as north:
        assert north.base_url == f"http://127.0.0.1:{port}"
        assert is_up(north.base_url)
        assert north.log.read_text() == f"ready: LMS North at {north.base_url}\n"
    assert not is_up(north.base_url)


def test_a_taken_port_is_an_error_even_if_something_answers_there() -> None:
    port = free_port()
    module = "hub.testing.lms_north"
    with spawn(module, NORTH, port), pytest.raises(RuntimeError, match="in use"), spawn(module, NORTH, port):
        pass


def test_a_system_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    port = free_port()
    script = tmp_path / "parent.py"
    script.write_text(
        "import os\n"
        "from hub.testing.lms_north import NorthConfig\n"
        "from hub.testing.serve import spawn\n"
        f"with spawn('hub.testing.lms_north', {NORTH!r}, {port}):\n"
        "    os._exit(9)\n"
    )
    base_url = f"http://127.0.0.1:{port}"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run([sys.executable, str(script)], env=environment).returncode == 9
    deadline = time.monotonic() + 60
    while is_up(base_url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_up(base_url)


@pytest.mark.parametrize(
    "config",
    [
        NORTH,
        SouthConfig(
            hub_url="http://127.0.0.1:9",
            client_id="c",
            deployment_id="d",
            xapi_username="u",
            xapi_password="p",
            users=(SouthUser("ana@riverside.example", "S-77", "Ana Silva"),),
        ),
        IdpConfig(
            client_id="hub",
            client_secret="s",
            redirect_uris=("http://127.0.0.1:9/callback",),
            people=(Person("1", "ana", "p", "ana@riverside.example", "Ana", "Silva"),),
        ),
    ],
    ids=lambda config: type(config).__name__,
)
def test_a_configuration_survives_its_json(
    tmp_path: Path, config: NorthConfig | SouthConfig | IdpConfig
) -> None:
    path = tmp_path / "config.json"
    path.write_text(dump_config(config))
    assert load_config(type(config), path) == config
    assert load_config(type(config), path, "http://127.0.0.1:8102").base_url == "http://127.0.0.1:8102"


@pytest.mark.parametrize(
    "text,problem",
    [
        ('{"hub_ulr": "x"}', "unknown keys hub_ulr"),
        ('{"hub_url": "x"}', "client_id"),
        ('{"hub_url": 1, "client_id": "c", "deployment_id": "d"}', "hub_url"),
        ("[]", "JSON object"),
    ],
)
def test_a_wrong_configuration_names_file_and_key(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "north.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"north\.json: .*{problem}"):
        load_config(NorthConfig, path)


def test_people_come_from_a_file(tmp_path: Path) -> None:
    people = tmp_path / "people.json"
    people.write_text('[{"sub": "1", "username": "ana"}]')
    config = IdpConfig(client_id="hub", client_secret="s", redirect_uris=(), people_file=str(people))
    with (
        pytest.raises(RuntimeError, match=r"people\.json.*password"),
        spawn("hub.testing.idp", config, free_port()),
    ):
        pass
