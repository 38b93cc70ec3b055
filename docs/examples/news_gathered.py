from collections.abc import Sequence

from hub.api import News, OutgoingHttp, hookimpl


class Plugin:
    hub_api = "1.1"
    gather_minutes = 60

    @hookimpl
    def news_gathered(self, news: Sequence[News], batch: str, http: OutgoingHttp) -> None:
        reached = sum(one.kind == "credit_granted" for one in news)
        http.post("https://screen.example/goals", form={"id": batch, "reached": str(reached)})
