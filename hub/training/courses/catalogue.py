"""The rows of a catalogue and of a roster, as source plugins read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CatalogueSource:
    """An external LMS that is read: ``connection`` is its slug, ``address`` and ``secret`` are as the operator gave them.

    ``secret`` is a key or token of the LMS; empty where it needs none.
    """

    connection: str
    address: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class CatalogueRow:
    """One course as its LMS lists it. ``external_id`` never changes there; ``launch`` holds custom launch parameters."""

    external_id: str
    key: str
    title: str
    activity_id: str
    description: str = ""
    minutes: int | None = None
    completion_policy: str = "completed-or-passed"
    launch: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RosterRow:
    """One account of an LMS and whose it is.

    ``person_id`` is what the network files call the person; an e-mail address never says who somebody is. ``subject`` is what
    the LMS calls them, ``form`` how: ``lti`` in launches of its own, or a form of an xAPI actor.
    """

    person_id: str
    subject: str
    form: str = "lti"
