"""The operators' page about tokens of the REST interface."""

import re

import pytest

from hub.access.api_tokens import list_api_tokens
from tests.web.test_connections import text
from tests.web.world import Browser, World

PAGE = "/admin/api-tokens"


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def _ask(world: World, token: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return world.browser().get(f"/api/v1{path}", headers=headers).status_code


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ({"kind": "partner", "partner": "Harbor Auto Group"}, "Harbor Auto Group"),
        ({"kind": "person", "person": "ana@harbor.example"}, "Ana Lopes"),
        ({"kind": "operator"}, "the hub’s own: everything"),
    ],
)
def test_a_token_is_made_shown_once_and_revoked(
    world: World, olga: Browser, owner: dict[str, str], told: str
) -> None:
    assert "No tokens yet" in text(olga.get(PAGE).text)
    made = olga.send(PAGE, PAGE, label="nightly report", scopes=["network/read"], expires_at="", **owner)
    assert made.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="token">(hub_[\w-]{43})<', made.text)
    assert found, text(made.text)
    assert _ask(world, found[1], "/locations") == 200
    page = text(olga.get(PAGE).text)
    assert told in page
    assert "nightly report" in page
    assert found[1] not in page
    with world.hub.reading() as uow:
        id = list_api_tokens(uow)[0].id
    assert olga.send(f"{PAGE}/{id}/revoke", PAGE).status_code == 303
    assert _ask(world, found[1], "/locations") == 401


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "partner", "partner": "", "scopes": "network/read"}, "Partner: is missing"),
        ({"kind": "partner", "partner": "Nobody", "scopes": "network/read"}, "There is no partner Nobody"),
        (
            {"kind": "person", "person": "x@y.example", "scopes": "network/read"},
            "Person: nobody has this address",
        ),
        ({"kind": "operator"}, "there must be at least one"),
        ({"kind": "other", "scopes": "network/read"}, "How far it reaches: choose one"),
        ({"kind": "operator", "scopes": "network/read", "expires_at": "soon"}, "must be a day"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, olga: Browser, form: dict[str, str], words: str
) -> None:
    sent = olga.send(PAGE, PAGE, label="my label", **form)
    assert sent.status_code == 400
    assert words in text(sent.text)
    assert 'value="my label"' in sent.text
    with world.hub.reading() as uow:
        assert list_api_tokens(uow) == []


def test_the_page_is_for_operators(world: World) -> None:
    assert world.browser("ana").get(PAGE).status_code == 403
