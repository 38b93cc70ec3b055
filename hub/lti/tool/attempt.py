"""What is known of a message that is being judged: for the one audit row of its refusal, and for its page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.errors import HubError
from hub.lti.tool.platforms import Platform
from hub.runtime import Hub

MAX_TEXT = 200
SHOWN = ("iss", "aud", "azp", "kid", "alg", "deployment_id", "message_type", "migration")


@dataclass
class Attempt:
    """One request of a browser on its way in. ``platform`` is set once it is known for certain who sent it."""

    action: str
    platform: Platform | None = None
    person_id: str | None = None
    received: dict[str, str] = field(default_factory=dict)
    detail: dict[str, Any] = field(default_factory=dict)

    def note(self, **received: object) -> None:
        """Keep what a message said of itself, cut short, so that pages can explain a refusal. Never tokens or names."""
        for name, value in received.items():
            if name in SHOWN and value is not None:
                self.received[name] = str(value).replace("\0", "")[:MAX_TEXT]

    def as_detail(self) -> Mapping[str, Any]:
        """What the audit row keeps."""
        return {**self.detail, **({"received": self.received} if self.received else {})}


@contextmanager
def audited_refusal(hub: Hub, attempt: Attempt) -> Iterator[None]:
    """Write the one audit row when the block refuses, and let the error go on."""
    try:
        yield
    except HubError as error:
        platform = attempt.platform
        hub.audit_refusal(
            attempt.action,
            error.code,
            actor_id=attempt.person_id,
            partner_id=platform.partner_id if platform else None,
            connection_id=platform.connection_id if platform else None,
            detail=attempt.as_detail(),
        )
        raise
