"""Talking to a receiving store: xAPI over the guarded way out, signed in by Basic or by an OAuth 2 token.

Nothing here runs inside a unit of work.
"""

import base64
import math
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import IO
from urllib.parse import quote, urlencode

from hub.clock import Clock
from hub.errors import OutsideFailed
from hub.exchange import shown
from hub.http import Answer, OutgoingHttp
from hub.sealing import Sealer
from hub.xapi.forward.stores import OAUTH2, ReceivingStore
from hub.xapi.http.versions import HEADER

PATIENCE = 20.0
"""Seconds a receiver may take over a batch."""
_LOOKED_AT = 10_000
"""Bytes of an answer that are looked at for its reason."""
TOKEN_MARGIN = timedelta(seconds=30)
DEFAULT_TOKEN_LIFE = 300
MAX_TOKEN_LIFE = 86_400
MASK = "•••"


@dataclass
class StoreClient:
    """One way to all receiving stores; keeps access tokens until shortly before they expire."""

    http: OutgoingHttp
    sealer: Sealer
    clock: Clock
    _tokens: dict[tuple[str, ...], tuple[str, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def about(self, store: ReceivingStore) -> Answer:
        """What the store says it speaks; needs no credentials."""
        headers = {HEADER: store.config.version}
        return self.http.get(f"{store.config.endpoint}/about", connection=store.id, headers=headers)

    def get_statements(self, store: ReceivingStore, **parameters: str) -> Answer:
        """Ask for statements."""
        url = f"{store.config.endpoint}/statements?{urlencode(parameters)}"
        return self._signed_in(
            store, lambda headers: self.http.get(url, connection=store.id, headers=headers)
        )

    def post_statements(
        self, store: ReceivingStore, body: bytes | IO[bytes], content_type: str = "application/json"
    ) -> Answer:
        """Send statements."""

        def post(headers: dict[str, str]) -> Answer:
            if not isinstance(body, bytes):
                body.seek(0)
            return self.http.post(
                f"{store.config.endpoint}/statements",
                connection=store.id,
                headers={**headers, "Content-Type": content_type},
                body=body,
                patience=PATIENCE,
            )

        return self._signed_in(store, post)

    def fetch_token(self, store: ReceivingStore) -> str:
        """A new access token (RFC 6749, section 4.4). OutsideFailed ``no_token`` with the provider's own error code."""
        config = store.config
        form = {"grant_type": "client_credentials"} | ({"scope": config.scope} if config.scope else {})
        # RFC 6749, section 2.3.1: both halves are form-encoded before they are joined.
        name, password = quote(config.key, safe=""), quote(self.secret(store), safe="")
        answer = self.http.post(
            config.token_url,
            connection=f"{store.id}/token",
            headers={"Accept": "application/json", "Authorization": _basic(name, password)},
            form=form,
        )
        if answer.status != 200:
            raise OutsideFailed("no_token", f"No access token: {self.reason(store, answer)}")
        told = answer.json()
        token = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise OutsideFailed("no_token", "The answer of the token address holds no access_token.")
        ends_at = self.clock.now() + _token_life(told.get("expires_in"))
        with self._lock:
            self._tokens[self._token_key(store)] = (token, ends_at)
        return token

    def secret(self, store: ReceivingStore) -> str:
        """The store's password or client secret."""
        return self.sealer.open(store.sealed_secret)

    def reason(self, store: ReceivingStore, answer: Answer) -> str:
        """What an answer says, in one short line without our secrets and without e-mail addresses."""
        with self._lock:
            tokens = [token for token, _ in self._tokens.values()]
        said = mask(answer.body[:_LOOKED_AT].decode("utf-8", "replace"), [self.secret(store), *tokens])
        said = re.sub(r"<[^>]*>", " ", said) if said.lstrip().startswith("<") else said
        words = shown("".join(c if c.isprintable() else " " for c in said))
        return f"answered {answer.status}{': ' if words else ''}{words}"

    def _signed_in(self, store: ReceivingStore, call: Callable[[dict[str, str]], Answer]) -> Answer:
        headers = {HEADER: store.config.version}
        if store.config.auth != OAUTH2:
            return call({**headers, "Authorization": _basic(store.config.key, self.secret(store))})
        answer = call({**headers, "Authorization": f"Bearer {self._token(store)}"})
        if answer.status == 401:  # taken back before its time
            answer = call({**headers, "Authorization": f"Bearer {self.fetch_token(store)}"})
        return answer

    def _token(self, store: ReceivingStore) -> str:
        with self._lock:
            token, expires_at = self._tokens.get(self._token_key(store), ("", self.clock.now()))
        return token if expires_at - TOKEN_MARGIN > self.clock.now() else self.fetch_token(store)

    def _token_key(self, store: ReceivingStore) -> tuple[str, ...]:
        config = store.config
        return store.id, store.sealed_secret, config.endpoint, config.key, config.token_url, config.scope


def mask(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets, also where a server has repeated our header."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return re.sub(r"(?i)\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{8,}", rf"\1 {MASK}", text)


def _token_life(told: object) -> timedelta:
    """What ``expires_in`` says (RFC 6749, section 5.1), a day at most; JSON as it is read here has NaN and Infinity too."""
    if not isinstance(told, int | float) or not 0 <= told < math.inf:
        return timedelta(seconds=DEFAULT_TOKEN_LIFE)
    return timedelta(seconds=min(told, MAX_TOKEN_LIFE))


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
