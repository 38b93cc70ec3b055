"""A web session that nobody uses any more is over for the systems behind the hub as it is for the hub's own pages."""

from hub.clock import SettableClock
from tests.sso.provider.rig import Downstream
from tests.sso.rig import Record


def test_tokens_end_when_the_session_is_idle_too_long(lms: Downstream, clock: SettableClock) -> None:
    tokens = lms.sign_in()
    clock.advance(minutes=lms.hub.settings.session_idle_minutes + 2)
    assert lms.browser.person() is None, "over for the hub's own pages"
    record = Record(lms.hub)
    answer = lms.refresh(tokens["refresh_token"])
    assert (answer.status_code, (answer.json or {})["error"]) == (400, "invalid_grant")
    assert record.audit_since() == [("client_token", "refused", "refresh_over")]
    assert record.changed_tables() == set()
    assert lms.deliveries() == [], "whoever works in the system goes on there"


def test_a_refresh_is_a_use_of_the_session(lms: Downstream, clock: SettableClock) -> None:
    token = lms.sign_in()["refresh_token"]
    for _ in range(3):
        clock.advance(minutes=lms.hub.settings.session_idle_minutes - 2)
        tokens = lms.refresh(token).json or {}
        assert lms.userinfo(tokens["access_token"]).status_code == 200
        token = tokens["refresh_token"]
    assert lms.browser.person() is not None
