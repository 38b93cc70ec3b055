from collections.abc import Sequence

from hub.api import Button, Form, Page, Redirect, Request, Route, Table, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def register_routes(self) -> Sequence[Route]:
        may = ("manager", "partner_admin")
        return [
            Route("", self.show, may=may, menu="Visits"),
            Route("visited/<appointment_id>", self.note, may=may, methods=("POST",)),
        ]

    def show(self, request: Request) -> Page:
        rows = [
            [
                each.name,
                each.noted_at,
                Form(f"visited/{each.appointment_id}", [Button("Visited", about=each.name)]),
            ]
            for each in request.people()
        ]
        return Page("Visits", [Table(["Who", "Last visit", ""], rows, empty="Nobody works there.")])

    def note(self, request: Request) -> Redirect:
        with request.writing() as unit:
            unit.remember(request.values["appointment_id"], {"visited_on": unit.now.date().isoformat()})
        return Redirect("", "It is noted.")
