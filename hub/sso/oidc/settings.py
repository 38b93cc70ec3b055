"""What an operator sets about an identity provider, and changing it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from hub.errors import BadInput, Problem
from hub.journal import Change, audit, record_changes
from hub.sealing import Sealer
from hub.sso.oidc.providers import Provider, read_provider, save_settings
from hub.sso.onboarding.expiries import look_at
from hub.store import UnitOfWork

CHANGED = "identity_provider_changed"
MAX_TEXT = 1000


@dataclass(frozen=True)
class ProviderSettings:
    """What can be changed later. The issuer cannot: its subjects would mean other people.

    An empty ``client_secret`` keeps the one that is stored. ``scopes`` and ``required_acr`` are parted by spaces;
    ``secret_expires_on`` is a date or empty.
    """

    client_id: str
    client_secret: str = ""
    scopes: str = "openid"
    required_acr: str = ""
    secret_expires_on: str = ""
    signs_out: bool = True


def settings_of(provider: Provider) -> ProviderSettings:
    """The settings as they are, without the secret."""
    expires = provider.secret_expires_at
    return ProviderSettings(
        provider.client_id,
        "",
        provider.scopes,
        provider.required_acr,
        expires.date().isoformat() if expires else "",
        provider.signs_out,
    )


def check(settings: ProviderSettings) -> list[Problem]:
    """What is wrong, each with its field."""
    problems = []
    if not _is_text(settings.client_id):
        problems.append(Problem("must be the client id as the provider shows it", "client_id"))
    if not settings.client_secret.isprintable() or len(settings.client_secret) > MAX_TEXT:
        problems.append(Problem("must be the secret as the provider shows it", "client_secret"))
    if not _are_words(settings.scopes):
        problems.append(Problem("must be names with spaces between, such as openid profile email", "scopes"))
    if settings.required_acr and not _are_words(settings.required_acr):
        problems.append(Problem("must be values of acr with spaces between", "required_acr"))
    if settings.secret_expires_on and _day(settings.secret_expires_on) is None:
        problems.append(Problem("must be a date such as 2027-03-31", "secret_expires_on"))
    return problems


def change_provider(
    uow: UnitOfWork, slug: str, settings: ProviderSettings, *, actor_id: str | None = None
) -> bool:
    """Change an identity provider; whether anything became another. BadInput ``bad_provider`` with one problem per field.

    Sign-ins use it from now on; whoever is signed in stays so.
    """
    problems = check(settings)
    if problems:
        raise BadInput("bad_provider", "This cannot be saved; nothing was changed.", "", problems)
    provider = read_provider(uow, slug)
    if settings == settings_of(provider):
        return False
    connection, expires = provider.connection, _day(settings.secret_expires_on)
    values = {
        "client_id": settings.client_id,
        "scopes": " ".join(settings.scopes.split()),
        "required_acr": " ".join(settings.required_acr.split()),
        "signs_out": settings.signs_out,
    }
    body = values | {"issuer": provider.issuer, "secret_expires_on": settings.secret_expires_on}
    secret = {}
    if settings.client_secret:
        secret = {"client_secret": Sealer(uow.settings.secret_keys).seal(settings.client_secret)}
    save_settings(uow, connection.id, secret_expires_at=expires, **values, **secret)
    look_at(uow, [connection.id])
    record_changes(uow, [Change(CHANGED, connection.id, {"connection_id": connection.id, **body})])
    audit(
        uow,
        CHANGED,
        connection.id,
        actor_id=actor_id,
        partner_id=connection.partner_id,
        connection_id=connection.id,
        detail={"secret": "changed"} if secret else None,
    )
    return True


def _is_text(value: str) -> bool:
    return bool(value) and value.isprintable() and len(value) <= MAX_TEXT


def _are_words(value: str) -> bool:
    """Visible ASCII without quotes and backslashes (RFC 6749, appendix A.4)."""
    words = value.split(" ")
    return len(value) <= MAX_TEXT and all(
        word.isascii() and word.isprintable() and not set(word) & set('"\\') for word in words
    )


def _day(text: str) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
