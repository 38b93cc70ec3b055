"""What a browser brings back from an identity provider (RFC 6749, section 4.1.2; RFC 9207)."""

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from hub.errors import NotAllowed, OutsideFailed
from hub.sso.refusals import BEGIN_AGAIN, TELL_ADMINISTRATOR, bad_callback

_PARAMETERS = ("state", "code", "iss", "error")
_PASSING_ERRORS = {"server_error", "temporarily_unavailable"}
_DEFINED_ERRORS = {
    *_PASSING_ERRORS,
    "access_denied",
    "account_selection_required",
    "consent_required",
    "interaction_required",
    "invalid_request",
    "invalid_scope",
    "login_required",
    "unauthorized_client",
    "unsupported_response_type",
}


@dataclass(frozen=True)
class Callback:
    """The parameters of one callback; an empty text is a missing one."""

    state: str
    code: str
    iss: str
    error: str


def read_callback(arguments: MultiDict[str, str]) -> Callback:
    """The callback's parameters; refuses a repeated one and a missing state."""
    if any(len(arguments.getlist(name)) > 1 for name in _PARAMETERS):
        raise bad_callback("repeated_parameter")
    callback = Callback(*(arguments.get(name, "") for name in _PARAMETERS))
    if not callback.state:
        raise bad_callback("missing_state")
    return callback


def check_issuer(callback: Callback, issuer: str, *, announced: bool) -> None:
    """The answer comes from the provider that was asked (RFC 9207, section 2.4), also where it is an error."""
    if callback.iss and callback.iss != issuer:
        raise bad_callback("callback_of_another_issuer")
    if announced and not callback.iss:
        raise bad_callback("callback_without_issuer")


def check_success(callback: Callback, name: str) -> None:
    """The provider called ``name`` sent a code and no error."""
    if callback.error == "access_denied":
        raise NotAllowed("sign_in_cancelled", f"You did not finish signing in at {name}.", BEGIN_AGAIN)
    if callback.error:
        raise OutsideFailed(
            "idp_error",
            f"{name} could not sign you in.",
            f"{BEGIN_AGAIN} {TELL_ADMINISTRATOR}",
            retryable=callback.error in _PASSING_ERRORS,
        )
    if not callback.code:
        raise bad_callback("missing_code")


def defined_error(callback: Callback) -> str:
    """The provider's error as the standards define it, ``other`` for any other text, empty for none."""
    if not callback.error:
        return ""
    return callback.error if callback.error in _DEFINED_ERRORS else "other"
