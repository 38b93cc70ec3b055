"""Custom parameters whose value is a variable of the standard (LTI 1.3, section 3.6.1 and appendix B)."""

from collections.abc import Callable, Mapping

from hub import __version__
from hub.config import Settings
from hub.ids import derived_id
from hub.lti.message import Message
from hub.lti.resource_links import default_line_item_id
from hub.lti.service_urls import line_item_url, line_items_url
from hub.lti.vocabulary import AGS_SCOPES, COURSE_OFFERING

PLATFORM_NAME = "Partner Training Hub"
PLATFORM_FAMILY = "partner-training-hub"

Value = Callable[[Message, Settings], str | None]


def substitute(custom: Mapping[str, str], message: Message, settings: Settings) -> dict[str, str]:
    """The parameters with every known variable replaced by its value.

    A value is a variable when it is one as a whole. A variable that the hub does not know, or whose value this message
    does not have, stays as it was sent, which tells the tool so (appendix B); variables with personal data stay where
    the tool may not have any.
    """
    return {name: _value(text, message, settings) for name, text in custom.items()}


def platform_guid(settings: Settings) -> str:
    """The stable id of this hub (LTI 1.3, section 5.4.2)."""
    return derived_id("lti-platform", settings.public_url)


def return_url(message: Message, settings: Settings) -> str:
    """Where the person goes on in the hub after the tool."""
    return settings.url("/my-training" if message.role == "Learner" else "/")


def _value(text: str, message: Message, settings: Settings) -> str:
    if text in _PERSONAL and not message.tool.shares_personal_data:
        return text
    read = _VARIABLES.get(text) or _PERSONAL.get(text)
    value = read(message, settings) if read else None
    return text if value is None or value == "" else value


def _title(message: Message, _: Settings) -> str | None:
    return message.offering.title if message.offering else None


def _context(message: Message, _: Settings) -> str | None:
    return message.link.id if message.link else None


def _line_items(message: Message, settings: Settings) -> str | None:
    if message.link is None or not set(AGS_SCOPES) & set(message.tool.scopes):
        return None
    return line_items_url(settings, message.link.id)


def _line_item(message: Message, settings: Settings) -> str | None:
    if message.link is None or not set(AGS_SCOPES) & set(message.tool.scopes):
        return None
    id = message.review.line_item_id if message.review else default_line_item_id(message.link.id)
    return line_item_url(settings, message.link.id, id)


_VARIABLES: Mapping[str, Value] = {
    "$User.id": lambda message, _: message.subject,
    "$Person.sourcedId": lambda message, _: message.subject,
    "$Membership.role": lambda message, _: message.role_uri,
    "$ResourceLink.id": _context,
    "$ResourceLink.title": _title,
    "$Context.id": _context,
    "$Context.title": _title,
    "$Context.label": lambda message, _: message.offering.key if message.offering else None,
    "$Context.type": lambda message, _: COURSE_OFFERING if message.link else None,
    "$CourseSection.sourcedId": _context,
    "$CourseSection.title": _title,
    "$CourseSection.label": lambda message, _: message.offering.key if message.offering else None,
    "$LineItem.url": _line_item,
    "$LineItems.url": _line_items,
    "$Message.returnUrl": return_url,
    "$Message.documentTarget": lambda *_: "window",
    "$Message.locale": lambda message, _: message.person.locale,
    "$ToolPlatform.productFamilyCode": lambda *_: PLATFORM_FAMILY,
    "$ToolPlatform.version": lambda *_: __version__,
    "$ToolPlatformInstance.guid": lambda _, settings: platform_guid(settings),
    "$ToolPlatformInstance.name": lambda *_: PLATFORM_NAME,
    "$ToolPlatformInstance.url": lambda _, settings: settings.public_url,
}

_PERSONAL: Mapping[str, Value] = {
    "$Person.name.full": lambda message, _: message.person.name,
    "$Person.name.given": lambda message, _: message.person.given_name,
    "$Person.name.family": lambda message, _: message.person.family_name,
    "$Person.email.primary": lambda message, _: message.person.email,
}
"""Variables that tell who somebody is."""
