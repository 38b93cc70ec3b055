"""What must happen once, when several try at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
import sqlalchemy as sa

from hub.lti import tables
from hub.testing.keys import new_key
from tests.lti.rig import Form, Rig, later

T = TypeVar("T")
MANY = 12


def together(calls: list[Callable[[], T]]) -> list[T]:
    """Run them at once, as several web processes would."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def test_p3_a_login_hint_used_by_many_at_once_opens_one_launch(rig: Rig) -> None:
    request, record = rig.request_for(rig.start()), rig.record()

    def authorize() -> str:
        browser = rig.another_client()
        browser.sign_in("ann")
        answer = browser.authorize(request)
        return Form(answer.text).fields.get("error", "launched")

    assert Counter(together([authorize] * MANY)) == {"launched": 1, "access_denied": MANY - 1}
    assert Counter(record.audited()) == {
        ("launch", "done", ""): 1,
        ("launch", "refused", "hint_reused"): MANY - 1,
    }


def test_first_launches_of_one_person_at_once_get_one_subject_and_one_platform_key(rig: Rig) -> None:
    requests = [rig.request_for(rig.start(course=c)) for c in ("brakes", "batteries") for _ in range(4)]

    def authorize(request: dict[str, str]) -> str:
        browser = rig.another_client()
        browser.sign_in("ann")
        answer = browser.authorize(request)
        return Form(answer.text).fields["id_token"]

    tokens = together([lambda r=r: authorize(r) for r in requests])  # type: ignore[misc]
    assert len({rig.claims(token)["sub"] for token in tokens}) == 1
    assert len((rig.client.get("/lti/jwks", base_url=rig.base).json or {})["keys"]) == 1


def test_p6_one_assertion_sent_many_times_at_once_gives_one_token(rig: Rig) -> None:
    assertion, record = rig.assertion(), rig.record()

    def ask() -> int:
        return rig.another_client().ask_token(client_assertion=assertion).status_code

    assert Counter(together([ask] * MANY)) == {200: 1, 400: MANY - 1}
    assert set(record.audited()) == {("lti_token", "refused", "assertion_replayed")}
    assert rig.keys.calls == 1, "those who need the same keys wait for one fetch"


def test_a_new_key_used_many_times_at_once_costs_one_fetch_and_refuses_nobody(rig: Rig) -> None:
    rig.token()
    rig.hub.clock.advance(seconds=11)  # type: ignore[attr-defined]
    rig.keys.private, old = new_key(), rig.keys.private
    rig.keys.publish(rig.keys.private)
    try:
        tokens = together([lambda: rig.another_client().token()] * 4)
    finally:
        rig.keys.private = old
    assert len(set(tokens)) == 4
    assert rig.keys.calls == 2


@pytest.mark.requirement("I1")
def test_a_score_sent_many_times_at_once_is_one_statement(rig: Rig) -> None:
    score, path, token = rig.score(rig.launch()["sub"]), rig.line_item_path(), rig.token()
    record = rig.record()

    def send() -> int:
        return rig.another_client().post_score(path, token, score).status_code

    assert Counter(together([send] * MANY)) == {200: MANY}
    assert len(rig.statements()) == 1
    assert record.audited() == [("score", "done", "")]


def test_scores_of_one_learner_at_once_leave_the_newest_result(rig: Rig) -> None:
    subject, path, token = rig.launch()["sub"], rig.line_item_path(), rig.token()
    scores = [rig.score(subject, scoreGiven=i, timestamp=later(rig, minutes=i)) for i in range(MANY)]

    def send(score: dict[str, object]) -> int:
        return rig.another_client().post_score(path, token, score).status_code

    assert set(together([lambda s=s: send(s) for s in scores])) == {200}  # type: ignore[misc]
    assert len(rig.statements()) == MANY
    with rig.hub.reading() as uow:
        (kept,) = uow.connection.scalars(sa.select(tables.lti_result.c.score)).all()
    assert kept["scoreGiven"] == MANY - 1
