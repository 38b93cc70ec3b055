from hub.api import GoalAdded, OutgoingHttp, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def goal_added(self, event: GoalAdded, http: OutgoingHttp) -> None:
        if event.due_at is not None:
            date = event.due_at.date().isoformat()
            http.post("https://calendar.example/dates", form={"id": event.goal_id, "on": date})
