"""The pages: one's own onboarding, and the requests that wait for a decision."""

from datetime import datetime
from typing import Any

from distributor_onboarding import requests
from distributor_onboarding.requests import APPROVED, DECLINED, WAITING
from distributor_onboarding.settings import Settings
from hub.api import (
    BadInput,
    Button,
    Conflict,
    Field,
    Form,
    Heading,
    Link,
    Missing,
    NotAllowed,
    Page,
    Redirect,
    Request,
    Seen,
    Table,
    Tag,
    Text,
)

DECIDERS = ("manager", "partner_admin", "operator")
AS = {"manager": "a manager", "partner_admin": "a partner admin", "operator": "an operator"}
"""How a reason calls who approved: a role, no name."""
SHOWN = 50
CHUNKS = 5
"""So many chunks of the table are looked through for requests that the viewer may see; a link goes on from there."""
WAITING_AFTER, DECIDED_AFTER = "waiting_after", "decided_after"


class Pages:
    """Views of the plugin's routes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def mine(self, request: Request) -> Page:
        """How one's own onboarding stands, for each appointment."""
        own = request.people()
        with request.reading() as connection:
            rows = requests.read(connection, [each.appointment_id for each in own])
        table = Table(
            ["Where", "As", "Onboarding", ""],
            [self._own_line(each, rows.get(each.appointment_id)) for each in own],
            empty="There is nothing here for you to begin with.",
        )
        return Page(
            "Your onboarding",
            [table],
            "Ask for your path here. Somebody who looks after your company decides, and you see it in your training.",
        )

    def ask(self, request: Request) -> Redirect:
        """Ask for oneself."""
        about = _find(request, request.form.get("appointment_id", ""))
        with request.writing() as unit:
            asked = requests.ask(
                unit.connection, about.appointment_id, about.person_id, request.viewer_id, unit.now
            )
        return Redirect(
            "", "You have asked. You see here what is decided." if asked else "You had asked already."
        )

    def requests(self, request: Request) -> Page:
        """Who waits, the longest first; what was decided; and a form to propose somebody."""
        waiting, waiting_on = _seen(request, request.query.get(WAITING_AFTER, ""), waiting=True)
        decided, decided_on = _seen(request, request.query.get(DECIDED_AFTER, ""), waiting=False)
        late = sum(self._is_late(request, row) for _, row in waiting)
        parts: list[Any] = []
        if late:
            words = "1 person has" if late == 1 else f"{late} people have"
            parts.append(Text(f"{words} waited for {self.settings.wait_days} days or longer.", "warn"))
        parts.append(
            Table(
                ["Who", "Where", "Asked", "", "Decision"],
                [self._waiting_line(request, seen, row) for seen, row in waiting],
                empty="None of those who have waited longest is yours to decide."
                if waiting_on
                else "Nobody waits.",
            )
        )
        if waiting_on:
            parts.append(Link("Go on to those who asked later", "requests", {WAITING_AFTER: waiting_on}))
        parts += [Heading("Propose somebody"), *self._proposing(request)]
        if decided or decided_on:
            columns = ["Who", "Where", "Decision", "By", "When"]
            lines, empty = (
                [_decided_line(*each) for each in decided],
                "None of the latest is about people of yours.",
            )
            parts += [Heading("Decided"), Table(columns, lines, empty)]
        if decided_on:
            parts.append(Link("Go on to earlier decisions", "requests", {DECIDED_AFTER: decided_on}))
        return Page(
            "Onboarding requests", parts, "Who is approved gets the path for people who are new here."
        )

    def find(self, request: Request) -> Redirect:
        """Look for somebody to propose."""
        return Redirect("requests", query={"words": request.form.get("words", "")[:100]})

    def propose(self, request: Request) -> Redirect:
        """Ask for somebody else."""
        about = _find(request, request.form.get("appointment_id", ""))
        with request.writing() as unit:
            asked = requests.ask(
                unit.connection, about.appointment_id, about.person_id, request.viewer_id, unit.now
            )
        return Redirect(
            "requests", f"{about.name} waits for a decision{'' if asked else ', or has one,'} now."
        )

    def decide(self, request: Request) -> Redirect:
        """Approve or decline: the row and the note at the hub together, or neither."""
        state = request.form.get("decision", "")
        if state not in (APPROVED, DECLINED):
            raise BadInput(
                "bad_decision", "The form does not say what was decided.", "Go back and press a button."
            )
        about = _find(request, request.values["appointment_id"])
        if about.is_own:
            raise NotAllowed("own_request", "Somebody else decides about your own onboarding.")
        role = AS[request.roles[0].partition(":")[0]]
        with request.writing() as unit:
            if not requests.decide(unit.connection, about.appointment_id, state, request.viewer_id, unit.now):
                raise Conflict(
                    "decided", "Nobody waits here any more.", "Somebody else may have decided just now."
                )
            unit.remember(about.appointment_id, {"decision": state, "at": unit.now.isoformat(), "as": role})
        return Redirect("requests", f"The onboarding of {about.name} is {state}.")

    def _own_line(self, each: Seen, row: Any) -> list[Any]:
        if row is None or row.state == DECLINED:
            state = Tag("not asked for") if row is None else Tag("declined", "bad")
            text = "Ask for it" if row is None else "Ask again"
            fields = [Field("appointment_id", "", "hidden", each.appointment_id)]
            asking = Form("ask", [Button(text, tone="main", about=each.location)], fields)
            return [each.location, each.position, state, asking]
        if row.state == WAITING:
            return [each.location, each.position, Tag("waiting", "warn"), _at(row.asked_at)]
        return [
            each.location,
            each.position,
            Tag(f"approved by {each.noted_by or 'somebody'}", "good"),
            each.noted_at,
        ]

    def _waiting_line(self, request: Request, seen: Seen, row: Any) -> list[Any]:
        late = Tag(f"{_days(request, row)} days", "warn") if self._is_late(request, row) else None
        buttons = [
            Button("Approve", "decision", APPROVED, "main", about=seen.name),
            Button("Decline", "decision", DECLINED, about=seen.name),
        ]
        decision = (
            "somebody else decides" if seen.is_own else Form(f"requests/{seen.appointment_id}", buttons)
        )
        return [seen.name, f"{seen.location}, {seen.partner}", _at(row.asked_at), late, decision]

    def _proposing(self, request: Request) -> list[Any]:
        words = request.query.get("words", "")
        people = request.people(words)
        with request.reading() as connection:
            known = requests.read(connection, [each.appointment_id for each in people])
        free = [
            (each.appointment_id, f"{each.name}, {each.position}, {each.location}")
            for each in people
            if each.appointment_id not in known or known[each.appointment_id].state == DECLINED
        ]
        parts: list[Any] = []
        if words or len(people) >= SHOWN:
            search = Field("words", "Name", value=words, hint="The beginning of a given or family name.")
            parts.append(Form("requests/find", [Button("Find")], [search]))
        if free:
            choice = Field("appointment_id", "Who", "choice", choices=free)
            parts.append(Form("requests/propose", [Button("Propose")], [choice]))
        else:
            parts.append(Text("There is nobody to propose.", "quiet"))
        return parts

    def _is_late(self, request: Request, row: Any) -> bool:
        return _days(request, row) >= self.settings.wait_days


def _decided_line(seen: Seen, row: Any) -> list[Any]:
    tag = Tag(row.state, "good" if row.state == APPROVED else "bad")
    return [seen.name, f"{seen.location}, {seen.partner}", tag, seen.noted_by or None, seen.noted_at]


def _find(request: Request, appointment_id: str) -> Seen:
    found = request.see([appointment_id]).get(appointment_id)
    if found is None:
        raise Missing("nobody", "There is no such person here.")
    return found


def _seen(request: Request, after: str, *, waiting: bool) -> tuple[list[tuple[Seen, Any]], str]:
    """The next SHOWN requests about people whom the viewer may see, and where to go on if there may be more of them."""
    found: list[tuple[Seen, Any]] = []
    for _ in range(CHUNKS):
        with request.reading() as connection:
            rows = requests.read_some(connection, waiting=waiting, after=after)
        people = request.see([row.appointment_id for row in rows])
        for row in rows:
            if row.appointment_id in people:
                if len(found) == SHOWN:
                    return found, after
                found.append((people[row.appointment_id], row))
            after = requests.place_of(row, waiting=waiting)
        if len(rows) < requests.CHUNK:
            return found, ""
    return found, after


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _days(request: Request, row: Any) -> int:
    return (request.now - _at(row.asked_at)).days
