"""The log: one line per event, and no secret in any of them."""

import json
import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from hub.logging import configure_logging, get_logger
from hub.runtime import Hub
from tests.logs import logging_kept


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    with logging_kept():
        yield


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("as_json", [True, False])
def test_values_that_are_named_like_secrets_are_masked_at_any_depth(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    configure_logging(as_json=as_json)
    get_logger("test").info(
        "signed_in",
        client_secret="s3cr3t",
        id_token="s3cr3t",
        code="s3cr3t",
        email="s3cr3t",
        request={
            "headers": {"Authorization": "s3cr3t", "Set-Cookie": "s3cr3t"},
            "forms": [{"password": "s3cr3t"}],
        },
        person="0190a7a0",
    )
    line = capsys.readouterr().err
    assert "s3cr3t" not in line
    assert line.count("[masked]") == 7
    assert "0190a7a0" in line


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("as_json", [True, False])
def test_traceback_shows_no_values(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    configure_logging(as_json=as_json)

    def fail(number: int, password: str) -> float:
        return number / (len(password) - 6)

    try:
        fail(1, password="".join(["s3", "cr", "3t"]))
    except ZeroDivisionError:
        get_logger("test").exception("failed")
    text = capsys.readouterr().err
    assert "ZeroDivisionError" in text
    assert "s3cr3t" not in text


@pytest.mark.requirement("R9")
def test_database_error_shows_no_values(hub: Hub) -> None:
    twice = [{"key": "sales", "name": "s3cr3t"}] * 2
    with pytest.raises(sa.exc.IntegrityError) as error, hub.unit_of_work() as uow:
        uow.connection.execute(sa.text("INSERT INTO dimension (key, name) VALUES (:key, :name)"), twice)
    assert "s3cr3t" not in str(error.value)


def test_line_is_one_json_object_also_for_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging()
    get_logger("test").warning("reader_failed", reader="recognize")
    logging.getLogger("some.library").warning("went %s", "wrong")
    ours, theirs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["level"], ours["reader"]) == ("reader_failed", "warning", "recognize")
    assert (theirs["event"], theirs["level"]) == ("went wrong", "warning")


def test_lines_below_the_configured_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(level="warning")
    get_logger("test").info("idle")
    assert capsys.readouterr().err == ""
