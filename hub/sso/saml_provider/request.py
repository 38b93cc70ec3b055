"""What a system asks for with an AuthnRequest (SAML Core 2.0, section 3.4.1), and whether it may be answered."""

from datetime import datetime, timedelta

import msgspec
from lxml import etree

from hub.errors import NotAllowed
from hub.sso.refusals import not_verified
from hub.sso.saml.names import PERSISTENT, POST, UNSPECIFIED, tag
from hub.sso.saml.times import SKEW, check_issued, read_instant
from hub.sso.saml.xml import attribute, leaf_text
from hub.sso.saml_provider.messages import Message, check_kind
from hub.sso.saml_provider.refusals import not_here, not_trusted, told_to_system

LASTS = timedelta(hours=1)
"""How old a request may be: nothing but an answer to its own system comes of an old one, which is no use to anybody."""
MAX_ID, MAX_CLASSES = 256, 20
_OFFERED_FORMATS = frozenset({"", PERSISTENT, UNSPECIFIED})


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request that can be answered. ``classes`` are authentication contexts of which one is needed; empty for any."""

    client_id: str
    consumer: str
    request_id: str = ""
    relay_state: str = ""
    again: bool = False
    passive: bool = False
    classes: tuple[str, ...] = ()
    name_id_format: str = ""
    bad_classes: bool = False

    def check(self) -> None:
        """Refuse what the hub cannot give, in a way that the system is told."""
        if self.name_id_format not in _OFFERED_FORMATS:
            raise told_to_system(
                "name_id_format",
                "The system wants another kind of NameID than persistent.",
                "InvalidNameIDPolicy",
            )
        if self.bad_classes:
            raise told_to_system(
                "acr_comparison",
                "The system compares ways of signing in; only exact is offered.",
                "NoAuthnContext",
            )


def read_authn_request(message: Message, now: datetime) -> Asked:
    """What is asked; BadInput for everything after which it would not be known where an answer may go."""
    check_kind(message, "samlp:AuthnRequest")
    root = message.root
    request_id = attribute(root, "ID")
    try:
        issued = attribute(root, "IssueInstant")
        check_issued(issued, now)
        if read_instant(issued) + LASTS <= now - SKEW:
            raise not_verified("answer_expired")
    except NotAllowed as error:
        raise not_trusted(error) from None
    if not request_id or len(request_id) > MAX_ID or not request_id.isprintable():
        raise not_here("bad_saml_request", "The system that sent you here did not say which request this is.")
    if root.find(tag("saml:Subject")) is not None:
        raise not_here(
            "request_names_subject", "The system asked for one certain person; this is not offered."
        )
    policy, context = root.find(tag("samlp:NameIDPolicy")), root.find(tag("samlp:RequestedAuthnContext"))
    classes = _classes(context)
    return Asked(
        client_id=message.system.client_id,
        consumer=_consumer(message),
        request_id=request_id,
        relay_state=message.relay_state,
        again=_is_true(root, "ForceAuthn"),
        passive=_is_true(root, "IsPassive"),
        classes=classes,
        name_id_format=attribute(policy, "Format") if policy is not None else "",
        bad_classes=context is not None
        and (attribute(context, "Comparison") not in {"", "exact"} or not classes),
    )


def _consumer(message: Message) -> str:
    """Where the answer goes: an address of the metadata, by itself, by index, or the default one; never another."""
    root, metadata, name = message.root, message.metadata, message.system.name
    url, index = (
        attribute(root, "AssertionConsumerServiceURL"),
        attribute(root, "AssertionConsumerServiceIndex"),
    )
    if attribute(root, "ProtocolBinding") not in {"", POST} or (url and index):
        raise not_here("unregistered_consumer", f"{name} wants its answer in a way that is not offered.")
    found = metadata.consumers.get(index, "") if index else url or metadata.default_consumer
    if found not in metadata.consumers.values():
        raise not_here(
            "unregistered_consumer", f"{name} asked for an answer at an address that is not registered."
        )
    return found


def _classes(context: etree._Element | None) -> tuple[str, ...]:
    if context is None:
        return ()
    texts = [leaf_text(one) or "" for one in context.findall(tag("saml:AuthnContextClassRef"))]
    return tuple(text for text in texts if text and text.isprintable() and " " not in text)[:MAX_CLASSES]


def _is_true(root: etree._Element, name: str) -> bool:
    return attribute(root, name) in {"true", "1"}
