from hub.api import CompletionRecognized, OutgoingHttp, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def completion_recognized(self, event: CompletionRecognized, http: OutgoingHttp) -> None:
        http.post(
            "https://hr.example/completions", form={"id": event.statement_id, "course": event.offering_id}
        )
