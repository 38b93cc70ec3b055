"""The protocol itself, as scim2-server speaks it, with what the hub decides differently."""

from http import HTTPStatus
from typing import Any

from scim2_models import Context, Resource, ResponseParameters, SCIMException
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from hub.errors import HubError
from hub.logging import get_logger
from hub.sso.scim.provider import PROVIDER

logger = get_logger(__name__)


class HubService(ScimService):
    """One request's view of the protocol; it remembers why operations of a bulk request failed."""

    def __init__(self, secret: str) -> None:
        super().__init__(PROVIDER, secret=secret)
        self.failures: list[str] = []

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """200 with the whole resource: clients that were built for it fail on 204, and none fails on 200 (3.5.2)."""
        return self.resource_response(
            self.publish(base_url, resource),
            Context.RESOURCE_REPLACEMENT_RESPONSE,
            response_parameters,
            HTTPStatus.OK,
        )

    def bulk_failure(self, outcome: dict[str, Any], exception: Exception) -> dict[str, Any]:
        """The outcome of an operation that failed. What nobody expected is logged."""
        if not isinstance(exception, SCIMException):
            logger.error("scim_bulk_operation_failed", exc_info=exception)
        self.failures.append(reason(exception))
        return super().bulk_failure(outcome, exception)


def reason(error: Exception) -> str:
    """The stable code of a refusal: the hub's own where it refused, else the protocol's (RFC 7644, 3.12), in snake case."""
    cause = error.__cause__
    if isinstance(cause, HubError) and cause.code:
        return cause.code
    if not isinstance(error, SCIMException):
        return "internal_error"
    kind = error.to_error().scim_type
    if kind:
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in str(kind))
    return _CODES.get(int(error.status or 500), "refused")


_CODES = {
    400: "bad_request",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "version_mismatch",
    413: "asked_too_much",
    415: "unsupported_type",
    501: "not_supported",
}
