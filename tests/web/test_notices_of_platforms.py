"""The page of a platform says of what its deployments have notices."""

from hub.lti.notices.platform_service import keep_notice_service
from hub.lti.vocabulary import NOTICES_CLAIM
from tests.web.test_connections import text, west
from tests.web.world import World


def test_page_of_a_platform_shows_its_notices(world: World) -> None:
    connection_id, olga = west(world), world.browser("olga")
    page = "/admin/connections/lms-west"
    assert "Has notices" not in olga.get(page).text
    claim = {
        "platform_notification_service_url": "https://west.example/notices",
        "notice_types_supported": ["LtiHelloWorldNotice", "<b>"],
    }
    with world.hub.unit_of_work() as uow:
        keep_notice_service(uow, connection_id, "dep/1", {NOTICES_CLAIM: claim})
    shown = olga.get(page).text
    assert "Has notices: LtiHelloWorldNotice, <b>" in text(shown)
    assert "<b>" not in shown
