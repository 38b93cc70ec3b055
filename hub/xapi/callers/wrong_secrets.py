"""A limit on requests with wrong or missing credentials, over all web processes.

Secrets are too long to be guessed; what must not happen is that a misconfigured system fills the audit trail, which
grows for good. Right credentials are never limited, also not those that come from the same address.
"""

from hub.limits import Limit, count_request, network_of
from hub.runtime import Hub
from hub.xapi.http.refusals import TooManyRequests

WRONG_SECRETS = Limit("xapi_wrong_secret", 20, 60)


def refuse_flood(hub: Hub, address: str, action: str = "statement") -> None:
    """Count one such request of a network address; TooManyRequests, audited once a window, when there were too many."""
    count = count_request(hub, WRONG_SECRETS, network_of(address))
    if count == WRONG_SECRETS.times + 1:
        hub.audit_refusal(action, "too_many_requests", detail={"limit": WRONG_SECRETS.name})
    if count > WRONG_SECRETS.times:
        raise TooManyRequests(retry_after=WRONG_SECRETS.seconds)
