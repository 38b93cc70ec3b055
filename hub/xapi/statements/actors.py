"""Agents and groups: whom a statement is about (xAPI 1.0.3 Data 2.4.2; 2.0, 4.2.2.1)."""

from msgspec import UNSET, Struct, UnsetType

from hub.xapi.statements.problems import Broken
from hub.xapi.statements.types import ActorKind, Iri, Mailbox, Sha1, Text, Uri

MAX_INDEXED = 1000
"""Bytes of an identifier that is looked up: what PostgreSQL can keep in an index next to another one."""

MAY_BE_TOO_LONG = MAX_INDEXED // 4
"""Characters up to which no identifier takes more than MAX_INDEXED bytes."""


class Part(Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    """A JSON object of a statement. Types are checked by msgspec, what they cannot say by ``__post_init__``."""


def too_long(text: str) -> bool:
    """Whether an identifier cannot be indexed."""
    return len(text) > MAY_BE_TOO_LONG and len(text.encode()) > MAX_INDEXED


class Account(Part):
    """A user account on an existing system."""

    home_page: Iri
    name: Text

    def __post_init__(self) -> None:
        """What can be stored and looked up."""
        if "\x00" in self.name:
            raise Broken(("name", "must not contain the character NUL"))
        if len(self.home_page) + len(self.name) >= MAY_BE_TOO_LONG and too_long(
            f"{self.home_page}|{self.name}"
        ):
            raise Broken(("", f"must not be longer than {MAX_INDEXED} bytes in all"))


class Actor(Part, rename={"object_type": "objectType"}):
    """An Agent, or an anonymous or identified Group, with at most one inverse functional identifier."""

    object_type: ActorKind | UnsetType = UNSET
    name: Text | UnsetType = UNSET
    mbox: Mailbox | UnsetType = UNSET
    mbox_sha1sum: Sha1 | UnsetType = UNSET
    openid: Uri | UnsetType = UNSET
    account: Account | UnsetType = UNSET
    member: "list[Actor] | UnsetType" = UNSET

    def __post_init__(self) -> None:
        """Exactly one identifier; members only in groups, and no groups among them."""
        # Every statement has some actors: this is written to be quick.
        by_text = (self.mbox is not UNSET) + (self.mbox_sha1sum is not UNSET) + (self.openid is not UNSET)
        identifiers = by_text + (self.account is not UNSET)
        if identifiers > 1:
            raise Broken(("", "must have exactly one of mbox, mbox_sha1sum, openid and account"))
        if by_text and too_long(self.mbox or self.mbox_sha1sum or self.openid or ""):
            raise Broken(("", f"must have an identifier of at most {MAX_INDEXED} bytes"))
        if self.object_type == "Group":
            self._check_group(anonymous=not identifiers)
        elif self.member is not UNSET:
            raise Broken(("member", "is for groups only; set objectType to Group"))
        elif not identifiers:
            raise Broken(("", "must have one of mbox, mbox_sha1sum, openid and account"))

    def _check_group(self, anonymous: bool) -> None:
        members = [] if self.member is UNSET else self.member
        if anonymous and not members:
            raise Broken(("member", "must list the agents of a group that has no identifier"))
        groups = [index for index, member in enumerate(members) if member.object_type == "Group"]
        if groups:
            raise Broken(
                *((f"member[{index}]", "must be an Agent: groups hold no groups") for index in groups)
            )

    @property
    def is_group(self) -> bool:
        """Whether this is a group, anonymous or identified."""
        return self.object_type == "Group"

    @property
    def identifier(self) -> tuple[str, str] | None:
        """Form and subject, as the hub's identity links keep them; None for an anonymous group."""
        if self.account is not UNSET:
            return "account", f"{self.account.home_page}|{self.account.name}"
        if self.mbox is not UNSET:
            return "mbox", self.mbox
        if self.mbox_sha1sum is not UNSET:
            return "mbox_sha1sum", self.mbox_sha1sum.lower()
        if self.openid is not UNSET:
            return "openid", self.openid
        return None
