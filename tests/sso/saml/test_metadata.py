"""Row SA16 without a database: what a provider's metadata must be; and what the hub says about itself."""

from datetime import timedelta
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from hub.errors import OutsideFailed
from hub.sso.saml.metadata import IdpMetadata, read_metadata
from hub.testing.faults import Faults
from hub.testing.idp_store import Person
from hub.testing.saml_idp import SAML_FAULTS, SamlIdp, SamlIdpConfig
from hub.testing.saml_signing import DS, Signer, Style, new_signer, sign
from tests.sso.saml.forge import NOW, provider_signer, stranger

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
BASE = "https://idp.riverside.example"


def provider(*published: Signer) -> SamlIdp:
    config = SamlIdpConfig(base_url=BASE, slug="riverside", hubs=("https://hub.example",))
    nobody: tuple[Person, ...] = ()
    faults = Faults(SAML_FAULTS)
    return SamlIdp(config, nobody, faults, NOW.timestamp, provider_signer(), published, stranger())


def refusal(raw: bytes, *, entity_id: str = "", signer: str = "") -> str:
    try:
        read_metadata(raw, NOW, entity_id=entity_id, signer=signer)
    except OutsideFailed as error:
        return error.code
    return ""


read = partial(read_metadata, now=NOW)


def changed(path: str, **attributes: str) -> bytes:
    """The metadata with other attributes at every such element; an empty text takes one away."""
    root = etree.fromstring(provider().metadata())
    for element in root.iter(f"{MD}{path}"):
        for name, value in attributes.items():
            element.set(name, value)
            if not value:
                del element.attrib[name]
    return etree.tostring(root)


def test_metadata_is_read() -> None:
    assert read(provider().metadata()) == IdpMetadata(
        entity_id=f"{BASE}/metadata",
        sso_url=f"{BASE}/sso",
        certificates=(provider_signer().encoded,),
        slo_url=f"{BASE}/slo",
        slo_response_url=f"{BASE}/slo",
        wants_signed_requests=True,
        valid_until=NOW + timedelta(days=30),
    )


def test_sa16_two_certificates() -> None:
    metadata = read(provider(provider_signer(), stranger()).metadata())
    assert metadata.certificates == (provider_signer().encoded, stranger().encoded)


def test_sa16_one_weak_certificate_does_not_keep_the_other_from_being_used() -> None:
    raw = provider(provider_signer(), stranger()).metadata()
    broken = raw.replace(stranger().encoded.encode(), b"bm8gY2VydGlmaWNhdGU=")
    assert read(broken).certificates == (provider_signer().encoded,)


def test_certificates_for_encryption_do_not_sign() -> None:
    assert refusal(changed("KeyDescriptor", use="encryption")) == "no_certificate"


def test_sa16_signed_where_a_signature_is_pinned() -> None:
    raw = provider().metadata(stranger())
    assert read(raw, signer=stranger().encoded).entity_id == f"{BASE}/metadata"


def test_sa16_unsigned_where_a_signature_is_pinned() -> None:
    assert refusal(provider().metadata(), signer=stranger().encoded) == "metadata_not_signed"


def test_sa16_signed_by_somebody_else() -> None:
    assert refusal(provider().metadata(provider_signer()), signer=stranger().encoded) == "metadata_not_signed"


def test_sa16_altered_after_signing() -> None:
    raw = provider().metadata(stranger()).replace(b"/sso", b"/evil")
    assert refusal(raw, signer=stranger().encoded) == "metadata_not_signed"


def test_sa16_signed_part_inside_something_else() -> None:
    inner = etree.fromstring(provider().metadata(stranger()))
    outer = etree.Element(f"{MD}EntitiesDescriptor")
    outer.append(inner)
    assert refusal(etree.tostring(outer), signer=stranger().encoded) == "metadata_not_signed"


def test_sa16_signature_over_another_part() -> None:
    root = etree.fromstring(provider().metadata())
    role = root.find(f"{MD}IDPSSODescriptor")
    assert role is not None
    role.set("ID", "_role")
    sign(root, stranger(), Style(reference="#_role"))
    assert refusal(etree.tostring(root), signer=stranger().encoded) == "metadata_not_signed"


def test_sa16_signed_with_sha1() -> None:
    root = etree.fromstring(provider().metadata())
    sign(root, stranger(), Style(method=f"{DS}rsa-sha1"))
    assert refusal(etree.tostring(root), signer=stranger().encoded) == "metadata_not_signed"


@pytest.mark.parametrize("path", ["EntityDescriptor", "IDPSSODescriptor"])
def test_sa16_valid_until_past(path: str) -> None:
    assert refusal(changed(path, validUntil="2026-11-23T08:59:59Z")) == "metadata_expired"


def test_sa16_valid_until_past_of_the_list_around_it() -> None:
    outer = etree.Element(f"{MD}EntitiesDescriptor", {"validUntil": "2026-11-23T08:59:59Z"})
    outer.append(etree.fromstring(provider().metadata()))
    assert refusal(etree.tostring(outer)) == "metadata_expired"


def test_one_of_many_is_found_by_its_name() -> None:
    outer = etree.Element(f"{MD}EntitiesDescriptor")
    outer.append(etree.fromstring(provider().metadata()))
    other = etree.fromstring(provider(stranger()).metadata().replace(b"riverside", b"lakeside"))
    outer.append(other)
    raw = etree.tostring(outer)
    assert refusal(raw) == "bad_saml_metadata"
    metadata = read(raw, entity_id="https://idp.lakeside.example/metadata")
    assert metadata.certificates == (stranger().encoded,)
    assert refusal(raw, entity_id="https://idp.none.example") == "other_entity"


def test_comments_and_a_mark_of_order_do_no_harm() -> None:
    raw = b"\xef\xbb\xbf" + provider().metadata().replace(b"><md:Single", b"><!-- made by hand --><md:Single")
    assert read(raw).sso_url == f"{BASE}/sso"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html/>",
        b"not xml",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        changed("EntityDescriptor", entityID=""),
        changed("EntityDescriptor", validUntil="some day"),
        changed("IDPSSODescriptor", protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"),
    ],
    ids=["empty", "page", "text", "entity", "no name", "no time", "SAML 1.1"],
)
def test_what_is_no_metadata(raw: bytes) -> None:
    assert refusal(raw) == "bad_saml_metadata"


@pytest.mark.parametrize(
    "location",
    [
        "http://idp.example/sso",
        "javascript:alert(1)",
        "",
        "https://a@b/",
        "https://idp.example/#x",
        "//idp.example",
    ],
)
def test_addresses_that_browsers_must_not_be_sent_to(location: str) -> None:
    assert refusal(changed("SingleSignOnService", Location=location)) == "no_redirect_binding"


def test_rsa_keys_must_be_long_enough() -> None:
    short = new_signer(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    assert refusal(provider(short).metadata()) == "no_certificate"
