"""LTI 1.1 migration claim, the hub as platform: told to tools that have an old consumer key, and to no others."""

import base64
import hashlib
import hmac
from typing import Any

from hub.lti.legacy.claim import MIGRATION_CLAIM
from hub.lti.legacy.keys import set_consumer_key
from hub.lti.tools import update_tool
from hub.lti.vocabulary import CLAIM
from hub.network.people.identities import LTI_1P1_GIVEN, LTI_1P1_SUBJECT, link_identity
from tests.lti.legacy.test_tool_side import KEY, SECRET, lose_secret_key
from tests.lti.rig import Rig


def _expected(claims: dict[str, Any]) -> str:
    names = (claims[CLAIM + "deployment_id"], claims["iss"], claims["aud"], claims["exp"], claims["nonce"])
    base = "&".join(map(str, (KEY, *names)))
    return base64.b64encode(hmac.new(SECRET.encode(), base.encode(), hashlib.sha256).digest()).decode()


def test_claim_is_signed_for_each_message_anew(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        set_consumer_key(uow, rig.north.connection_id, "tool", KEY, SECRET)
        link_identity(uow, rig.north.connection_id, LTI_1P1_GIVEN, "34212", rig.world.ids["ann"], "roster")
        link_identity(uow, rig.north.connection_id, LTI_1P1_SUBJECT, "other", rig.world.ids["ann"], "roster")
    claims = rig.launch("ann")
    told = claims[MIGRATION_CLAIM]
    assert told["oauth_consumer_key"] == KEY
    assert told["user_id"] == "34212"
    assert told["oauth_consumer_key_sign"] == _expected(claims)
    assert MIGRATION_CLAIM not in rig.launch("ann", "tires")
    later = rig.launch("bob")
    assert later[MIGRATION_CLAIM].keys() == {"oauth_consumer_key", "oauth_consumer_key_sign"}


def test_tool_whose_old_secret_cannot_be_opened_is_launched_without_the_claim(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        set_consumer_key(uow, rig.north.connection_id, "tool", KEY, SECRET)
    lose_secret_key(rig.hub)
    assert MIGRATION_CLAIM not in rig.launch("ann")


def test_p14_old_user_id_is_left_out_where_the_tool_may_have_no_personal_data(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        set_consumer_key(uow, rig.north.connection_id, "tool", KEY, SECRET)
        link_identity(uow, rig.north.connection_id, LTI_1P1_GIVEN, "34212", rig.world.ids["ann"], "roster")
        update_tool(uow, rig.north.connection_id, shares_personal_data=False)
    assert "user_id" not in rig.launch("ann")[MIGRATION_CLAIM]


def test_key_of_the_other_direction_tells_nothing(rig: Rig) -> None:
    with rig.hub.unit_of_work() as uow:
        set_consumer_key(uow, rig.north.connection_id, "platform", KEY, SECRET)
    assert MIGRATION_CLAIM not in rig.launch("ann")
