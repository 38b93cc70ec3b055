from hub.api import CreditGranted, OutgoingHttp, OutsideFailed, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def credit_granted(self, event: CreditGranted, http: OutgoingHttp) -> None:
        answer = http.post(
            "https://badges.example/award", form={"goal": event.goal_id, "person": event.person_id}
        )
        if answer.status >= 500:
            raise OutsideFailed("badges_down", f"The badge server answered {answer.status}.")
