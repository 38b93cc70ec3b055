"""Tells other systems by HTTP POST when a goal is credited, signed so that they can check who speaks."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import SecretStr

from hub.api import CreditGranted, OutgoingHttp, OutsideFailed, PluginSettings, hookimpl

if TYPE_CHECKING:  # came with 1.1
    from hub.api import PersonalData


class Settings(PluginSettings):
    """``urls``: who is told. ``secret``: signs the body; the receiver compares X-Hub-Signature."""

    urls: list[str] = []
    secret: SecretStr = SecretStr("")


class Plugin:
    """POSTs one JSON object per credit; an answer other than 2xx is tried again."""

    hub_api = "1.0"
    settings: Settings

    @hookimpl(optionalhook=True)
    def register_personal_data(self) -> "Sequence[PersonalData]":
        """Nothing here; whom it tells keeps what it is told."""
        from hub.api import PersonalData

        return [
            PersonalData(
                "Ids of people with the goals they reached",
                "other systems want to hear of it",
                "these systems decide; erasure has to be asked for there",
                "the addresses in the settings",
            )
        ]

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def credit_granted(self, event: CreditGranted, http: OutgoingHttp) -> None:
        """Tell every address; the receiver knows a repeat by its ``id``."""
        body = json.dumps(
            {
                "type": "credit_granted",
                "id": f"{event.goal_id}:{event.statement_id}",
                "person": event.person_id,
                "goal": event.goal_id,
                "target": {"kind": event.target_kind, "id": event.target_id},
                "dimension": event.dimension,
                "statement": event.statement_id,
                "completed_at": event.completed_at.isoformat(),
            }
        ).encode()
        signature = hmac.new(
            self.settings.secret.get_secret_value().encode(), body, hashlib.sha256
        ).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature": f"sha256={signature}"}
        for url in self.settings.urls:
            answer = http.post(url, connection="webhooks", headers=headers, body=body)
            if not 200 <= answer.status < 300:
                raise OutsideFailed("webhook_refused", f"{url} answered {answer.status}.")
