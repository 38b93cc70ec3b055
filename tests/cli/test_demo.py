"""`hub demo` before it begins: what is in its way is told, and nothing is touched. The demo itself is played in journeys/."""

import socket
from pathlib import Path

from click.testing import CliRunner

from hub.cli import main
from hub.testing.demo.outside_systems import Ports
from hub.testing.serve import free_port


def test_a_port_in_use_is_told_before_anything_is_touched(tmp_path: Path) -> None:
    kept = tmp_path / "demo" / "hub.sqlite"
    kept.parent.mkdir()
    kept.write_text("an earlier demo")
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        result = CliRunner().invoke(main, ["demo", "--port", str(port), "--directory", str(kept.parent)])
    assert result.exit_code != 0
    assert f"in use: {port}" in result.output
    assert "--port 9000" in result.output
    assert kept.read_text() == "an earlier demo"


def test_ports_stand_beside_the_hubs() -> None:
    assert Ports.beside(8000) == Ports()
    assert Ports.beside(9000).orvantis == 9104
    assert Ports(*(free_port() for _ in range(7))).busy() == []
