"""The guides of products are whole, and what they fill in can be kept."""

import pytest

from hub.errors import BadInput
from hub.sso.onboarding.products import PRODUCTS, Guide, find_guide
from hub.sso.onboarding.watch_words import KINDS
from hub.sso.onboarding.words import WORDS
from hub.sso.policy import _CLAIM, ATTRIBUTES

GUIDES = {
    f"{product.key} {protocol}": guide
    for product in PRODUCTS.values()
    for protocol, guide in product.guides.items()
}


def test_the_products_that_partners_have() -> None:
    assert list(PRODUCTS) == ["entra", "okta", "google", "adfs", "keycloak", "shibboleth", "other"]
    assert all(product.provisioning or product.provisioning_note for product in PRODUCTS.values())


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_is_whole(name: str) -> None:
    guide: Guide = GUIDES[name]
    assert find_guide(*name.split()) is guide
    assert {"given_name", "family_name", "email"} <= set(guide.attributes) <= set(ATTRIBUTES)
    assert all(_CLAIM.fullmatch(claim) for claim in guide.attributes.values())
    for step in (*guide.steps, *guide.after):
        assert step.endswith("."), step
        assert step.count("“") == step.count("”"), step


@pytest.mark.parametrize(
    ("product", "protocol"), [("", ""), ("cas", "oidc"), ("shibboleth", "oidc"), ("okta", "x")]
)
def test_what_there_is_not(product: str, protocol: str) -> None:
    with pytest.raises(BadInput):
        find_guide(product, protocol)


def test_words_are_sentences() -> None:
    told = [*(text for words in WORDS.values() for text in words)]
    told += [text for kind in KINDS.values() for text in (kind.then, kind.change)]
    assert all(text[0].isupper() and text.endswith(".") for text in told)
