"""R2-7: what a request may ask is bounded wherever filters, paths and values stand; beyond, the protocol refuses it."""

from typing import Any

import pytest
from scim2_models import InvalidFilterException, InvalidPathException, PayloadTooLargeException, SCIMException
from scim2_server.requests import ScimRequest

from hub.runtime import Hub
from hub.sso.scim import bounds
from tests.sso.scim.rig import BULK, GROUP, PATCH, begin_client, everything, refusals, user

TERMS = " or ".join(['userName co "x"'] * 101)
LONG = "x" * 1001


def _patch(*paths: str, **more: Any) -> dict[str, Any]:
    return {
        "schemas": [PATCH],
        "Operations": [{"op": "replace", "path": p, "value": "x", **more} for p in paths],
    }


def _bulk(*bodies: Any) -> dict[str, Any]:
    return {
        "schemas": [BULK],
        "Operations": [{"method": "PATCH", "path": "/Users/x", "data": body} for body in bodies],
    }


REFUSED: dict[str, tuple[str, Any, type[SCIMException]]] = {
    "filter with many terms": ("/.search", {"filter": TERMS}, InvalidFilterException),
    "filter with quoted words": (
        "/.search",
        {"FILTER": TERMS.replace("x", 'a \\" or')},
        InvalidFilterException,
    ),
    "long filter": (
        "/Users/.search",
        {"filter": 'userName eq "' + "x" * 10_000 + '"'},
        InvalidFilterException,
    ),
    "deep filter": ("/Users/.search", {"filter": "(" * 51 + "a pr" + ")" * 51}, InvalidFilterException),
    "long path": ("/Users/x", _patch(LONG), InvalidPathException),
    "long path in bulk": ("/Bulk", _bulk(_patch(LONG)), InvalidPathException),
    "long name": (
        "/Users/x",
        {"Operations": [{"op": "add", "value": {f"name.{LONG}": 1}}]},
        InvalidPathException,
    ),
    "long sort": ("/.search", {"sortBy": LONG}, InvalidPathException),
    "long list": ("/.search", {"attributes": ["x" * 10_001]}, InvalidPathException),
    "many paths": ("/Bulk", _bulk(*[_patch("x" * 900)] * 75), PayloadTooLargeException),
    "many names": ("/Bulk", {"Operations": [{"a." + "x" * 900: 1}] * 75}, PayloadTooLargeException),
    "many selections": ("/Users/x", _patch(*['emails[type eq "work"].value'] * 21), PayloadTooLargeException),
    "quoted members": (
        "/Users/x",
        _patch(*['emails[type eq ":members["].value'] * 21),
        PayloadTooLargeException,
    ),
    "terms of one path": (
        "/Users/x",
        _patch(f"emails[{' or '.join(['a pr'] * 21)}]"),
        PayloadTooLargeException,
    ),
    "selecting names": (
        "/Users/x",
        {"operations": [{"op": "add", "value": {f'emails[type eq "{n}"].value': 1}} for n in range(21)]},
        PayloadTooLargeException,
    ),
    "many members": ("/Groups/x", _patch(*['members[value eq "x"]'] * 1001), PayloadTooLargeException),
    "selections in bulk": (
        "/Bulk",
        _bulk(*[_patch(*['emails[type eq "work"]'] * 20)] * 11),
        PayloadTooLargeException,
    ),
    "large user": ("/Users", user("ann", displayName="x" * 65_536), PayloadTooLargeException),
    "large body": ("/Groups", {"displayName": "x" * 1024 * 1024}, PayloadTooLargeException),
}
TAKEN: dict[str, tuple[str, Any]] = {
    "100 terms": ("/.search", {"filter": " or ".join(['userName co "or x"'] * 100)}),
    "Entra's 15 attributes": ("/Users/x", _patch(*['addresses[type eq "work"].locality'] * 15)),
    "Entra's 900 members": ("/Groups/x", _patch(*['members[value eq "x"]'] * 900)),
    "by the schema": ("/Groups/x", _patch(*[f'{GROUP}:members[value eq "x"]'] * 500)),
    "bulk of 200": ("/Bulk", _bulk(*[_patch('emails[type eq "work"].value', "title")] * 200)),
}


def _request(path: str, body: Any) -> ScimRequest:
    import json

    headers = [("Content-Type", "application/scim+json")]
    return ScimRequest(
        method="POST", base_url="", path=path, query={}, headers=headers, body=json.dumps(body).encode()
    )


@pytest.mark.parametrize("name", REFUSED)
def test_r2_7_too_much_is_refused_before_it_is_read(name: str) -> None:
    path, body, error = REFUSED[name]
    with pytest.raises(error):
        bounds.check_request(_request(path, body))


@pytest.mark.parametrize("name", TAKEN)
def test_what_clients_send_is_taken(name: str) -> None:
    bounds.check_request(_request(*TAKEN[name]))


@pytest.mark.parametrize("asked", [5, True, {"a": 1}, [5, None]])
@pytest.mark.parametrize("path", ["/Users", "/Users/.search"])
def test_lists_that_are_none_are_no_error_of_the_hub(hub: Hub, path: str, asked: Any) -> None:
    schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
    body = user("zed") if path == "/Users" else {"schemas": [schema]}
    answer = begin_client(hub).ask("POST", path, {**body, "attributes": asked, "excludedAttributes": asked})
    assert 200 <= answer.status_code < 500, answer.text


def test_r2_7_clients_are_told_so(hub: Hub) -> None:
    client = begin_client(hub)
    made = client.post_user()
    many = [{"value": f"{n}@riverside.example"} for n in range(21)]
    asked: list[tuple[str, str, Any, int, str | None, str]] = [
        ("POST", "/.search", {"filter": TERMS}, 400, "invalidFilter", "invalid_filter"),
        ("GET", f"/Users?filter={TERMS}", None, 400, "invalidFilter", "invalid_filter"),
        ("PATCH", f"/Users/{made['id']}", _patch(LONG), 400, "invalidPath", "invalid_path"),
        ("POST", "/Users", user("bob", displayName="x" * 3_000_000), 413, None, "asked_too_much"),
        ("POST", "/Users", user("bob", emails=many), 413, None, "asked_too_much"),
        ("PATCH", f"/Users/{made['id']}", _many_emails(many), 413, None, "asked_too_much"),
    ]
    before = everything(hub)
    for method, path, body, status, kind, _ in asked:
        answer = client.ask(method, path, body)
        told = answer.json or {}
        assert (answer.status_code, told.get("scimType")) == (status, kind), (path[:40], answer.text[:300])
    assert everything(hub) == before
    assert refusals(hub) == [code for *_, code in asked]


def _many_emails(emails: list[dict[str, str]]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": [{"op": "add", "path": "emails", "value": emails}]}
