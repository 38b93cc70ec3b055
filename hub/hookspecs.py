"""The hook catalogue. Each docstring is the contract: when it is called, with what, and what an exception means."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hub.audiences.assigning.opinion import Candidate, Opinion
from hub.audiences.events import AudienceJoined
from hub.audiences.mails import Mails
from hub.audiences.news import News
from hub.audiences.profiles.aspects import Aspect
from hub.audiences.profiles.plugin_workflows import Workflow
from hub.exports.certified import CertifiedChange, Export, Refusals
from hub.hooks import hook
from hub.http import OutgoingHttp
from hub.plugin_data.personal_data import Erased, PersonalData
from hub.plugin_pages.route import Route
from hub.training.completing.completion import Completion, Evidence, Offering
from hub.training.courses.catalogue import CatalogueRow, CatalogueSource, RosterRow
from hub.training.events import CompletionRecognized, CreditGranted, CreditRevoked, GoalAdded
from hub.training.my_training.panel import Panel, PanelView


@hook("register", "hub", "stop")
def register_settings() -> type[BaseModel]:
    """Name the pydantic model of your settings.

    Called once at start. The table ``[plugin.YOUR_NAME]`` is validated with it and put on your plugin as ``settings``.
    A wrong setting stops the start and is named.
    """
    raise NotImplementedError


@hook("register", "hub", "stop")
def register_aspects() -> Sequence[Aspect]:
    """Name what profiles can say about audiences on your behalf, such as the tier of a contract.

    Called at start and whenever profiles are checked; always give the same. Two of the same key stop the start. What profiles
    said stays when your plugin is off, and is there when it comes back.
    """
    raise NotImplementedError


@hook("register", "hub", "stop")
def register_workflows() -> Sequence[Workflow]:
    """Name workflows that profiles can take: on an event, if conditions hold, one thing is done once.

    Called at start and whenever profiles are checked; always give the same. What a profile took stays as it was until it is
    applied again, also while your plugin is off. One that cannot be stops the start.
    """
    raise NotImplementedError


@hook("register", "hub", "stop", since="1.1")
def register_migrations() -> Path:
    """Name the folder of your Alembic revisions, if you keep tables of your own.

    Called at start and by ``hub migrate``, which applies them after the hub's own. All your tables begin with
    ``plugin_YOUR_NAME_``; a revision that touches another table is refused. You reach them through ``self.storage``.
    """
    raise NotImplementedError


@hook("register", "hub", "stop", since="1.1")
def register_routes() -> Sequence[Route]:
    """Name your pages, below ``/plugins/YOUR_NAME/``, and who may see each.

    Called once at start. A view gets a Request and answers with a Page made of parts, which the hub draws, or with JSON. Whoever
    looks must be signed in, unless a route says in words why not. While your plugin is on for no audience they are not there.
    """
    raise NotImplementedError


@hook("register", "hub", "stop", since="1.1")
def register_personal_data() -> Sequence[PersonalData]:
    """Say what you keep about people, or send elsewhere; nothing for an empty list.

    Called at start, and for the page of plugins. A plugin with tables must say it; one that keeps something implements
    ``export_person`` and ``erase_person``.
    """
    raise NotImplementedError


@hook("fetch", "hub", "stop", since="1.1")
def export_person(person_id: str) -> Iterable[Mapping[str, Any]]:
    """Yield all that you keep about somebody, as JSON objects.

    Called outside any unit of work when somebody asks what is kept about them. An exception stops the export: half would look
    like all.
    """
    raise NotImplementedError


@hook("fetch", "hub", "stop", since="1.1")
def erase_person(person_id: str, http: OutgoingHttp) -> Iterable[Erased]:
    """Erase somebody from all that you keep, and say how much of what that was. Asked again, yield nothing.

    Called outside any unit of work, after the hub erased its own. An exception leaves the erasure open, where operators see it,
    and you are asked again until it is done.
    """
    raise NotImplementedError


@hook("fetch", "source", "stop")
def read_catalogue(source: CatalogueSource, http: OutgoingHttp) -> Iterable[CatalogueRow]:
    """Yield every course an LMS offers.

    Called outside any unit of work by a catalogue sync; may use the network, through ``http`` alone. An exception stops
    the sync, changes nothing and is shown.
    """
    raise NotImplementedError


@hook("fetch", "source", "stop")
def read_roster(source: CatalogueSource, http: OutgoingHttp) -> Iterable[RosterRow]:
    """Yield the accounts of an LMS whose owners the network files name.

    Called outside any unit of work by a roster sync; may use the network, through ``http`` alone. Accounts are linked to
    people and never unlinked. An exception stops the sync, changes nothing and is shown.
    """
    raise NotImplementedError


@hook("ask", "source", "stop")
def recognize_completion(statement: Evidence, offering: Offering) -> Completion | None:
    """Say whether this statement completes this offering; None leaves the answer to the next plugin.

    The first answer counts. Called inside the unit that credits; reads only its arguments, so that a replay gets the same
    answer. An exception leaves the statement unread: the reader stops there, is shown, and tries again.
    """
    raise NotImplementedError


@hook("ask", "subject", "keep")
def decide_assignments(candidates: Sequence[Candidate]) -> Iterable[Opinion]:
    """Say what these people should get in addition to the rules, in batches of whole persons.

    All answers count. Asked again about a person only when an attribute named with ``@reads`` changed, or your version
    or settings did. Opinions are stored with your version and reason. An exception keeps your last answer and is shown.
    """
    raise NotImplementedError


@hook("tell", "hub", "retry")
def completion_recognized(event: CompletionRecognized, http: OutgoingHttp) -> None:
    """A statement completed an offering. Told after the commit; an exception is tried again, then parked and shown."""


@hook("tell", "hub", "retry")
def credit_granted(event: CreditGranted, http: OutgoingHttp) -> None:
    """A goal was credited, which was no performance review. Told after the commit; an exception is tried again, then parked and shown."""


@hook("tell", "hub", "retry")
def credit_revoked(event: CreditRevoked, http: OutgoingHttp) -> None:
    """The evidence of such a credit was voided. Told after the commit; an exception is tried again, then parked and shown."""


@hook("tell", "hub", "retry", since="1.1")
def goal_added(event: GoalAdded, http: OutgoingHttp) -> None:
    """A goal is new in somebody's plan, and no performance review.

    Told once for each goal, after the commit: a rule for ten thousand people makes ten thousand calls. Who can do with less
    takes ``news_gathered``. An exception is tried again, then parked and shown.
    """


@hook("tell", "hub", "retry", since="1.1")
def audience_joined(event: AudienceJoined, http: OutgoingHttp) -> None:
    """Somebody's appointment is new in an audience. Told after the commit, once; an exception is tried again, then parked and shown."""


@hook("tell", "hub", "retry", since="1.1")
def news_gathered(news: Sequence[News], batch: str, http: OutgoingHttp, mails: Mails) -> None:
    """What happened in the last minutes, a thousand events at most: goals that are new or credited, credits taken back, people who joined.

    No performance reviews, and nothing that no longer holds. Your class, or your settings, say in ``gather_minutes`` for how long
    news is gathered, five usually. ``mails`` writes by the hub's own mail server. An exception has the same told again, less what no longer
    holds by then, and at last parked and shown: ``batch`` is the same each time.
    """


@hook("register", "hub", "stop", since="1.1")
def register_exports() -> Sequence[Export]:
    """Name the lists of certified people that you keep in other systems.

    Called at start and whenever people are compared with such a list; always give the same.
    """
    raise NotImplementedError


@hook("tell", "hub", "retry", since="1.1")
def certified_changed(
    export: Export, changes: Sequence[CertifiedChange], refusals: Refusals, http: OutgoingHttp
) -> None:
    """Rows of one of your lists that are to be written or taken away, a hundred at most; performance reviews are in none.

    Told when somebody is credited, changes or leaves, and once a day about everything that differs from what you took. An
    exception has the same told again, later and later; a row that the other system refuses goes to ``refusals``.
    """


@hook("show", "subject", "box")
def plan_panels(view: PanelView) -> Sequence[Panel]:
    """Add panels to "My training" of people in your audiences. An exception becomes a small error box."""
    raise NotImplementedError
