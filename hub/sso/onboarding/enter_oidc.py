"""What an administrator pastes back of an OpenID provider: read kindly, asked first, and hung from the connection."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from hub.errors import BadInput, OutsideFailed, Problem
from hub.http import OutgoingHttp
from hub.journal import Change, record_changes
from hub.sealing import Sealer
from hub.sso.oidc.keys import PublicKey
from hub.sso.oidc.metadata import Metadata, fetch_keys, fetch_metadata
from hub.sso.oidc.providers import add_provider, save_keys, save_metadata, save_settings
from hub.sso.onboarding.entered import refuse_other_provider
from hub.sso.tables import oidc_provider
from hub.store import UnitOfWork

DISCOVERY = "/.well-known/openid-configuration"
MAX_TEXT = 2000
MAX_SECRET_DAYS = 3660


class Entry:
    """Issuer, client and secret as they are kept, after the provider was asked."""

    def __init__(
        self, issuer: str, client_id: str, secret: str, expires_at: datetime | None, now: datetime
    ) -> None:
        """BadInput ``bad_provider`` with each field that is wrong."""
        self.issuer, self.client_id, self.secret = issuer_of(issuer), client_id.strip(), secret.strip()
        self.expires_at = expires_at
        problems = [
            Problem("is missing", place)
            for place, value in (("client_id", self.client_id), ("client_secret", self.secret))
            if not value
        ]
        parts = urlsplit(self.issuer) if self.issuer.isprintable() else urlsplit("")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            problems.append(Problem("must be an https address without query", "issuer"))
        if any(len(value) > MAX_TEXT for value in (self.issuer, self.client_id, self.secret)):
            problems.append(Problem("is too long", "issuer"))
        if expires_at is not None and not now < expires_at < now + timedelta(days=MAX_SECRET_DAYS):
            problems.append(Problem("must be a day in the future", "secret_expires"))
        if problems:
            raise BadInput("bad_provider", "The provider cannot be connected like this.", "", problems)

    def ask(self, http: OutgoingHttp, connection_id: str) -> tuple[Metadata, tuple[PublicKey, ...]]:
        """Its metadata and keys, over the network; OutsideFailed, with the field it is about."""
        try:
            metadata = fetch_metadata(http, self.issuer, connection_id)
            return metadata, fetch_keys(http, metadata.jwks_uri, connection_id)
        except OutsideFailed as error:
            raise BadInput(
                error.code,
                f"The provider cannot be used: {error.message}",
                error.help,
                [Problem(error.message.rstrip("."), "issuer")],
            ) from error

    def save(
        self, uow: UnitOfWork, connection_id: str, metadata: Metadata, keys: tuple[PublicKey, ...]
    ) -> None:
        """Hang it from the connection, instead of what was entered before. As ``refuse_other_provider``."""
        sealed = Sealer(uow.settings.secret_keys).seal(self.secret)
        before = uow.find(oidc_provider, connection_id=connection_id)
        if before is not None:
            refuse_other_provider(uow, connection_id, before.issuer, self.issuer)
        else:
            add_provider(uow, connection_id, self.issuer, self.client_id, sealed)
        values = {"issuer": self.issuer, "client_id": self.client_id, "client_secret": sealed}
        save_settings(uow, connection_id, **values, secret_expires_at=self.expires_at)
        save_metadata(uow, connection_id, metadata)
        save_keys(uow, connection_id, keys)
        body = {"connection_id": connection_id, "issuer": self.issuer, "client_id": self.client_id}
        record_changes(uow, [Change("identity_provider_changed", connection_id, body)])


def issuer_of(text: str) -> str:
    """The issuer in what was pasted: itself, or the address of its discovery document (OpenID Connect Discovery 1.0, section 4)."""
    text = text.strip()
    return text.partition(DISCOVERY)[0] if DISCOVERY in text else text


def end_of_day(text: str) -> datetime | None:
    """The end of a day such as ``2027-05-31``; None for nothing. BadInput ``bad_provider`` for what is no day."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        return datetime.combine(day, time(23, 59, 59), UTC)
    except (ValueError, OverflowError):
        raise BadInput(
            "bad_provider",
            "This is no day.",
            "",
            [Problem("must be a day such as 2027-05-31", "secret_expires")],
        ) from None
