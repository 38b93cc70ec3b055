"""LN4: a sign-in is linked by itself to no account whose address nobody proved."""

import pytest

from hub.errors import Conflict, HubError
from hub.ids import new_id
from hub.network import tables as network
from hub.network.people.identities import find_person
from hub.network.people.person import grant_role
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.sso.arrive import Assertion, arrive
from hub.sso.local.accounts import connect_account, refuse_power
from hub.sso.merge_people import merge_people, plan_merge
from hub.sso.policy import SignInPolicy, save_policy
from hub.sso.refusals import audited_refusal
from hub.sso.sessions import Proved
from tests.sso.local.rig import Local, Record


@pytest.fixture
def idp(local: Local, hub: Hub) -> str:
    """Riverside's new identity provider, which names people as the network files do."""
    with hub.unit_of_work() as uow:
        connection_id = create_connection(uow, "riverside", "oidc", "Riverside", local.partner_id)
        save_policy(uow, connection_id, SignInPolicy({"match": "employee"}))
        uow.insert(network.roster_key, kind="person", external_id="E-1", id=local.tess, content_hash="")
    return connection_id


def come(hub: Hub, connection_id: str) -> str:
    assertion = Assertion(Proved(connection_id, "sub", "sub-tess"), {"employee": ["E-1"]})
    with audited_refusal(hub) as attempt, hub.unit_of_work() as uow:
        return arrive(uow, assertion, attempt)


def test_ln4_an_account_never_verified_is_not_linked(local: Local, hub: Hub, idp: str) -> None:
    account = local.account(verified=False)
    record = Record(hub)
    with pytest.raises(HubError) as refused:
        come(hub, idp)
    assert refused.value.code == "unproved_account"
    record.assert_refused("unproved_account")
    with hub.unit_of_work() as uow:
        connect_account(uow, account, proved_address=True)
    assert come(hub, idp)
    with hub.reading() as uow:
        assert find_person(uow, idp, "sub", "sub-tess") == local.tess


def test_ln4_an_invitation_that_nobody_opened_is_in_nobodys_way(local: Local, hub: Hub, idp: str) -> None:
    local.invite()
    assert come(hub, idp)


def test_ln4_the_same_email_links_nothing(local: Local, hub: Hub) -> None:
    local.account()
    lakeside = local.partner("Lakeside Cars")
    with hub.unit_of_work() as uow:
        other = create_connection(uow, "lakeside", "oidc", "Lakeside", lakeside)
        save_policy(uow, other, SignInPolicy({"match": "email", "email": "email"}))
    claims = {"email": [local.accounts()[0].email], "email_verified": ["true"]}
    record = Record(hub)
    with pytest.raises(HubError), audited_refusal(hub) as attempt, hub.unit_of_work() as uow:
        arrive(uow, Assertion(Proved(other, "sub", new_id()), claims), attempt)
    record.assert_refused("unknown_subject")


def test_power_is_not_given_to_an_account_that_whoever_invited_may_have_opened(local: Local) -> None:
    """A partner admin opens an invitation with the code it was shown; neither a merge nor a grant lifts it up."""
    olga, lakeside = local.person("Olga", "olga@riverside.example"), local.partner("Lakeside")
    account = local.account(verified=False)
    with local.hub.unit_of_work() as uow:
        grant_role(uow, olga, "operator")
        refuse_power(uow, local.tess, local.partner_id)  # whoever invited has as much there
    for partner_id in (None, lakeside):
        with local.hub.reading() as uow, pytest.raises(Conflict, match="Nobody has proved"):
            refuse_power(uow, local.tess, partner_id)
    with local.hub.reading() as uow, pytest.raises(Conflict, match="Nobody has proved"):
        plan_merge(uow, local.tess, olga)
    with pytest.raises(Conflict, match="Nobody has proved"), local.hub.unit_of_work() as uow:
        merge_people(uow, local.tess, olga)
    with local.hub.unit_of_work() as uow:
        connect_account(uow, account, proved_address=True)
        refuse_power(uow, local.tess, None)
        merge_people(uow, local.tess, olga)
