"""A passkey authenticator in software, which answers as a browser does, and wrongly where a test says so."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
"""Flags of authenticator data (WebAuthn 3, section 6.1)."""
ES256, EC2, P256 = -7, 2, 1


@dataclass
class Authenticator:
    """One device with one passkey. What a test changes here is what the next answer says."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    sign_count: int = 0
    counts: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: str | None = None

    def create(self, options: str, **changes: Any) -> dict[str, Any]:
        """The answer to ``navigator.credentials.create``; ``changes`` replace parts of the client data."""
        asked = json.loads(options)
        self.user_handle = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public = {1: EC2, 3: ES256, -1: P256, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = (
            bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        )
        data = self._data(ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], changes)
        response = {
            "clientDataJSON": bytes_to_base64url(client),
            "attestationObject": bytes_to_base64url(statement),
            "transports": ["internal"],
        }
        return self._answer(response)

    def get(self, options: str, **changes: Any) -> dict[str, Any]:
        """The answer to ``navigator.credentials.get``; ``changes`` replace parts of the client data."""
        self.sign_count += self.counts
        client = self._client("webauthn.get", json.loads(options)["challenge"], changes)
        data = self._data(0)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": bytes_to_base64url(client),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": self.user_handle,
        }
        return self._answer(response)

    def _data(self, more_flags: int) -> bytes:
        flags = struct.pack(">BI", self.flags | more_flags, self.sign_count)
        return hashlib.sha256(self.rp_id.encode()).digest() + flags

    def _client(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps({**told, **changes}).encode()

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        id = bytes_to_base64url(self.credential_id)
        return {
            "id": id,
            "rawId": id,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }
