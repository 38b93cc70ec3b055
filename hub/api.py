"""All that plugins may import of the hub."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from hub.audiences.assigning.opinion import Candidate, Opinion
from hub.audiences.events import AudienceJoined
from hub.audiences.mails import Mails
from hub.audiences.news import News
from hub.audiences.profiles.aspects import Aspect
from hub.audiences.profiles.plugin_workflows import Workflow
from hub.errors import BadInput, Conflict, HubError, Missing, NotAllowed, OutsideFailed
from hub.exports.certified import CertifiedChange, CertifiedPerson, Export, Refusals
from hub.hooks import API_VERSION, hookimpl
from hub.http import Answer, OutgoingHttp
from hub.plugin_data.personal_data import Erased, PersonalData
from hub.plugin_data.storage import Storage, Writing
from hub.plugin_pages.page import Button, Field, Form, Heading, Json, Link, Page, Redirect, Table, Tag, Text
from hub.plugin_pages.request import Request
from hub.plugin_pages.route import Route
from hub.plugin_pages.seen import Seen
from hub.training.completing.completion import Completion, CompletionTerms, Evidence, Offering
from hub.training.courses.catalogue import CatalogueRow, CatalogueSource, RosterRow
from hub.training.events import CompletionRecognized, CreditGranted, CreditRevoked, GoalAdded
from hub.training.my_training.panel import Panel, PanelView

__all__ = [
    "API_VERSION",
    "Answer",
    "Aspect",
    "AudienceJoined",
    "BadInput",
    "Button",
    "Candidate",
    "CatalogueRow",
    "CatalogueSource",
    "CertifiedChange",
    "CertifiedPerson",
    "Completion",
    "CompletionRecognized",
    "CompletionTerms",
    "Conflict",
    "CreditGranted",
    "CreditRevoked",
    "Erased",
    "Evidence",
    "Export",
    "Field",
    "Form",
    "GoalAdded",
    "Heading",
    "HubError",
    "Json",
    "Link",
    "Mails",
    "Missing",
    "News",
    "NotAllowed",
    "Offering",
    "Opinion",
    "OutgoingHttp",
    "OutsideFailed",
    "Page",
    "Panel",
    "PanelView",
    "PersonalData",
    "PluginSettings",
    "Redirect",
    "Refusals",
    "Request",
    "RosterRow",
    "Route",
    "Seen",
    "Storage",
    "Table",
    "Tag",
    "Text",
    "Workflow",
    "Writing",
    "hookimpl",
    "reads",
]

CAME_LATER: Mapping[str, frozenset[str]] = {
    "1.1": frozenset(
        (
            "AudienceJoined",
            "Button",
            "CertifiedChange",
            "CertifiedPerson",
            "Erased",
            "Export",
            "Field",
            "Form",
            "GoalAdded",
            "Heading",
            "Json",
            "Link",
            "Mails",
            "News",
            "Page",
            "PersonalData",
            "Redirect",
            "Refusals",
            "Request",
            "Route",
            "Seen",
            "Storage",
            "Table",
            "Tag",
            "Text",
            "Writing",
        )
    )
}
"""The names that plugin API 1.0 did not have, by the version that they came with."""


class PluginSettings(BaseModel):
    """The base of a plugin's settings: a setting it does not know stops the start."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def reads(*attributes: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare which attributes of a Candidate an answer depends on, so that it is asked for again only when they change."""
    unknown = set(attributes) - set(Candidate.__dataclass_fields__)
    if unknown:
        raise TypeError(f"a Candidate has no {', '.join(sorted(unknown))}")

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.hub_reads = attributes  # type: ignore[attr-defined]
        return function

    return mark
