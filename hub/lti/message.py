"""What one launch message is made from, whatever its type (LTI 1.3, section 5.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.lti.resource_links import ResourceLink
from hub.lti.tools import Tool
from hub.lti.vocabulary import DEEP_LINKING_REQUEST, MEMBERSHIP, RESOURCE_LINK_REQUEST
from hub.network.people.person import Person
from hub.training.completing.completion import Offering


@dataclass(frozen=True)
class Review:
    """Whose work on which line item is to be reviewed; ``subject`` is how the tool knows that person.

    ``url`` and ``custom`` are those of the line item's ``submissionReview``, where it has them (Submission Review 1.0).
    """

    person: Person
    subject: str
    line_item_id: str
    url: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """All that one launch message is made from. ``subject`` is how this tool knows the person, and no other tool.

    ``role`` is the short name of the context role. ``link`` and ``offering`` are there for messages about a course,
    ``review`` for a submission review; ``content_id`` is the request for content a deep linking message belongs to.
    """

    tool: Tool
    deployment_id: str
    person: Person
    subject: str
    registration: str
    nonce: str
    link: ResourceLink | None = None
    offering: Offering | None = None
    message_type: str = RESOURCE_LINK_REQUEST
    role: str = "Learner"
    review: Review | None = None
    content_id: str | None = None

    @property
    def role_uri(self) -> str:
        """The context role in full (LTI 1.3, section A.2.3)."""
        return MEMBERSHIP + self.role

    @property
    def target_link_uri(self) -> str:
        """Where the message leads in the tool."""
        return target_link_uri(
            self.tool, self.link, self.message_type, self.review.url if self.review else ""
        )


def target_link_uri(tool: Tool, link: ResourceLink | None, message_type: str, review_url: str = "") -> str:
    """Where a message leads: login initiation and id_token must say the same (LTI 1.3, section 4.1.1)."""
    if message_type == DEEP_LINKING_REQUEST:
        return tool.deep_linking_url or tool.launch_url
    return review_url or (link.target_link_uri if link else None) or tool.launch_url
