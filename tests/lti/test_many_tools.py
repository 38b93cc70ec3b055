"""With thousands of registered tools a launch, a token and a score cost what they cost with two."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.lti import tables
from hub.network.tables import connection
from tests.lti.rig import Form, Rig

MANY = 2_000
GROWING = ("lti_tool", "lti_deployment", "lti_launch", "connection", "lti_token")


def register_many(rig: Rig) -> None:
    """Tools that nobody here uses, each with a launch of somebody else's and an old token."""
    tools = [
        {
            "connection_id": new_id(),
            "client_id": new_id(),
            "deployment_id": f"deployment-{i}",
            "login_url": "https://lms.example/login",
            "launch_url": "https://lms.example/launch",
            "redirect_uris": [],
            "jwks_url": "https://lms.example/jwks",
            "scopes": [],
            "shares_personal_data": False,
            "disabled": False,
        }
        for i in range(MANY)
    ]
    with rig.hub.unit_of_work() as uow:
        rows: dict[sa.Table, list[dict[str, Any]]] = {
            connection: [
                {"id": t["connection_id"], "slug": f"tool-{i}", "kind": "lms", "name": "", "disabled": False}
                for i, t in enumerate(tools)
            ],
            tables.lti_tool: tools,
            tables.lti_deployment: [
                {
                    "connection_id": t["connection_id"],
                    "deployment_id": t["deployment_id"],
                    "name": "",
                    "disabled": False,
                }
                for t in tools
            ],
            tables.lti_launch: [
                {
                    "id": new_id(),
                    "hint_hash": new_id(),
                    "person_id": rig.world.ids["cid"],
                    "connection_id": t["connection_id"],
                    "deployment_id": t["deployment_id"],
                    "session_hash": "",
                    "registration": new_id(),
                    "created_at": uow.now,
                }
                for t in tools
            ],
            tables.lti_token: [
                {
                    "token_hash": new_id(),
                    "connection_id": t["connection_id"],
                    "scopes": [],
                    "expires_at": uow.now,
                    "revoked": False,
                }
                for t in tools
            ],
        }
        for table, values in rows.items():
            uow.connection.execute(sa.insert(table), values)
    if rig.hub.engine.dialect.name == "postgresql":
        with rig.hub.engine.connect() as connected:
            connected.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def queries_of(rig: Rig, call: Callable[[], object]) -> list[tuple[str, Any]]:
    """What the database was asked, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, text: str, parameters: Any, *_: object) -> None:
        seen.append((text, parameters))

    sa.event.listen(rig.hub.engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        sa.event.remove(rig.hub.engine, "before_cursor_execute", note)
    return seen


def read_whole(rig: Rig, queries: list[tuple[str, Any]]) -> set[str]:
    """Growing tables that the database would read from end to end for these queries."""
    is_sqlite = rig.hub.engine.dialect.name == "sqlite"
    found: set[str] = set()
    with rig.hub.engine.connect() as connected:
        for text, parameters in queries:
            if not text.lstrip().upper().startswith(("SELECT", "UPDATE")):
                continue
            explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
            plan = "\n".join(str(row) for row in connected.exec_driver_sql(explain + text, parameters))
            found |= set(re.findall(r"SCAN (\w+)" if is_sqlite else r"Seq Scan on (\w+)", plan))
        connected.rollback()
    return found & set(GROWING)


@pytest.mark.parametrize("what", ["launch", "token", "score"])
def test_cost_does_not_grow_with_the_number_of_tools(rig: Rig, what: str) -> None:
    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    given = iter(range(1, 100))

    def launch() -> None:
        assert "id_token" in Form(rig.authorize(rig.request_for(rig.start())).text).fields

    def score() -> None:
        assert rig.post_score(path, token, rig.score(subject, scoreGiven=next(given))).status_code == 200

    calls: dict[str, Callable[[], object]] = {"launch": launch, "token": rig.token, "score": score}
    call = calls[what]
    call()
    before = queries_of(rig, call)
    register_many(rig)
    after = queries_of(rig, call)
    assert [text for text, _ in after] == [text for text, _ in before]
    assert read_whole(rig, after) == set()
