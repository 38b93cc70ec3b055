"""Tokens of programs on the pages of those whose they are: the list, the form, and a new one that is shown once."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import flask
from werkzeug import Response

from hub.access.api_tokens import ALLOWED, SCOPES, list_api_tokens, make_api_token, revoke_api_token
from hub.access.reach import Reach
from hub.errors import BadInput, HubError, Problem
from hub.flask_hub import current_hub
from hub.web.admin.form import Filled, read_form, refused
from hub.web.language import _
from hub.web.viewer import current_viewer
from hub.words.phrase import say

LABELS = {"label": "What it is for", "scopes": "What it may be used for", "expires_at": "Good until"}
FIELDS = ("label", "expires_at")
PAGE = 50
DAYS = 365
"""How long a token works unless somebody says otherwise."""


@dataclass(frozen=True)
class TokenDesk:
    """Whose tokens a page is about, and the blueprint whose pages are about them. ``about`` is what its addresses need."""

    reach: Reach
    blueprint: str
    title: str
    lead: str
    back: tuple[str, str]
    about: tuple[tuple[str, str], ...] = ()

    def url(self, view: str, **more: str) -> str:
        """The address of one of these pages."""
        values: dict[str, Any] = {**dict(self.about), **more}
        return flask.url_for(f"{self.blueprint}.{view}", **values)


def list_page(desk: TokenDesk) -> str:
    """All tokens, and the form for one more. Query: ``after``, where to go on."""
    a_year = current_hub().clock.now().date() + timedelta(days=DAYS)
    return _page(desk, Filled({"expires_at": a_year.isoformat()}), ())


def make(desk: TokenDesk) -> flask.typing.ResponseReturnValue:
    """Make a token and show it, this once. Form: ``label``, ``scopes``, as often as chosen, ``expires_at``."""
    filled, scopes = read_form(FIELDS), flask.request.form.getlist("scopes")
    hub, actor_id = current_hub(), current_viewer().person.id
    try:
        ends = end_of_day(filled.values["expires_at"])
        with hub.unit_of_work() as uow:
            new = make_api_token(uow, desk.reach, scopes, filled.values["label"], ends, actor_id=actor_id)
    except HubError as error:
        return _page(desk, refused(filled, error, {}, {}), scopes), 400
    page = flask.render_template(
        "desk.html",
        body="token_made.html",
        title=_("New token"),
        token=new.token,
        desk=desk,
        document=_document(),
    )
    response = flask.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response


def revoke(desk: TokenDesk, token_id: str) -> Response:
    """Refuse a token from now on."""
    with current_hub().unit_of_work() as uow:
        revoke_api_token(uow, token_id, desk.reach, actor_id=current_viewer().person.id)
    flask.flash(_("The token is revoked. Whoever sends it is refused from now on."))
    return flask.redirect(desk.url("page"), 303)


def end_of_day(text: str) -> datetime | None:
    """The end of a day in UTC; None for no text. BadInput for what is no day."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    except (ValueError, OverflowError):
        problem = Problem(say("must be a day such as 2027-03-31"), "expires_at")
        raise BadInput("bad_token", "This is no day.", problems=[problem]) from None


def _page(desk: TokenDesk, filled: Filled, chosen: tuple[str, ...] | list[str]) -> str:
    with current_hub().reading() as uow:
        rows = list_api_tokens(uow, flask.request.args.get("after", ""), PAGE + 1, desk.reach)
    return flask.render_template(
        "desk.html",
        body="tokens.html",
        title=desk.title,
        desk=desk,
        rows=rows[:PAGE],
        more=rows[PAGE - 1].id if len(rows) > PAGE else "",
        filled=filled,
        chosen=chosen,
        labels=LABELS,
        scopes={name: SCOPES[name] for name in SCOPES if name in ALLOWED[desk.reach.kind]},
        document=_document(),
        today=current_hub().clock.now().date(),
    )


def _document() -> str:
    return current_hub().settings.url("/api/v1/")
