from hub.api import AudienceJoined, OutgoingHttp, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def audience_joined(self, event: AudienceJoined, http: OutgoingHttp) -> None:
        http.post("https://badges.example/order", form={"id": event.appointment_id, "for": event.audience})
