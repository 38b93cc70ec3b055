"""What the hub asks a provider about a person, and what of its answer it takes."""

from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa

from hub.network import tables as network
from hub.network.people.person import read_person
from hub.network.people.provision import change_details
from hub.runtime import Hub
from hub.sso.claim_values import MAX_CHARACTERS, MAX_VALUES, plain_values
from hub.sso.oidc.claims import pick_claims, scopes_for
from hub.sso.oidc.providers import read_provider, save_settings
from hub.sso.policy import SignInPolicy, save_policy
from tests.sso.rig import TESS, Browser, Idp


@pytest.mark.parametrize(
    "configured, names, wanted",
    [
        ("openid", (), "openid"),
        ("", ("oid",), "openid"),
        ("openid groups", ("email", "given_name", "family_name"), "openid groups email profile"),
        ("email openid", ("email",), "openid email"),
    ],
)
def test_no_more_scopes_than_the_mapping_needs(configured: str, names: tuple[str, ...], wanted: str) -> None:
    assert scopes_for(configured, names) == wanted


@pytest.mark.parametrize(
    "value, texts",
    [
        ("Tess", ["Tess"]),
        (["a", "b"], ["a", "b"]),
        (4711, ["4711"]),
        ("", []),
        (" x ", ["x"]),
        (True, []),
        (1.5, []),
        (None, []),
        ({"a": "b"}, []),
        (["a", {"b": 1}, None, "c"], ["a", "c"]),
        ("nul\0", []),
        ("\ud800", []),
        (10**30, []),
        ("x" * (MAX_CHARACTERS + 1), []),
        (["x"] * (MAX_VALUES + 1), ["x"] * MAX_VALUES),
    ],
    ids=range(15),
)
def test_values_are_few_short_and_plain(value: object, texts: list[str]) -> None:
    assert plain_values(value) == texts


def test_a_claim_is_taken_from_the_first_source_that_has_it() -> None:
    token, userinfo = {"email": "a@x.example", "role": "r"}, {"email": "b@x.example", "locale": "de"}
    assert pick_claims(("email", "locale", "absent"), token, userinfo) == {
        "email": ["a@x.example"],
        "locale": ["de"],
    }


def map_details(hub: Hub, idp: Idp) -> None:
    names = {"given_name": "given_name", "family_name": "family_name", "email": "email"}
    with hub.unit_of_work() as uow:
        connection_id = read_provider(uow, idp.slug).connection.id
        save_policy(uow, connection_id, SignInPolicy(attributes=names, refreshes_details=True))


def test_what_is_mapped_is_asked_for_and_handed_on(
    hub: Hub, browser: Browser, riverside: Idp, tess: str
) -> None:
    map_details(hub, riverside)
    with hub.unit_of_work() as uow:
        partner_id = read_person(uow, tess).partner_id
        mine = network.connection.c.slug == riverside.slug
        uow.connection.execute(sa.update(network.connection).where(mine).values(partner_id=partner_id))
        change_details(uow, tess, given_name="Theresa", family_name="Old", email="old@riverside.example")
    request = dict(parse_qsl(urlsplit(browser.start(riverside)).query))
    assert request["scope"] == "openid email profile"
    browser.sign_in(riverside)
    with hub.reading() as uow:
        person = read_person(uow, tess)
    assert (person.given_name, person.family_name, person.email) == (
        TESS.given_name,
        TESS.family_name,
        TESS.email,
    )


def test_an_operator_adds_scopes(hub: Hub, browser: Browser, riverside: Idp) -> None:
    with hub.unit_of_work() as uow:
        save_settings(uow, read_provider(uow, riverside.slug).connection.id, scopes="openid groups")
    assert dict(parse_qsl(urlsplit(browser.start(riverside)).query))["scope"] == "openid groups"
