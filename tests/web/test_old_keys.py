"""Consumer keys of LTI 1.1, entered at the forms of a tool and of a platform: kept sealed, and never shown."""

import pytest

from hub.lti.legacy.keys import ConsumerKey, Role, find_consumer_key
from hub.network.systems.connections import find_connection
from tests.web.test_connections import PLATFORM, TOOL
from tests.web.world import Browser, World

KEY, SECRET = "179248902", "my-lti11-secret"
FORMS = {"tool": TOOL, "platform": PLATFORM}


@pytest.fixture
def olga(world: World) -> Browser:
    return world.browser("olga")


def kept(world: World, slug: str, role: Role) -> ConsumerKey | None:
    with world.hub.reading() as uow:
        return find_consumer_key(uow, find_connection(uow, slug).id, role)


@pytest.mark.parametrize("role", ["tool", "platform"])
def test_key_is_entered_changed_and_forgotten(world: World, olga: Browser, role: Role) -> None:
    given, add = FORMS[role], f"/admin/connect/{role}"
    slug = given["slug"]
    edit = f"/admin/connections/{slug}/{role}"
    answer = olga.send(add, add, **given, consumer_key=KEY, consumer_secret=SECRET)
    assert answer.status_code == 303
    assert kept(world, slug, role) == ConsumerKey(KEY, SECRET)
    page = olga.get(edit).text
    assert f'value="{KEY}"' in page
    assert SECRET not in page + olga.get(f"/admin/connections/{slug}").text
    olga.send(edit, edit, **given, consumer_key=KEY)
    assert kept(world, slug, role) == ConsumerKey(KEY, SECRET)
    olga.send(edit, edit, **given, consumer_key=KEY, consumer_secret="newer")
    assert kept(world, slug, role) == ConsumerKey(KEY, "newer")
    olga.send(edit, edit, **given)
    assert kept(world, slug, role) is None


@pytest.mark.parametrize("role", ["tool", "platform"])
@pytest.mark.parametrize(
    ("changes", "field"),
    [({"consumer_key": KEY}, "consumer_secret"), ({"consumer_secret": SECRET}, "consumer_key")],
)
def test_half_a_key_is_no_key(
    world: World, olga: Browser, role: Role, changes: dict[str, str], field: str
) -> None:
    add = f"/admin/connect/{role}"
    answer = olga.send(add, add, **{**FORMS[role], **changes})
    assert answer.status_code == 400
    assert f'id="{field}-problem"' in answer.text
    assert SECRET not in answer.text
    assert olga.get(f"/admin/connections/{FORMS[role]['slug']}").status_code == 404
