from hub.api import Completion, Evidence, Offering, hookimpl


class Plugin:
    hub_api = "1.1"

    @hookimpl
    def recognize_completion(self, statement: Evidence, offering: Offering) -> Completion | None:
        if offering.completion_policy != "attended":
            return None
        attended = statement.verb == "http://adlnet.gov/expapi/verbs/attended"
        return Completion("attended", policy_version="1") if attended else None
