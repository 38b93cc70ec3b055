"""Signed statements: a signature is well formed and signs just its statement, or the request is refused."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import BadInput
from hub.journal import tables
from hub.runtime import Hub
from hub.xapi.http.versions import ApiVersion
from hub.xapi.statements.signatures import check_signatures
from hub.xapi.storing.incoming import read_statements
from tests.xapi.parts import MULTIPART, file_part, json_part, read_parts, send_parts, write_parts
from tests.xapi.rig import ATTACHMENT, Store, changed, full_statement, new_uuid, problems_of, statement
from tests.xapi.signing import Signer, chain, new_signer, send_signed, sign, signature_of

Told = dict[str, Any]
PLACE = "statement.attachments[0]"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return new_signer("LMS South")


def b64(value: Any) -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def count(hub: Hub) -> int:
    with hub.reading() as uow:
        return uow.connection.scalar(sa.select(sa.func.count()).select_from(tables.statement)) or 0


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
def test_the_three_algorithms(store: Store, signer: Signer, algorithm: str, version: str) -> None:
    store.version = version
    told = statement(id=new_uuid())
    signature = sign(told, signer, algorithm)
    assert send_signed(store, told, signature).json == [told["id"]]
    headers, content = read_parts(store.get(statementId=told["id"], attachments="true"))[1]
    assert headers["Content-Type"] == "application/octet-stream"
    assert content == signature


def test_a_certificate_that_verifies(store: Store, signer: Signer) -> None:
    told = statement()
    assert send_signed(store, told, sign(told, signer, x5c=chain(signer))).status_code == 200


def test_a_chain_of_certificates(store: Store) -> None:
    root = new_signer("Root")
    middle = new_signer("Middle", root)
    leaf = new_signer("Leaf", middle)
    told = statement()
    assert send_signed(store, told, sign(told, leaf, x5c=chain(leaf, middle, root))).status_code == 200
    answer = send_signed(store, told, sign(told, leaf, x5c=chain(leaf, root)))
    assert "are no chain" in problems_of(answer)[PLACE]


def same_in_other_words(told: Told) -> Told:
    """What may differ between what was signed and what is sent."""
    return changed(
        dict(reversed(told.items())),
        {
            "id": told["id"].upper(),
            "stored": "2026-01-01T00:00:00Z",
            "version": "1.0.2",
            "authority": {"mbox": "mailto:someone@example.com"},
            "verb.display": {"fr": "autre"},
            "timestamp": "2026-05-03T21:30:00.123456Z",
        },
    )


def test_the_signed_statement_need_not_be_the_same_bytes(store: Store, signer: Signer) -> None:
    told = full_statement()
    assert send_signed(store, told, sign(same_in_other_words(told), signer)).status_code == 200


def test_what_is_set_on_the_way_need_not_be_signed(store: Store, signer: Signer) -> None:
    """Id and timestamp: the signer may leave them to the first store, which passes the statement on."""
    told = statement()
    sent = told | {"id": new_uuid(), "timestamp": "2026-05-04T08:00:00Z"}
    assert send_signed(store, sent, sign(told, signer)).status_code == 200


def test_put_with_a_signature(store: Store, signer: Signer) -> None:
    told = statement(id=new_uuid())
    unsigned = {name: value for name, value in told.items() if name != "id"}
    signature = sign(told, signer)
    part = file_part(signature, Content_Type=None)
    body = json_part(unsigned | {"attachments": [signature_of(signature)]})
    data = write_parts([body, part])
    assert store.put(told["id"], data, content_type=MULTIPART).status_code == 204
    assert store.put(new_uuid(), data, content_type=MULTIPART).status_code == 400


def test_other_attachments_are_signed_too(store: Store, signer: Signer) -> None:
    told = statement(attachments=[ATTACHMENT])
    assert send_signed(store, told, sign(told, signer)).status_code == 200
    answer = send_signed(store, told, sign(statement(), signer))
    assert "signs another statement" in problems_of(answer)["statement.attachments[1]"]


def test_several_signatures(store: Store, signer: Signer) -> None:
    told = statement()
    signatures = [sign(told, each) for each in (signer, new_signer("Second"))]
    sent = told | {"attachments": [signature_of(each) for each in signatures]}
    parts = [file_part(each, Content_Type=None) for each in signatures]
    assert send_parts(store, json_part(sent), *parts).status_code == 200


def with_header(told: Told, **header: Any) -> bytes:
    return b".".join([b64(header), b64(told), b64(b"signature")])


def other_key(told: Told) -> bytes:
    """Signed by one key, with the certificate of another."""
    return sign(told, new_signer("LMS South"), x5c=chain(new_signer("Second")))


MALFORMED: dict[str, tuple[Callable[[Told, Signer], bytes], str]] = {
    "empty": (lambda told, signer: b"", "is no JWS"),
    "no-jws": (lambda told, signer: b"signed: me", "is no JWS"),
    "two-segments": (lambda told, signer: b"e30.e30", "is no JWS"),
    "four-segments": (lambda told, signer: sign(told, signer) + b".e30", "is no JWS"),
    "not-base64": (lambda told, signer: b"!." + b64(told) + b".x", "is no JWS"),
    "header-no-json": (lambda told, signer: b64(b"{") + b"." + b64(told) + b".eA", "is no JWS"),
    "header-too-deep": (lambda told, signer: b64(b"[" * 90_000) + b"." + b64(told) + b".eA", "is no JWS"),
    "header-of-a-long-number": (
        lambda told, signer: b64(b'{"alg":' + b"1" * 9_000 + b"}") + b"." + b64(told) + b".eA",
        "is no JWS",
    ),
    "header-no-object": (lambda told, signer: b64([]) + b"." + b64(told) + b".eA", "is no JWS"),
    "json-serialization": (lambda told, signer: b'{"payload":"e30","signatures":[]}', "is no JWS"),
    "no-signature": (lambda told, signer: sign(told, signer).rpartition(b".")[0] + b".", "has no signature"),
    "no-algorithm": (lambda told, signer: with_header(told), "is no JWS"),
    "none": (lambda told, signer: with_header(told, alg="none"), "must use RS256, RS384 or RS512"),
    "hs256": (lambda told, signer: with_header(told, alg="HS256"), "must use RS256, RS384 or RS512"),
    "ps256": (lambda told, signer: with_header(told, alg="PS256"), "must use RS256, RS384 or RS512"),
    "es256": (lambda told, signer: with_header(told, alg="ES256"), "must use RS256, RS384 or RS512"),
    "algorithm-no-string": (lambda told, signer: with_header(told, alg=["RS256"]), "must use RS256"),
    "crit": (lambda told, signer: with_header(told, alg="RS256", crit=["x"], x=1), "not known here"),
    "b64": (lambda told, signer: with_header(told, alg="RS256", b64=False), "is no JWS"),
    "payload-no-json": (lambda told, signer: sign(b"'{}", signer), "payload that is no statement"),
    "payload-no-object": (lambda told, signer: sign([told], signer), "payload that is no statement"),
    "payload-empty": (lambda told, signer: sign(b"", signer), "payload that is no statement"),
    "payload-repeated-key": (
        lambda told, signer: sign(b'{"a":1,"a":1}', signer),
        "payload that is no statement",
    ),
    "payload-breaks-a-rule": (
        lambda told, signer: sign(told | {"x": 1}, signer),
        "payload that is no statement",
    ),
    "payload-too-deep": (
        lambda told, signer: sign(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", signer),
        "payload that is no statement",
    ),
    "other-actor": (
        lambda told, signer: sign(told | {"actor": {"mbox": "mailto:x@example.com"}}, signer),
        "signs another statement",
    ),
    "other-id": (lambda told, signer: sign(told | {"id": new_uuid()}, signer), "signs another statement"),
    "other-timestamp": (
        lambda told, signer: sign(told | {"timestamp": "2020-01-01T00:00:00Z"}, signer),
        "signs another statement",
    ),
    "other-key": (lambda told, signer: other_key(told), "the first certificate of its x5c does not verify"),
    "x5c-empty": (lambda told, signer: sign(told, signer, x5c=[]), "certificates in x5c"),
    "x5c-no-list": (
        lambda told, signer: with_header(told, alg="RS256", x5c="x"),
        "is no JWS|certificates in x5c",
    ),
    "x5c-no-certificate": (lambda told, signer: sign(told, signer, x5c=["AAAA"]), "that cannot be read"),
    "x5c-not-base64": (lambda told, signer: sign(told, signer, x5c=["-_-"]), "that cannot be read"),
    "x5c-too-many": (lambda told, signer: sign(told, signer, x5c=chain(*[signer] * 11)), "1 to 10"),
    "x5c-of-a-curve": (
        lambda told, signer: sign(told, signer, x5c=chain(new_signer("Curve", curve=True))),
        "must have an RSA key",
    ),
    "x5c-of-a-short-key": (
        lambda told, signer: sign(told, signer, x5c=chain(new_signer("Short", bits=1024))),
        "at least 2048 bits",
    ),
}


@pytest.mark.parametrize(
    ("make", "words"), [pytest.param(*each, id=name) for name, each in MALFORMED.items()]
)
def test_malformed_signatures_are_refused(
    hub: Hub, store: Store, signer: Signer, make: Callable[[Told, Signer], bytes], words: str
) -> None:
    told = statement(id=new_uuid())
    answer = send_signed(store, told, make(told, signer))
    assert (answer.status_code, answer.json["code"]) == (400, "bad_signature"), answer.text
    assert any(each in problems_of(answer)[PLACE] for each in words.split("|")), answer.text
    assert count(hub) == 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_whatever_is_changed_in_a_signature_is_noticed(signer: Signer, data: st.DataObject) -> None:
    """With a certificate in it, no byte can be another; and the parser never fails."""
    told = statement()
    signature = sign(told, signer, x5c=chain(signer))
    at = data.draw(st.integers(0, len(signature) - 2))  # the last character has bits that mean nothing
    here = signature[at : at + 1]
    others = st.binary(max_size=3) | st.sampled_from([here + junk for junk in (b"=", b"!", b"\n", b" ")])
    changed_one = signature[:at] + data.draw(others.filter(lambda piece: piece != here)) + signature[at + 1 :]
    attached = signature_of(changed_one)
    body = json.dumps(told | {"attachments": [attached]}).encode()
    incoming = read_statements(body, ApiVersion.V1, files=[attached["sha2"]])
    with pytest.raises(BadInput, match="signature"):
        check_signatures(incoming, {attached["sha2"]: changed_one})


def test_a_signature_of_another_content_type(hub: Hub, store: Store, signer: Signer) -> None:
    told = statement()
    answer = send_signed(store, told, sign(told, signer), contentType="text/plain; charset=ascii")
    assert problems_of(answer) == {
        f"{PLACE}.contentType": "must be application/octet-stream: this is a signature"
    }
    assert count(hub) == 0


def test_a_signature_must_come_with_its_bytes(hub: Hub, store: Store, signer: Signer) -> None:
    told = statement()
    attached = signature_of(sign(told, signer), fileUrl="https://example.com/signature")
    answer = store.post(told | {"attachments": [attached]})
    assert (answer.status_code, list(problems_of(answer))) == (400, [f"{PLACE}.sha2"])
    assert count(hub) == 0


def test_every_bad_signature_of_a_batch_is_named(hub: Hub, store: Store, signer: Signer) -> None:
    told = statement()
    good, bad = sign(told, signer), b"bad"
    batch = [told | {"attachments": [signature_of(each)]} for each in (bad, good, bad)]
    answer = send_parts(
        store, json_part(batch), *(file_part(each, Content_Type=None) for each in (good, bad))
    )
    assert list(problems_of(answer)) == ["statements[0].attachments[0]", "statements[2].attachments[0]"]
    assert count(hub) == 0
