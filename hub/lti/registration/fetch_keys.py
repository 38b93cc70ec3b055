"""The step of a test exchange that fetches another system's keys, and keeps none of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import OutsideFailed
from hub.exchange import Step, shown
from hub.lti.registration.explain import explain
from hub.lti.remote_keys import usable_keys
from hub.runtime import Hub

TITLE = "Fetch its keys"


def try_keys(hub: Hub, connection_id: str, jwks_url: str, given: Sequence[Mapping[str, str]] = ()) -> Step:
    """Fetch the JWKS and say which keys in it are good for RS256 (1EdTech Security Framework 1.0, section 6.3).

    Codes are those of refused messages: ``jwks_unreachable``, and ``unknown_kid`` when no key is good.
    """
    if given:
        received = {"kid": shown(", ".join(key["kid"] for key in given))}
        return Step(TITLE, "skipped", "Its keys were handed over by hand.", received=received)
    request = f"GET {shown(jwks_url)}"
    try:
        answer = hub.http.get(jwks_url, connection=connection_id, headers={"Accept": "application/json"})
        told: Any = answer.json() if answer.status == 200 else None
    except OutsideFailed as failure:
        advice = explain(failure.code).change
        received = {"Cause": failure.code}
        return Step(TITLE, "failed", failure.message, request, None, "jwks_unreachable", advice, received)
    listed = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        received = {"Content type": shown(answer.headers.get("Content-Type", "none"))}
        message = f"It answered {answer.status}, and no JWKS."
        advice = explain("jwks_unreachable").change
        return Step(TITLE, "failed", message, request, answer.status, "jwks_unreachable", advice, received)
    kids = [key["kid"] for key in usable_keys(listed)]
    received = {"Keys": str(len(listed)), "Good keys": shown(", ".join(kids) or "none")}
    if not kids:
        message = "The JWKS holds no RSA key of 2048 bits with a kid of its own."
        advice = explain("unknown_kid").change
        return Step(TITLE, "failed", message, request, answer.status, "unknown_kid", advice, received)
    return Step(TITLE, "done", "It publishes its keys.", request, answer.status, received=received)
