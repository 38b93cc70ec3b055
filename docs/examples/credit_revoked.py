from hub.api import CreditRevoked, OutgoingHttp, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def credit_revoked(self, event: CreditRevoked, http: OutgoingHttp) -> None:
        http.post("https://badges.example/take-back", form={"goal": event.goal_id})
