"""The pages a plugin brings along: closed unless they say why not, and answering what the hub can draw."""

from collections.abc import Sequence

from hub.api import Route
from hub.plugin_pages.request import ROLES
from hub.plugin_pages.route import METHODS
from hub.testing.plugin_check.finding import Place
from hub.testing.plugin_check.trial import Trial, outcome

HOOK = "register_routes"
WORDS = 4
"""What a reason has at least."""


def check_routes(trial: Trial) -> None:
    """Every route it registers."""
    if HOOK not in trial.hooks("register"):
        return
    routes = outcome(lambda: trial.call(trial.fresh(), HOOK, {}))
    if isinstance(routes, Exception) or not isinstance(routes, Sequence):
        return  # noted where register hooks are tried
    for route in routes:
        if isinstance(route, Route):
            _check_route(trial, route, trial.subject.place_of(route.view, HOOK))


def _check_route(trial: Trial, route: Route, place: Place) -> None:
    roles = tuple(route.may)
    if not roles and len(route.open_because.split()) < WORDS:
        trial.findings.add(
            "unguarded-route",
            f"Anybody may open the page {route.path!r}, and {_why(route.open_because)}.",
            f"Name who may in may=(...): {', '.join(ROLES)}; or say in open_because, in a sentence, why everybody may.",
            place,
        )
    unknown = sorted({role.partition(":")[0] for role in roles} - set(ROLES))
    if unknown:
        trial.findings.add(
            "unguarded-route",
            f"The page {route.path!r} is for {', '.join(unknown)}, which is no role.",
            f"Roles are {', '.join(ROLES)}.",
            place,
        )
    if "POST" in METHODS.intersection(route.methods) and not roles:
        trial.findings.add(
            "unguarded-route",
            f"Anybody may send something to {route.path!r}.",
            "Let only people who are signed in send something: name them in may=(...).",
            place,
        )


def _why(said: str) -> str:
    return f"it says no more than {said!r} for a reason" if said else "it does not say why"
