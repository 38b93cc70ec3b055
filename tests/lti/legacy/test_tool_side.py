"""LTI 1.1 migration claim, the hub as tool: a signed claim carries over who somebody was, anything else carries over nothing."""

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from hub.errors import BadInput
from hub.journal import tables as journal
from hub.logging import configure_logging
from hub.lti.legacy.claim import MIGRATION_CLAIM, OldIds, read_old_ids, sign_key
from hub.lti.legacy.keys import ConsumerKey, find_consumer_key, set_consumer_key
from hub.lti.legacy.tables import lti_consumer_key
from hub.lti.tool.platforms import update_platform
from hub.lti.tool.tables import lti_placement
from hub.lti.vocabulary import CLAIM
from hub.network import tables as network
from hub.network.people.identities import LTI_1P1_SUBJECT, LTI_SUBJECT, find_person, link_identity
from hub.runtime import Hub
from hub.sealing import Sealer
from tests.logs import logging_kept
from tests.lti.tool.rig import CLIENT, ISSUER, West, record

KEY, SECRET = "179248902", "my-lti11-secret"
OLD, NEW = "34212", "3f-new"


def know_by_old_id(west: West, person: str = "ann", old: str = OLD) -> None:
    """As a roster of form lti1p1 says it, beside the key an operator entered."""
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, west.west.connection_id, "platform", KEY, SECRET)
        link_identity(uow, west.west.connection_id, LTI_1P1_SUBJECT, old, west.world.ids[person], "roster")


def lose_secret_key(hub: Hub) -> None:
    """Let all consumer keys be sealed with a secret key that is not in the settings any more."""
    sealed = Sealer(["a-secret-key-that-left-0123456789abcdef"]).seal(SECRET)
    with hub.unit_of_work() as uow:
        uow.connection.execute(sa.update(lti_consumer_key).values(sealed_secret=sealed))


def wait_until_blocked(hub: Hub) -> None:
    """Until another unit waits for the one that is open. On SQLite each waits before it begins."""
    blocked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    while True:
        with hub.reading() as uow:
            if uow.is_sqlite or uow.connection.scalar(blocked) == 1:
                return


def sign(claims: dict[str, Any], secret: str = SECRET, key: str = KEY) -> str:
    """As the standard words it, apart from the hub's own code."""
    parts = (key, claims[CLAIM + "deployment_id"], ISSUER, CLIENT, str(claims["exp"]), claims["nonce"])
    digest = hmac.new(secret.encode(), "&".join(parts).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def launch(west: West, told: dict[str, Any] | None = None, **changes: Any) -> TestResponse:
    """A launch of somebody new with a good claim; None in ``told`` leaves a part of it out."""
    begun = west.begin(target_link_uri=changes.get("x__target_link_uri", west.target()))
    claims = west.claims(begun, **{"sub": NEW, **changes})
    claim = {
        "user_id": OLD,
        "oauth_consumer_key": KEY,
        "oauth_consumer_key_sign": sign(claims),
        **(told or {}),
    }
    claims[MIGRATION_CLAIM] = {name: value for name, value in claim.items() if value is not None}
    return west.post(begun["state"], west.sign(claims))


def is_known_as(west: West, subject: str = NEW) -> str | None:
    with west.hub.reading() as uow:
        return find_person(uow, west.west.connection_id, LTI_SUBJECT, subject)


def assert_nothing_carried_over(west: West, answer: TestResponse, judged: str | None) -> None:
    """The launch goes on as if there was no claim: to the page that asks who this is."""
    assert west.open(answer).location.startswith("/link/")
    assert is_known_as(west) is None
    assert west.last_audit_detail()["received"].get("migration") == judged


def test_the_example_of_the_standard() -> None:
    claims = {
        "iss": "https://lmsvendor.com",
        CLAIM + "deployment_id": "689302",
        "exp": 1551290856,
        "nonce": "172we8671fd8z",
    }
    signed = sign_key(ConsumerKey(KEY, SECRET), claims, "PM48OJSfGDTAzAo")
    assert signed == "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps="


def test_signed_claim_lets_the_new_subject_mean_the_same_person(west: West) -> None:
    know_by_old_id(west)
    before = record(west)
    west.open(launch(west))
    assert west.people_signed_in() == ["ann"]
    assert is_known_as(west) == west.world.ids["ann"]
    assert ("lti_carried_over", "done", "") in before.audited()
    # From now on without the claim.
    other = west.another_browser()
    other.open(other.launch(sub=NEW))
    assert west.people_signed_in() == ["ann", "ann"]


def test_signed_claim_also_where_unknown_people_are_refused(west: West) -> None:
    know_by_old_id(west)
    with west.hub.unit_of_work() as uow:
        update_platform(uow, west.west.connection_id, unknown_people="refuse")
    assert launch(west).status_code == 303
    assert is_known_as(west) == west.world.ids["ann"]


def test_subject_that_means_somebody_keeps_meaning_them(west: West) -> None:
    know_by_old_id(west, "ann")
    west.know("bob", NEW)
    west.open(launch(west))
    assert west.people_signed_in() == ["bob"]


def test_old_id_is_not_looked_for_among_new_subjects(west: West) -> None:
    """Numbers of both kinds may be equal and mean two people."""
    know_by_old_id(west, "ann", "another")
    west.know("bob", OLD)
    assert_nothing_carried_over(west, launch(west), "signed")


def test_person_of_another_partner_is_refused_and_nothing_is_kept(west: West) -> None:
    know_by_old_id(west)
    with west.hub.unit_of_work() as uow:
        uow.connection.execute(network.partner.insert().values(id=west.another_partner, name="Hilltop"))
        uow.connection.execute(
            sa.update(network.person)
            .where(network.person.c.id == west.world.ids["ann"])
            .values(partner_id=west.another_partner)
        )
    before = record(west)
    assert launch(west).status_code == 403
    assert before.audited() == [("lti_entry", "refused", "left_partner")]
    assert is_known_as(west) is None


def test_signed_claim_without_user_id_means_the_subject_of_the_message(west: West) -> None:
    """Moodle's user_migration_claim: user_id is sent only if it differs from sub."""
    know_by_old_id(west)
    west.open(launch(west, {"user_id": None}, sub=OLD))
    assert west.people_signed_in() == ["ann"]
    assert is_known_as(west, OLD) == west.world.ids["ann"]


@pytest.mark.parametrize("user_id", ["", 34212, "x" * 256, "a\0b", {}], ids=repr)
def test_user_id_that_cannot_be_is_not_replaced_by_the_subject(west: West, user_id: object) -> None:
    know_by_old_id(west)
    assert west.open(launch(west, {"user_id": user_id}, sub=OLD)).location.startswith("/link/")
    assert is_known_as(west, OLD) is None


def test_user_id_that_is_null_is_not_replaced_by_the_subject() -> None:
    assert read_old_ids({"sub": OLD, MIGRATION_CLAIM: {"user_id": None}}) == OldIds()


def test_unsigned_claim_without_user_id_carries_over_nothing(west: West) -> None:
    know_by_old_id(west)
    answer = launch(west, {"user_id": None, "oauth_consumer_key_sign": "wrong"}, sub=OLD)
    assert west.open(answer).location.startswith("/link/")
    assert is_known_as(west, OLD) is None


@pytest.mark.parametrize(
    ("told", "judged"),
    [
        ({"oauth_consumer_key_sign": None}, "unsigned"),
        ({"oauth_consumer_key_sign": ""}, "unsigned"),
        ({"oauth_consumer_key_sign": 7}, "unsigned"),
        ({"oauth_consumer_key": None}, "unsigned"),
        ({"oauth_consumer_key": ["179248902"]}, "unsigned"),
        ({"oauth_consumer_key": "another"}, "other_key"),
        ({"oauth_consumer_key_sign": "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps="}, "wrong_signature"),
        ({"oauth_consumer_key_sign": "\u00e4"}, "wrong_signature"),
        ({"user_id": None}, "signed"),
        ({"user_id": 34212}, "signed"),
        ({"user_id": "x" * 256}, "signed"),
        ({"user_id": "nobody"}, "signed"),
    ],
)
def test_claim_that_proves_nothing_is_ignored(west: West, told: dict[str, Any], judged: str) -> None:
    know_by_old_id(west)
    assert_nothing_carried_over(west, launch(west, told), judged)


def test_signed_with_another_secret_is_ignored(west: West) -> None:
    know_by_old_id(west)
    begun = west.begin()
    claims = west.claims(begun, sub=NEW)
    claims[MIGRATION_CLAIM] = {
        "user_id": OLD,
        "oauth_consumer_key": KEY,
        "oauth_consumer_key_sign": sign(claims, "another-secret"),
    }
    assert_nothing_carried_over(west, west.post(begun["state"], west.sign(claims)), "wrong_signature")


def test_claim_of_an_earlier_message_fits_no_other(west: West) -> None:
    know_by_old_id(west)
    first = west.claims(west.begin(), sub="somebody")
    answer = launch(west, {"oauth_consumer_key_sign": sign(first)})
    assert_nothing_carried_over(west, answer, "wrong_signature")


def test_message_with_the_claim_that_comes_again_is_refused(west: West) -> None:
    know_by_old_id(west)
    begun = west.begin()
    claims = west.claims(begun, sub=NEW)
    claims[MIGRATION_CLAIM] = {
        "user_id": OLD,
        "oauth_consumer_key": KEY,
        "oauth_consumer_key_sign": sign(claims),
    }
    token = west.sign(claims)
    west.post(begun["state"], token)
    west.refuse(begun, token, "state_used")


@pytest.mark.parametrize("claim", ["text", 7, [], True])
def test_claim_that_is_no_object_is_ignored(west: West, claim: Any) -> None:
    know_by_old_id(west)
    assert_nothing_carried_over(west, west.launch(sub=NEW, x__lti1p1=claim), None)


def test_without_a_key_here_the_claim_is_ignored(west: West) -> None:
    with west.hub.unit_of_work() as uow:
        link_identity(uow, west.west.connection_id, LTI_1P1_SUBJECT, OLD, west.world.ids["ann"], "roster")
    assert_nothing_carried_over(west, launch(west), None)


def test_key_of_another_connection_does_not_count(west: West) -> None:
    know_by_old_id(west)
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, west.west.connection_id, "platform", "")
        set_consumer_key(uow, west.east.connection_id, "platform", KEY, SECRET)
    assert_nothing_carried_over(west, launch(west), None)


def placements(west: West) -> dict[str, str]:
    """Ids by link id."""
    with west.hub.reading() as uow:
        rows = uow.connection.execute(sa.select(lti_placement.c.resource_link_id, lti_placement.c.id))
        return {row.resource_link_id: row.id for row in rows}


def place(west: West, link: str, **changes: Any) -> None:
    """A launch from a link of course c-1 there."""
    west.another_browser().launch(
        changes.pop("target", None),
        x__resource_link={"id": link},
        x__context={"id": changes.pop("context", "c-1")},
        **changes,
    )


def move(west: West, old: str, new: str, **told: Any) -> None:
    launch(
        west,
        {"resource_link_id": old, "user_id": None, **told},
        x__resource_link={"id": new},
        x__context={"id": "c-1"},
    )


def test_placement_goes_on_under_its_new_link(west: West) -> None:
    know_by_old_id(west)
    place(west, "old-1")
    before = placements(west)
    move(west, "old-1", "new-1")
    assert placements(west) == {"new-1": before["old-1"]}
    # A link whose new id is the old id of another is another link.
    place(west, "old-1")
    after = placements(west)
    assert after.keys() == {"new-1", "old-1"}
    assert after["new-1"] == before["old-1"]
    place(west, "old-1")
    assert placements(west) == after
    move(west, "old-1", "new-2")
    place(west, "old-1")
    assert placements(west).items() > {("new-1", after["new-1"]), ("new-2", after["old-1"])}
    assert len(set(placements(west).values())) == 3


def test_placement_of_another_course_or_target_stays(west: West) -> None:
    know_by_old_id(west)
    place(west, "old-1", context="c-2")
    place(west, "old-2", target=west.target("brakes"))
    before = placements(west)
    move(west, "old-1", "new-1")
    move(west, "old-2", "new-2")
    assert placements(west).items() > before.items()


def test_placement_stays_without_a_signature(west: West) -> None:
    know_by_old_id(west)
    place(west, "old-1")
    before = placements(west)
    move(west, "old-1", "new-1", oauth_consumer_key_sign="wrong")
    assert placements(west).items() > before.items()


def test_link_that_is_known_takes_nothing_over(west: West) -> None:
    know_by_old_id(west)
    place(west, "old-1")
    place(west, "new-1")
    before = placements(west)
    move(west, "old-1", "new-1")
    assert placements(west) == before


def test_ids_that_cannot_be_are_left_out() -> None:
    told = {"user_id": "\0", "resource_link_id": {}, "context_id": "c"}
    assert read_old_ids({MIGRATION_CLAIM: told}) == OldIds("", "", "c")


def test_secret_is_sealed_and_stands_in_no_journal(west: West) -> None:
    know_by_old_id(west)
    with west.hub.reading() as uow:
        assert find_consumer_key(uow, west.west.connection_id, "platform") == ConsumerKey(KEY, SECRET)
        assert find_consumer_key(uow, west.west.connection_id, "tool") is None
        row = uow.connection.execute(sa.select(lti_consumer_key)).one()
        bodies = uow.connection.scalars(sa.select(journal.change.c.body)).all()
    assert SECRET not in str(row)
    assert SECRET not in str(bodies)
    assert SECRET not in repr(ConsumerKey(KEY, SECRET))


def test_key_is_kept_changed_and_forgotten(west: West) -> None:
    know_by_old_id(west)
    connection_id = west.west.connection_id
    before = record(west)
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, connection_id, "platform", KEY)
        set_consumer_key(uow, connection_id, "platform", KEY, SECRET)
    before.assert_nothing()
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, connection_id, "platform", KEY, "newer")
        assert find_consumer_key(uow, connection_id, "platform") == ConsumerKey(KEY, "newer")
        set_consumer_key(uow, connection_id, "platform", "")
        assert find_consumer_key(uow, connection_id, "platform") is None


def test_secret_that_cannot_be_opened_counts_as_no_key(
    west: West, capsys: pytest.CaptureFixture[str]
) -> None:
    know_by_old_id(west)
    lose_secret_key(west.hub)
    with logging_kept():
        configure_logging()
        assert_nothing_carried_over(west, launch(west), None)
        told = capsys.readouterr().err
    assert "consumer_key_unusable" in told
    assert SECRET not in told


def test_secret_that_cannot_be_opened_is_replaced(west: West) -> None:
    know_by_old_id(west)
    lose_secret_key(west.hub)
    connection_id = west.west.connection_id
    before = record(west)
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, connection_id, "platform", KEY)
    before.assert_nothing()
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, connection_id, "platform", KEY, SECRET)
        assert find_consumer_key(uow, connection_id, "platform") == ConsumerKey(KEY, SECRET)


@pytest.mark.parametrize(("key", "secret"), [("", ""), ("another", "secret")])
def test_key_whose_secret_cannot_be_opened_is_cleared_or_changed(west: West, key: str, secret: str) -> None:
    know_by_old_id(west)
    lose_secret_key(west.hub)
    with west.hub.unit_of_work() as uow:
        set_consumer_key(uow, west.west.connection_id, "platform", key, secret)
        kept = find_consumer_key(uow, west.west.connection_id, "platform")
    assert kept == (ConsumerKey(key, secret) if key else None)


def test_of_two_first_keys_at_once_the_second_wins(west: West) -> None:
    connection_id = west.west.connection_id

    def enter_another() -> None:
        with west.hub.unit_of_work() as uow:
            set_consumer_key(uow, connection_id, "platform", "another", "newer")

    with ThreadPoolExecutor(1) as pool:
        with west.hub.unit_of_work() as uow:
            set_consumer_key(uow, connection_id, "platform", KEY, SECRET)
            second = pool.submit(enter_another)
            wait_until_blocked(west.hub)
        second.result()
    with west.hub.reading() as uow:
        assert find_consumer_key(uow, connection_id, "platform") == ConsumerKey("another", "newer")


@pytest.mark.parametrize(
    ("key", "secret", "place"),
    [
        ("", "secret", "consumer_key"),
        ("another", "", "consumer_secret"),
        ("x" * 256, "secret", "consumer_key"),
        ("a\0b", "secret", "consumer_key"),
        ("key", "x" * 1001, "consumer_secret"),
    ],
)
def test_key_that_cannot_be_kept(west: West, key: str, secret: str, place: str) -> None:
    know_by_old_id(west)
    before = record(west)
    with pytest.raises(BadInput) as caught, west.hub.unit_of_work() as uow:
        set_consumer_key(uow, west.west.connection_id, "platform", key, secret)
    assert [problem.place for problem in caught.value.problems] == [place]
    before.assert_nothing()
