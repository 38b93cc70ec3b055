"""The platform's keys, and what is forgotten in time."""

import json
from base64 import urlsafe_b64decode

import sqlalchemy as sa

from hub.app import open_worker
from hub.lti import tables
from hub.lti.platform_keys import OVERLAP, PlatformKey, list_platform_keys, rotate_platform_key
from hub.signing.tables import signing_key
from tests.lti.rig import Form, Rig


def published(rig: Rig) -> list[str]:
    answer = rig.client.get("/lti/jwks", base_url=rig.base)
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    return [key["kid"] for key in (answer.json or {})["keys"]]


def kid_of(token: str) -> str:
    return str(json.loads(urlsafe_b64decode(token.split(".", maxsplit=1)[0] + "=="))["kid"])


def launch(rig: Rig) -> str:
    return Form(rig.authorize(rig.request_for(rig.start())).text).fields["id_token"]


def test_the_jwks_is_never_empty_and_holds_public_members_only(rig: Rig) -> None:
    (kid,) = published(rig)
    assert published(rig) == [kid]
    assert kid_of(launch(rig)) == kid
    (key,) = (rig.client.get("/lti/jwks", base_url=rig.base).json or {})["keys"]
    assert key.keys() == {"kty", "kid", "n", "e", "alg", "use"}
    assert (key["kty"], key["alg"], key["use"]) == ("RSA", "RS256", "sig")
    assert len(urlsafe_b64decode(key["n"] + "==")) == 256


def test_after_a_rotation_the_new_key_signs_and_the_old_one_stays_published_for_a_day(rig: Rig) -> None:
    before = launch(rig)
    with rig.hub.unit_of_work() as uow:
        new = rotate_platform_key(uow)
    after = launch(rig)
    assert kid_of(after) == new != kid_of(before)
    assert published(rig) == [new, kid_of(before)] or set(published(rig)) == {new, kid_of(before)}
    assert rig.claims(before)["sub"] == rig.claims(after)["sub"], "both verify"
    rig.hub.clock.advance(hours=24)  # type: ignore[attr-defined]
    assert published(rig) == [new]


def test_keys_are_listed_with_their_ages(rig: Rig) -> None:
    (first,) = published(rig)
    began = rig.hub.clock.now()
    rig.hub.clock.advance(days=400)  # type: ignore[attr-defined]
    with rig.hub.unit_of_work() as uow:
        second = rotate_platform_key(uow)
    now = rig.hub.clock.now()
    with rig.hub.reading() as uow:
        listed = list_platform_keys(uow)
    assert listed == [
        PlatformKey(second, now, None),
        PlatformKey(first, began, now + OVERLAP),
    ]
    assert [key.signs for key in listed] == [True, False]


def test_two_rotations_in_a_day_leave_three_keys_published(rig: Rig) -> None:
    tokens = [launch(rig)]
    for _ in range(2):
        rig.hub.clock.advance(hours=1)  # type: ignore[attr-defined]
        with rig.hub.unit_of_work() as uow:
            rotate_platform_key(uow)
        tokens.append(launch(rig))
    assert published(rig) == [kid_of(token) for token in reversed(tokens)]
    assert all(rig.claims(token)["sub"] for token in tokens)


def test_private_keys_are_sealed_and_gone_when_they_sign_no_more(rig: Rig) -> None:
    published(rig)
    with rig.hub.unit_of_work() as uow:
        rotate_platform_key(uow)
        stored = uow.connection.scalars(sa.select(signing_key.c.private_key)).all()
    assert sorted(bool(key) for key in stored) == [False, True]
    assert not any("PRIVATE" in key for key in stored)
    assert "PRIVATE KEY" in rig.hub.sealer.open(max(stored))


def test_a_rotation_is_on_record(rig: Rig) -> None:
    record = rig.record()
    with rig.hub.unit_of_work() as uow:
        rotate_platform_key(uow)
    assert record.audited() == [("platform_key_rotated", "done", "")]
    assert record.changed() == {"signing_key", "change"}


def test_what_has_served_its_time_is_forgotten_and_nothing_else(rig: Rig) -> None:
    subject, path = rig.launch()["sub"], rig.line_item_path()
    rig.start()
    rig.token()
    rig.hub.clock.advance(days=2)  # type: ignore[attr-defined]
    record = rig.record()
    open_worker(rig.hub).remove_expired()
    assert record.changed() == {"lti_seen_jti", "lti_token", "lti_launch"}
    with rig.hub.reading() as uow:
        assert len(uow.connection.execute(sa.select(tables.lti_launch)).all()) == 1, "who launched what stays"
    assert rig.post_score(path, rig.token(), rig.score(subject)).status_code == 200
