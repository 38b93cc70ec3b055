"""pylti1p3, the library of the tool side, held at arm's length: it gets no network, no clock and no state of its own.

Our own validator has decided before; the library sees accepted messages alone and has to agree. It also words the answer
of deep linking. No other module imports it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import requests
from joserfc.jwk import RSAKey
from pylti1p3.cookie import CookieService
from pylti1p3.deep_link import DeepLink, TDeepLinkData
from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.deployment import Deployment
from pylti1p3.exception import LtiException
from pylti1p3.message_launch import MessageLaunch
from pylti1p3.registration import Registration
from pylti1p3.request import Request
from pylti1p3.session import SessionService
from pylti1p3.tool_config.abstract import IssuerToClientRelation, ToolConfAbstract

from hub.lti.refusals import Refused
from hub.lti.tool.platforms import Platform
from hub.lti.vocabulary import CLAIM, DEEP_LINKING_CLAIM

_OFF = {"verify_aud": False, "verify_exp": False, "verify_iat": False, "verify_nbf": False}
"""What the library would judge by the wall clock, and has been judged by the hub's."""


def validate_message(
    platform: Platform, claims: Mapping[str, Any], key: RSAKey, state: str, nonce: str, token: str
) -> None:
    """Let the library judge an id_token that the hub would accept; refuses ``bad_message`` with its words in the log only."""
    request = _Request({"state": state, "id_token": token})
    registration = _registration(platform)
    registration.set_key_set({"keys": [cast(Any, key.as_dict(private=False))]})
    launch = _Launch(
        request,
        _Tool(platform, registration, str(claims.get(CLAIM + "deployment_id"))),
        _Session(state, nonce),
        _Cookies(),
        requests_session=cast(requests.Session, _NoNetwork()),
    )
    launch.client_id = platform.client_id
    launch.set_jwt_verify_options(_OFF)
    try:
        launch.validate()
    except (LtiException, ValueError, TypeError, AttributeError, KeyError):
        raise Refused("bad_message", "The message does not follow the standard.") from None


def deep_link_jwt(
    platform: Platform, claims: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The claims of a deep linking response with these content items (LTI Deep Linking 2.0, section 4.5).

    ``claims`` are those of the request: its ``deployment_id`` and its ``deep_linking_settings``, whose ``data`` goes back.
    ``exp`` and ``iat`` are the caller's to add: the library would take them from the wall clock.
    """
    settings = cast(TDeepLinkData, claims.get(DEEP_LINKING_CLAIM + "deep_linking_settings") or {})
    link = DeepLink(_registration(platform), str(claims[CLAIM + "deployment_id"]), settings)
    message: dict[str, Any] = dict(link.get_message_jwt([_Item(item) for item in items]))
    if settings.get("data") is None:
        message.pop(DEEP_LINKING_CLAIM + "data", None)
    return {name: value for name, value in message.items() if name not in {"exp", "iat"}}


def _registration(platform: Platform) -> Registration:
    registration = Registration()
    registration.set_issuer(platform.issuer)
    registration.set_client_id(platform.client_id)
    return registration


class _Item(DeepLinkResource):
    """A content item that is worded already."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        self._item = dict(item)

    def to_dict(self) -> dict[str, object]:
        return self._item


class _Request(Request):
    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    @property
    def session(self) -> dict[str, object]:
        return {}

    def is_secure(self) -> bool:
        return True

    def get_param(self, key: str) -> str:
        return self._fields[key]


class _Cookies(CookieService):
    """Which browser it is has been decided before."""

    def get_cookie(self, name: str) -> str | None:
        return name.removeprefix("lti1p3-")

    def set_cookie(self, name: str, value: str | int, exp: int | None = None) -> None:
        """Nothing: the hub sets its own."""


class _Session(SessionService):
    """State and nonce of this one message; nothing is kept."""

    def __init__(self, state: str, nonce: str) -> None:
        self._state, self._nonce = state, nonce

    def check_state_is_valid(self, state: str, id_token_hash: str) -> bool:
        return state == self._state

    def check_nonce(self, nonce: str) -> bool:
        return nonce == self._nonce

    def save_launch_data(self, key: str, jwt_body: Mapping[str, Any]) -> None:
        """Nothing: the hub keeps what it needs."""

    def set_state_valid(self, state: str, id_token_hash: str) -> None:
        """Nothing: a state is used once."""


class _Tool(ToolConfAbstract[_Request]):
    """One registration and one deployment: those of the message."""

    def __init__(self, platform: Platform, registration: Registration, deployment_id: str) -> None:
        self.issuers_relation_types = {platform.issuer: IssuerToClientRelation.MANY_CLIENTS_IDS_PER_ISSUER}
        self._registration, self._deployment_id = registration, deployment_id

    def find_registration_by_issuer(self, iss: str, *args: Any, **kwargs: Any) -> Registration:
        return self._registration

    def find_registration_by_params(
        self, iss: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Registration:
        return self._registration

    def find_deployment(self, iss: str, deployment_id: str) -> Deployment | None:
        return self.find_deployment_by_params(iss, deployment_id, "")

    def find_deployment_by_params(
        self, iss: str, deployment_id: str, client_id: str, *args: Any, **kwargs: Any
    ) -> Deployment | None:
        known = deployment_id == self._deployment_id
        return Deployment().set_deployment_id(deployment_id) if known else None


class _Launch(MessageLaunch[_Request, _Tool, _Session, _Cookies]):
    client_id = ""

    def _get_request_param(self, key: str) -> str:
        return self._request.get_param(key)

    def get_client_id(self) -> str:
        """The hub's id, which the library takes for the first of a list of audiences."""
        return self.client_id


class _NoNetwork:
    """What the library gets instead of a way out."""

    def get(self, *args: object, **kwargs: object) -> None:
        raise LtiException("the library may not call anybody")
