"""Network files that come with a request."""

import io
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.network.small_network import SmallNetwork
from tests.network.workbooks import write_workbook
from tests.rest.programs import Network
from tests.rest.test_writes import code


def upload(
    network: Network, token: str, folder: Path, *, dry_run: bool = False, match: str = "", key: str = ""
) -> TestResponse:
    files: list[Any] = [(io.BytesIO(file.read_bytes()), file.name) for file in sorted(folder.iterdir())]
    headers = {"Authorization": f"Bearer {token}", **({"If-Match": match} if match else {})}
    headers |= {"Idempotency-Key": key} if key else {}
    query = {"dry_run": "true"} if dry_run else {}
    client = network.app.test_client()
    return client.post("/api/v1/imports", data={"files": files}, headers=headers, query_string=query)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return SmallNetwork().write(tmp_path / "files")


def test_files_are_tried_imported_and_change_nothing_again(network: Network, folder: Path) -> None:
    token = network.token()
    tried = upload(network, token, folder, dry_run=True)
    assert tried.json is not None
    assert tried.json["dry_run"]
    assert tried.json["changes"] > 0
    assert tried.json["effects"]["outcome"]["credits"] == 0
    before = set(network.names(token, "/locations"))
    assert code(upload(network, token, folder, match='"other"')) == (409, "plan_outdated")
    assert set(network.names(token, "/locations")) == before
    done = upload(network, token, folder, match=tried.headers["ETag"])
    assert done.json is not None
    assert (done.json["changes"], done.json["waiting"]) == (tried.json["changes"], 0)
    assert set(network.names(token, "/locations")) > before
    again = upload(network, token, folder)
    assert again.json is not None
    assert again.json["changes"] == 0


def test_a_key_is_for_the_same_files_and_free_again_when_they_are_refused(
    network: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, brands = network.token(), folder / "brands.csv"
    right = brands.read_text()
    brands.write_text(right + "broken,row,here\n")
    assert code(upload(network, token, folder, key="k")) == (400, "bad_network_files")
    brands.write_text(right)

    def cut_off(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("hub.rest.imports.import_network", cut_off)
        with pytest.raises(KeyboardInterrupt):
            upload(network, token, folder, key="k")
    done = upload(network, token, folder, key="k")
    assert done.json is not None
    assert done.json["changes"] > 0
    assert upload(network, token, folder, key="k").json == done.json
    brands.write_text(right + "B9,Another\n")
    assert code(upload(network, token, folder, key="k")) == (409, "key_reused")


def test_every_problem_is_told_with_its_place_and_nothing_is_written(network: Network, folder: Path) -> None:
    token = network.token()
    locations = folder / "locations.csv"
    locations.write_text(locations.read_text() + "broken,row\n")
    refused = upload(network, token, folder)
    assert code(refused) == (400, "bad_network_files")
    assert refused.json is not None
    assert any(each["place"].startswith("locations.csv") for each in refused.json["problems"])
    (folder / "secrets.csv").write_text("a,b\n")
    named = upload(network, token, folder)
    assert code(named) == (400, "no_network_files")
    assert named.json is not None
    assert [each["place"] for each in named.json["problems"]] == ["secrets.csv"]
    assert code(upload(network, network.token("harbor"), folder)) == (403, "missing_scope")


def test_a_workbook_comes_alone_and_problems_name_its_sheets(network: Network, tmp_path: Path) -> None:
    token, folder = network.token(), tmp_path / "book"
    folder.mkdir()
    sheet: list[list[object]] = [["brand_id", "name"], ["B", "Borealis"]]
    write_workbook(folder / "ours.xlsx", {"brands": sheet})
    done = upload(network, token, folder)
    assert done.json is not None
    assert done.json["counts"]["brand"]["new"] == 1
    write_workbook(folder / "ours.xlsx", {"brands": [*sheet, ["C", None]]})
    refused = upload(network, token, folder)
    assert code(refused) == (400, "bad_network_files")
    assert refused.json is not None
    assert "brands" in refused.json["problems"][0]["place"]
    (folder / "ours.xlsx").write_bytes(b"PK")
    assert code(upload(network, token, folder))[0] == 400
