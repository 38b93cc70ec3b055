"""What the roster service refuses or leaves out: rows P8, P9, P13, P14 and P15 for Names and Role Provisioning."""

import pytest
import sqlalchemy as sa

from hub.ids import new_id
from hub.lti import tables
from hub.lti.tools import set_tool_disabled
from hub.lti.vocabulary import AGS_SCOPES, NRPS_CLAIM, NRPS_SCOPE
from hub.network.systems.connections import set_connection_disabled
from tests.lti.rig import Rig


def path(rig: Rig, course: str = "brakes") -> str:
    return f"/lti/contexts/{rig.context(course)}/members"


def refused(rig: Rig, address: str, token: str | None, reason: str, status: int) -> None:
    """One audit row, and nothing written: no roster, no subject."""
    record = rig.record()
    answer = rig.call("GET", address, token)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, reason), answer.text
    assert answer.content_type == "application/problem+json"
    record.assert_refused("members", reason)


@pytest.mark.parametrize(
    ("token", "reason"), [(None, "no_token"), ("short", "malformed_token"), ("x" * 43, "unknown_token")]
)
def test_p8_no_good_token(shared: Rig, token: str | None, reason: str) -> None:
    refused(shared, path(shared), token, reason, 401)


@pytest.mark.parametrize("column", ["revoked", "expires_at"])
def test_p8_a_token_that_is_over(rig: Rig, column: str) -> None:
    token, address = rig.token(NRPS_SCOPE), path(rig)
    with rig.hub.unit_of_work() as uow:
        value = True if column == "revoked" else uow.now
        uow.connection.execute(sa.update(tables.lti_token).values({column: value}))
    refused(rig, address, token, "token_revoked" if column == "revoked" else "token_expired", 401)


def test_p8_token_of_another_tool(shared: Rig) -> None:
    refused(shared, path(shared), shared.token(NRPS_SCOPE, tool=shared.south), "no_context", 404)


@pytest.mark.parametrize("context", ["made up", "not an id", "NUL", "of another tool"])
def test_p8_another_context(shared: Rig, context: str) -> None:
    contexts = {"made up": new_id(), "not an id": "1", "NUL": "%00"}
    other = contexts.get(context) or shared.context("tires")
    refused(shared, f"/lti/contexts/{other}/members", shared.token(NRPS_SCOPE), "no_context", 404)


@pytest.mark.parametrize("scope", AGS_SCOPES, ids=lambda scope: scope.rpartition("/")[2])
def test_p9_a_scope_that_does_not_allow_it(shared: Rig, scope: str) -> None:
    refused(shared, path(shared), shared.token(scope), "insufficient_scope", 403)


def test_p9_a_tool_that_may_not_read_rosters_is_not_told_where_they_are(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_tool).values(scopes=list(AGS_SCOPES)))
    assert NRPS_CLAIM not in rig.launch()


@pytest.mark.parametrize("limit", ["0", "-1", "1e9", "ten", "1.5", "%D9%A1", ""])
def test_p13_bad_limit(shared: Rig, limit: str) -> None:
    refused(shared, f"{path(shared)}?limit={limit}", shared.token(NRPS_SCOPE), "bad_limit", 400)


def test_p13_a_large_limit_is_cut(rig: Rig) -> None:
    answer = rig.call("GET", f"{path(rig)}?limit=1000000000", rig.token(NRPS_SCOPE))
    assert answer.status_code == 200


@pytest.mark.parametrize("page", ["", "1", "zz", "00ff", "%00", "ab" * 200])
def test_p13_tampered_next(shared: Rig, page: str) -> None:
    refused(shared, f"{path(shared)}?page={page}", shared.token(NRPS_SCOPE), "bad_page", 400)


@pytest.mark.parametrize("since", ["", "1", "zz", "00ff", "ab" * 200, "a page", "of another course"])
def test_p13_tampered_differences(rig: Rig, since: str) -> None:
    token = rig.token(NRPS_SCOPE)
    link = rig.call("GET", f"{path(rig, 'batteries')}?limit=1", token).headers["Link"]
    other = link.rpartition("since=")[2].partition(">")[0]
    page = link.partition("page=")[2].partition(">")[0]
    given = {"a page": page, "of another course": other}.get(since, since)
    refused(rig, f"{path(rig)}?since={given}", token, "bad_since", 400)


def test_p13_next_of_another_course(rig: Rig) -> None:
    token = rig.token(NRPS_SCOPE)
    link = rig.call("GET", f"{path(rig, 'batteries')}?limit=1", token).headers["Link"]
    page = link.partition("page=")[2].partition(">")[0]
    refused(rig, f"{path(rig)}?page={page}", token, "bad_page", 400)


@pytest.mark.parametrize("query", ["role=%00", "role=" + "x" * 1_001, "rlid=%00"], ids=len)
def test_p13_bad_filter(shared: Rig, query: str) -> None:
    refused(shared, f"{path(shared)}?{query}", shared.token(NRPS_SCOPE), "bad_filter", 400)


@pytest.mark.parametrize("rlid", ["made-up", "of another course", "of another tool"])
def test_p13_a_resource_link_of_another_context(shared: Rig, rlid: str) -> None:
    courses = {"of another course": "batteries", "of another tool": "tires"}
    link = shared.context(courses[rlid]) if rlid in courses else rlid
    refused(shared, f"{path(shared)}?rlid={link}", shared.token(NRPS_SCOPE), "no_resource_link", 404)


def test_p14_personal_data_is_left_out_where_the_tool_may_not_have_it(rig: Rig) -> None:
    token = rig.token(NRPS_SCOPE)
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_tool).values(shares_personal_data=False))
    answer = rig.call("GET", f"{path(rig)}?rlid={rig.context()}", token)
    assert answer.json is not None
    assert [set(m) for m in answer.json["members"]] == [{"status", "user_id", "roles", "message"}] * 2
    for word in ("ann", "bob", "Tester", "riverside.example"):
        assert word not in answer.text


def test_p14_personal_data_is_left_out_of_who_is_gone(rig: Rig) -> None:
    token = rig.token(NRPS_SCOPE)
    link = rig.call("GET", path(rig), token).headers["Link"]
    rig.withdraw("ann")
    answer = rig.call("GET", link[1:].partition(">")[0].removeprefix(rig.base), token)
    assert answer.json is not None
    assert [set(m) for m in answer.json["members"]] == [{"status", "user_id", "roles"}]


@pytest.mark.parametrize("switch", ["tool", "connection"])
def test_p15_a_deactivated_tool_reads_no_roster(rig: Rig, switch: str) -> None:
    token, address = rig.token(NRPS_SCOPE), path(rig)
    with rig.hub.unit_of_work() as uow:
        turn_off = set_tool_disabled if switch == "tool" else set_connection_disabled
        turn_off(uow, rig.north.connection_id, disabled=True)
    refused(rig, address, token, "tool_disabled", 401)


def test_p15_a_tool_whose_deployments_are_all_off_reads_no_roster(rig: Rig) -> None:
    token, address = rig.token(NRPS_SCOPE), path(rig)
    with rig.hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(tables.lti_deployment).values(disabled=True))
    refused(rig, address, token, "deployment_disabled", 401)
