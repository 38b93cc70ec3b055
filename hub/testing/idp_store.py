"""What the simulated OpenID provider remembers: its people, its client, codes and access tokens (all in memory)."""

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin

CODE_SECONDS = 60
TOKEN_SECONDS = 600
Clock = Callable[[], float]
SCOPES = ("openid", "profile", "email")


@dataclass(frozen=True)
class Person:
    """One account at the provider. The password is plain text: these people are invented."""

    sub: str
    username: str
    password: str
    email: str
    given_name: str
    family_name: str
    claims: Mapping[str, object] = field(default_factory=dict)
    """More that the provider tells about the person, whatever scopes are asked for."""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    """The one registered client: the hub."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]

    @property
    def client_metadata(self) -> dict[str, str]:
        """Registered metadata; Authlib asks whether userinfo is to be signed."""
        return {}

    def get_client_id(self) -> str:
        """Authlib's name for `client_id`."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """There is none: the request must name its redirect URI."""

    def get_allowed_scope(self, scope: str) -> str:
        """The part of `scope` that this provider knows."""
        return " ".join(word for word in (scope or "").split() if word in SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exact comparison, as RFC 9700 section 2.1 asks."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether the secret is right, in constant time."""
        return secrets.compare_digest(self.client_secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Only client_secret_basic."""
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        """Only the code flow."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Only authorization codes."""
        return grant_type == "authorization_code"


@dataclass(frozen=True)
class Code(AuthorizationCodeMixin):  # type: ignore[misc]  # Authlib ships no types
    """One authorization code with everything it is bound to. `auth_time` is in seconds since 1970."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    sub: str
    auth_time: int
    acr: str = ""
    sid: str = ""

    def get_redirect_uri(self) -> str:
        """Authlib's name for `redirect_uri`."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Authlib's name for `scope`."""
        return self.scope


@dataclass(frozen=True)
class AccessToken(TokenMixin):  # type: ignore[misc]  # Authlib ships no types
    """One access token for userinfo. `expires_at` is in seconds since 1970, as is what `clock` tells."""

    client: Client
    person: Person
    scope: str
    expires_at: float
    clock: Clock

    def get_scope(self) -> str:
        """Authlib's name for `scope`."""
        return self.scope

    def get_client(self) -> Client:
        """Authlib's name for `client`."""
        return self.client

    def get_user(self) -> Person:
        """Authlib's name for `person`."""
        return self.person

    def is_expired(self) -> bool:
        """Whether its ten minutes are over."""
        return self.expires_at < self.clock()

    def is_revoked(self) -> bool:
        """Tokens of this provider are never revoked."""
        return False


class IdpStore:
    """The provider's memory. Safe for the threads of one process. `clock` tells seconds since 1970."""

    def __init__(self, client: Client, people: Iterable[Person], clock: Clock = time.time) -> None:
        self.client = client
        self.clock = clock
        self._by_sub = {person.sub: person for person in people}
        self._by_login = {person.email.lower(): person for person in self._by_sub.values()}
        self._by_login |= {person.username.lower(): person for person in self._by_sub.values()}
        self._codes: dict[str, Code] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._sessions: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, person: Person) -> None:
        """One more account, or the same one with other details."""
        with self._lock:
            self._by_sub[person.sub] = person
            self._by_login |= {person.email.lower(): person, person.username.lower(): person}

    def find_client(self, client_id: str) -> Client | None:
        """The client, if that is its id."""
        return self.client if client_id == self.client.client_id else None

    def find_person(self, sub: str) -> Person | None:
        """The person with that subject."""
        return self._by_sub.get(sub)

    def find_login(self, login: str) -> Person | None:
        """The person with that user name or e-mail address, in any case."""
        return self._by_login.get(login.strip().lower())

    def check_password(self, login: str, password: str) -> Person | None:
        """The person, if user name (or e-mail address) and password belong together."""
        person = self.find_login(login)
        expected = person.password if person else secrets.token_hex()
        right = secrets.compare_digest(expected.encode(), password.encode())
        return person if right else None

    def save_code(self, code: Code) -> None:
        """Remember a code and forget the ones that nobody fetched in time."""
        with self._lock:
            oldest = self.clock() - CODE_SECONDS
            self._codes = {key: old for key, old in self._codes.items() if old.auth_time >= oldest}
            self._codes[code.code] = code

    def take_code(self, code: str) -> Code | None:
        """Hand out a code once. A second caller, or one after a minute, gets nothing (RFC 6749 section 4.1.2)."""
        with self._lock:
            found = self._codes.pop(code, None)
        return found if found and found.auth_time >= self.clock() - CODE_SECONDS else None

    def begin_session(self, sub: str) -> str:
        """The `sid` of a new session of this person at the provider."""
        sid = secrets.token_hex(8)
        with self._lock:
            self._sessions[sid] = sub
        return sid

    def end_session(self, sid: str) -> str | None:
        """The subject whose session this was, once."""
        with self._lock:
            return self._sessions.pop(sid, None)

    def save_token(self, value: str, person: Person, scope: str) -> None:
        """Remember an access token and forget the expired ones."""
        with self._lock:
            self._tokens = {key: old for key, old in self._tokens.items() if not old.is_expired()}
            until = self.clock() + TOKEN_SECONDS
            self._tokens[value] = AccessToken(self.client, person, scope, until, self.clock)

    def find_token(self, value: str) -> AccessToken | None:
        """The access token with that value, expired or not."""
        return self._tokens.get(value)
