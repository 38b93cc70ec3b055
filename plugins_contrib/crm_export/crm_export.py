"""Keeps a list of certified staff in a CRM: who holds what, where, for which brands, until when.

Three forms of request are known, all of them upserts by an id of the hub's, so that the same again changes nothing: ``signed``, one
signed POST of rows; ``records``, a PATCH of records in the form of Salesforce's sObject Collections; and ``inputs``, a POST of inputs
in the form of HubSpot's batches.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import (
    Answer,
    CertifiedChange,
    CertifiedPerson,
    Export,
    OutgoingHttp,
    OutsideFailed,
    PersonalData,
    PluginSettings,
    Refusals,
    hookimpl,
)

USUAL = {
    "id": "external_id",
    "person": "person_number",
    "location": "dealer_number",
    "brands": "brands",
    "title": "credential",
    "certified_at": "certified_on",
    "until": "valid_until",
    "active": "active",
}
"""What is sent if a list names no fields: no names and no addresses of people."""
SENT = frozenset(
    (
        *("id", "person_id", "person", "given_name", "family_name", "email", "position", "location"),
        *("location_name", "partner", "partner_name", "brands", "target", "title"),
        *("certified_at", "until", "active"),
    )
)


class List(PluginSettings):
    """One list in a CRM. ``fields``: what the CRM calls each value of ours; ``gone``: whether rows are deleted or made inactive.

    ``object`` is the type of a record, for ``records``; ``id_field`` the field that holds our id, for ``records`` and ``inputs``.
    """

    url: str
    form: Literal["signed", "records", "inputs"] = "signed"
    token: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    fields: dict[str, str] = USUAL
    constants: dict[str, str] = {}
    targets: tuple[str, ...] = ()
    partner: str = ""
    object: str = ""
    id_field: str = ""
    inactive: str = "false"
    active: str = "true"
    batch: int = Field(100, ge=1, le=200)

    @model_validator(mode="after")
    def _can_be_sent(self) -> "List":
        unknown = sorted(set(self.fields) - SENT)
        if unknown:
            raise ValueError(f"fields: there is no {', '.join(unknown)}; there are {', '.join(sorted(SENT))}")
        if "id" not in self.fields or "active" not in self.fields:
            raise ValueError(
                "fields: id and active must be there, or nothing could be found or taken away again"
            )
        if self.form == "signed" and not self.secret.get_secret_value():
            raise ValueError("secret: a list of the form signed needs one")
        if self.form == "records" and not self.object:
            raise ValueError("object: a list of the form records needs the type of its records")
        return self


class Settings(PluginSettings):
    """``lists`` by key. A key stays for as long as the list: another one is another list."""

    lists: dict[str, List] = {}


class Plugin:
    """Writes what changed by upserts; what is gone stays in the CRM, inactive, so that its history is not lost."""

    hub_api = "1.1"
    settings: Settings

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        """Nothing here; the CRM keeps what it is sent."""
        return [
            PersonalData(
                "Who holds what, where and until when, with the fields that the settings name",
                "sales and service want to know who is certified",
                "rows become inactive when somebody leaves or is erased; the CRM's owner deletes them",
                "the CRM",
            )
        ]

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def register_exports(self) -> Sequence[Export]:
        """One for each list."""
        return [Export(key, each.targets, each.partner) for key, each in self.settings.lists.items()]

    @hookimpl
    def certified_changed(
        self, export: Export, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
    ) -> None:
        """Send all changes, a batch at a time; each may be sent again."""
        chosen = self.settings.lists[export.key]
        for start in range(0, len(changes), chosen.batch):
            part = changes[start : start + chosen.batch]
            FORMS[chosen.form](export.key, chosen, part, refusals, http)


def _send_signed(
    key: str, chosen: List, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
) -> None:
    """POST all rows, with a key that is the same for the same rows; the receiver compares X-Hub-Signature with the body's."""
    body = _json({"list": key, "rows": [_row(chosen, change) for change in changes]})
    secret = chosen.secret.get_secret_value().encode()
    headers = {
        "X-Hub-Signature": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        "Idempotency-Key": hashlib.sha256(body).hexdigest(),
    }
    _checked(key, http.request("POST", chosen.url, **_how(key, chosen, headers), body=body))


def _send_records(
    key: str, chosen: List, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
) -> None:
    """PATCH up to 200 records of one type, found by an external id field that stands in the address; one answer for each."""
    records = [{"attributes": {"type": chosen.object}, **_row(chosen, change)} for change in changes]
    body = _json({"allOrNone": False, "records": records})
    answer = _checked(key, http.request("PATCH", chosen.url, **_how(key, chosen), body=body))
    results = answer.json()
    if not isinstance(results, list) or len(results) != len(changes):
        raise OutsideFailed("not_the_crm", f"The CRM of {key} did not say what became of each record.")
    for change, result in zip(changes, results, strict=True):
        if not isinstance(result, dict) or result.get("success") is not True:
            refusals.add(change.id, _reasons(result))


def _send_inputs(
    key: str, chosen: List, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
) -> None:
    """POST up to 100 inputs, found by a property of unique values. A batch that is refused is sent one by one to find out why."""
    own = chosen.id_field or chosen.fields["id"]
    inputs = []
    for change in changes:
        properties = _row(chosen, change)
        inputs.append({"idProperty": own, "id": change.id, "properties": properties})
    answer = http.request("POST", chosen.url, **_how(key, chosen), body=_json({"inputs": inputs}))
    if answer.status not in (400, 409, 422):
        _checked(key, answer)
    elif len(changes) == 1:
        refusals.add(changes[0].id, _message(answer))
    else:
        for change in changes:
            _send_inputs(key, chosen, [change], refusals, http)


Send = Callable[[str, List, Sequence[CertifiedChange], Refusals, OutgoingHttp], None]
FORMS: Mapping[str, Send] = {"signed": _send_signed, "records": _send_records, "inputs": _send_inputs}


def _row(chosen: List, change: CertifiedChange) -> dict[str, Any]:
    """What the CRM gets of one row, by its own names. Of what is gone, only that."""
    row, names = change.row, chosen.fields
    found: dict[str, Any] = {
        names["id"]: change.id,
        names["active"]: chosen.active if row else chosen.inactive,
    }
    if row is not None:
        found |= {said: _value(row, ours) for ours, said in names.items() if ours not in ("id", "active")}
    if chosen.form == "records" and chosen.id_field:
        found[chosen.id_field] = change.id
    return {**found, **chosen.constants}


def _value(row: CertifiedPerson, name: str) -> str | None:
    value = getattr(row, name)
    if name in ("certified_at", "until"):
        return f"{value:%Y-%m-%d}" if value is not None else None
    return ";".join(value) if name == "brands" else str(value)


def _how(key: str, chosen: List, more: Mapping[str, str] | None = None) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Accept": "application/json", **(more or {})}
    if chosen.token.get_secret_value():
        headers["Authorization"] = f"Bearer {chosen.token.get_secret_value()}"
    return {"connection": f"crm-{key}", "headers": headers}


def _checked(key: str, answer: Answer) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    told = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    raise OutsideFailed(
        "crm_refused",
        f"The CRM of {key} answered {answer.status}.",
        wait=float(told) if told.isdecimal() and len(told) < 6 else 0.0,
    )


def _reasons(result: Any) -> str:
    """What the CRM has against one record."""
    errors = result.get("errors") if isinstance(result, dict) else None
    said = (
        [each.get("message") for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    )
    return "; ".join(str(message) for message in said if message) or "refused without a reason"


def _message(answer: Answer) -> str:
    try:
        said = answer.json()
    except OutsideFailed:
        said = None
    message = said.get("message") if isinstance(said, dict) else None
    return str(message or f"answered {answer.status}")


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
