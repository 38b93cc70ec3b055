"""Platform Notification Service, the hub as tool: what a launch tells of it is kept with the deployment."""

from typing import Any

import pytest

from hub.lti.notices.platform_service import NoticeService, find_notice_service
from tests.lti.tool.rig import DEPLOYMENT, West, record

URL = "https://west.example/notices/1"


def kept(west: West) -> NoticeService | None:
    with west.hub.reading() as uow:
        return find_notice_service(uow, west.west.connection_id, DEPLOYMENT)


def claim(**changes: Any) -> dict[str, Any]:
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": URL,
        "scope": ["https://purl.imsglobal.org/spec/lti/scope/noticehandlers"],
        "notice_types_supported": ["LtiHelloWorldNotice", "LtiContextCopyNotice"],
        **changes,
    }


def test_service_is_kept_changed_and_not_forgotten(west: West) -> None:
    assert kept(west) is None
    west.launch(x__platformnotificationservice=claim())
    service = NoticeService(URL, ("LtiHelloWorldNotice", "LtiContextCopyNotice"))
    assert kept(west) == service
    west.launch()
    assert kept(west) == service
    before = record(west)
    west.launch(x__platformnotificationservice=claim())
    assert "lti_platform_deployment" not in before.changed()
    west.launch(x__platformnotificationservice=claim(platform_notification_service_url=URL + "2"))
    assert kept(west) == NoticeService(URL + "2", service.notice_types)


def test_types_that_are_none_are_left_out(west: West) -> None:
    west.launch(x__platformnotificationservice=claim(notice_types_supported=[7, "", "x" * 101, "Some"]))
    assert kept(west) == NoticeService(URL, ("Some",))


@pytest.mark.parametrize(
    "wrong",
    [
        "text",
        [],
        claim(platform_notification_service_url=None),
        claim(platform_notification_service_url="javascript:alert(1)"),
        claim(platform_notification_service_url="http://west.example/notices"),
        claim(platform_notification_service_url=URL + "x" * 2000),
    ],
)
def test_claim_that_is_none_changes_nothing(west: West, wrong: Any) -> None:
    assert west.launch(x__platformnotificationservice=wrong).status_code == 303
    assert kept(west) is None


def test_message_that_is_refused_leaves_nothing(west: West) -> None:
    west.refused("expired", {"x__platformnotificationservice": claim(), "exp": 1})
    assert kept(west) is None
