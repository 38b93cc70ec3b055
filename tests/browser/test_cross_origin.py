"""A course on another origin uses the record store from a real browser."""

from typing import Any
from urllib.parse import urlencode

import flask

from hub.network.systems.connections import create_connection
from hub.testing.serve import serve
from hub.xapi.callers.credentials import ALL, create_credential
from tests.browser.conftest import Site
from tests.xapi.document_rig import parameters
from tests.xapi.rig import basic, statement

ASK = """async ([url, method, headers, body]) => {
    const answer = await fetch(url, {method, headers, body})
    const read = ["ETag", "Last-Modified", "X-Experience-API-Version", "X-Experience-API-Consistent-Through"]
    return [answer.status, await answer.text(), Object.fromEntries(read.map((name) => [name, answer.headers.get(name)]))]
}"""


def test_a_course_reads_and_writes_across_origins(site: Site) -> None:
    with site.world.hub.unit_of_work() as uow:
        key, secret = create_credential(uow, create_connection(uow, "player", "lms", "Player"), [ALL])
    course = flask.Flask("course")
    course.add_url_rule("/", view_func=lambda: "<p>A course</p>")
    always = {"Authorization": basic(key, secret), "X-Experience-API-Version": "1.0.3"}
    with serve(course) as origin:
        page = site.open()
        page.goto(origin)

        def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
            sent = None if body is None else flask.json.dumps(body)
            return page.evaluate(ASK, [f"{site.url}/xapi/{path}", method, always | headers, sent])

        state = f"activities/state?{urlencode(parameters('state'))}"
        json = {"Content-Type": "application/json"}
        assert ask("PUT", state, {"page": 1}, **json, **{"If-None-Match": "*"})[0] == 204
        status, text, read = ask("GET", state)
        assert (status, text) == (200, '{"page": 1}')
        assert all(read.values()), "scripts see the headers that they need"
        assert ask("PUT", state, {"page": 2}, **json, **{"If-Match": '"other"'})[0] == 412
        assert ask("PUT", state, {"page": 2}, **json, **{"If-Match": read["ETag"]})[0] == 204
        assert ask("GET", state)[1] == '{"page": 2}', "and no copy that the browser kept"
        assert ask("POST", "statements", [statement()], **json)[0] == 200
        status, text, _ = ask("GET", "statements?foo=1")
        assert (status, "is no parameter" in text) == (400, True), "refusals can be read too"
        assert ask("DELETE", state)[0] == 204
