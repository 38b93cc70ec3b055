"""Migrations are tried in a database that is given, too, and it is left as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.store import open_engine
from hub.testing.plugin_check import check_plugin
from tests.databases import Kind
from tests.testing.plugin_check.mutants import Mutant, copy_plugin, line_of, project_of

ONBOARDING = "distributor_onboarding"
REVISION = f"{ONBOARDING}/migrations/0001_requests.py"


def tables_in(url: str) -> list[str]:
    engine = open_engine(url)
    try:
        return sa.inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_database_that_is_given_is_left_empty(
    new_database: Callable[..., str], tmp_path: Path, cache: Path
) -> None:
    url = new_database(migrated=False)
    report = check_plugin(str(copy_plugin(ONBOARDING, tmp_path)), cache=cache, postgres=url)
    assert report.errors == []
    assert tables_in(url) == []


def test_what_fails_there_alone_is_found(
    new_database: Callable[..., str], database_kind: Kind, tmp_path: Path, cache: Path
) -> None:
    dialect = "postgresql" if database_kind == "postgres" else "sqlite"
    fails = f'    if op.get_bind().dialect.name == "{dialect}":\n        raise NotImplementedError\n'
    change = ("    op.drop_table(TABLE)", f"{fails}    op.drop_table(TABLE)")
    mutant = Mutant("fails there", ONBOARDING, (change,), "migration-fails", module=REVISION)
    module = mutant.make(tmp_path)
    url = new_database(migrated=False)
    (finding,) = check_plugin(str(project_of(module)), cache=cache, postgres=url).errors
    assert (finding.code, finding.place.line) == ("migration-fails", line_of(module, "NotImplementedError"))
    assert tables_in(url) == []


@pytest.mark.parametrize("database_kind", ["postgres"])
def test_a_database_with_something_in_it_is_left_alone(
    new_database: Callable[..., str], tmp_path: Path, cache: Path
) -> None:
    url = new_database()
    before = tables_in(url)
    report = check_plugin(str(copy_plugin(ONBOARDING, tmp_path)), cache=cache, postgres=url)
    assert [finding.code for finding in report.findings] == ["no-sample"]
    assert "not empty" in report.findings[0].problem
    assert tables_in(url) == before
