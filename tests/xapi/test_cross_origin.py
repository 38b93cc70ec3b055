"""Courses in a browser use the store from other origins, by the rules of the Fetch standard."""

from tests.xapi.document_rig import PATHS, Documents
from tests.xapi.rig import Answer, Store, new_uuid, statement

COURSE = "https://course.example"
RESOURCES = {
    "/xapi/statements": "GET, HEAD, POST, PUT, OPTIONS",
    "/xapi/activities/state": "DELETE, GET, HEAD, POST, PUT, OPTIONS",
    "/xapi/activities/profile": "DELETE, GET, HEAD, POST, PUT, OPTIONS",
    "/xapi/agents/profile": "DELETE, GET, HEAD, POST, PUT, OPTIONS",
    "/xapi/agents": "GET, HEAD, OPTIONS",
    "/xapi/about": "GET, HEAD, OPTIONS",
}
NEEDED = ("Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Experience-API-Version")
READABLE = (
    "ETag",
    "Last-Modified",
    "X-Experience-API-Version",
    "X-Experience-API-Consistent-Through",
)


def words(value: str) -> list[str]:
    """The parts of a header that is a list."""
    return value.split(", ")


def allows_everybody(answer: Answer) -> bool:
    """Whether a script of any origin may read the answer, and none may make the browser add who the user is."""
    headers = answer.headers
    return headers["Access-Control-Allow-Origin"] == "*" and "Access-Control-Allow-Credentials" not in headers


def test_a_preflight_is_answered_without_credentials(store: Store) -> None:
    for path, methods in RESOURCES.items():
        preflight = {
            "Authorization": None,
            "X-Experience-API-Version": None,
            "Origin": COURSE,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,if-match,x-experience-api-version",
        }
        answer = store.send("OPTIONS", path, headers=preflight)
        assert (answer.status_code, answer.data) == (204, b"")
        assert allows_everybody(answer)
        assert answer.headers["Access-Control-Allow-Methods"] == methods
        assert set(NEEDED) <= set(words(answer.headers["Access-Control-Allow-Headers"]))
        assert int(answer.headers["Access-Control-Max-Age"]) > 0


def test_options_tell_what_a_resource_does(store: Store) -> None:
    for path, methods in RESOURCES.items():
        answer = store.send("OPTIONS", path, headers={"Authorization": None})
        assert (answer.status_code, answer.headers["Allow"]) == (204, methods)
        assert "Access-Control-Allow-Methods" not in answer.headers
    assert store.send("OPTIONS", "/xapi/nothing").status_code == 404


def test_scripts_of_any_origin_may_read_every_answer(trusted_store: Store) -> None:
    trusted_store.headers["Origin"] = COURSE
    id = new_uuid()
    answers = [
        trusted_store.put(id, statement()),
        trusted_store.put(id, statement(result={"success": True})),
        trusted_store.post(b"{"),
        trusted_store.get(),
        trusted_store.get(statementId=new_uuid()),
        trusted_store.send("GET", headers={"Authorization": None}),
        trusted_store.send("PATCH"),
        trusted_store.send("GET", "/xapi/about"),
        trusted_store.send("GET", "/xapi/nothing"),
    ]
    for kind in PATHS:
        documents = Documents(trusted_store, kind)
        documents.make({})
        answers += [documents.send(method) for method in ("GET", "HEAD", "PUT", "DELETE")]
    for answer in answers:
        assert allows_everybody(answer)
        assert set(READABLE) <= set(words(answer.headers["Access-Control-Expose-Headers"]))


def test_the_hub_s_pages_stay_closed(store: Store) -> None:
    answer = store.send("GET", "/")
    assert "Access-Control-Allow-Origin" not in answer.headers
