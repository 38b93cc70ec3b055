"""Tells channels of Slack and Microsoft Teams, and mail addresses, what happened in training: one post for some minutes.

Slack is told by an incoming webhook, Teams by the webhook of a workflow, which takes Adaptive Cards.
"""

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from hub.api import Answer, Mails, News, OutgoingHttp, OutsideFailed, PersonalData, PluginSettings, hookimpl

Subject = Literal["reached", "path_completed", "taken_back", "new", "due_soon", "joined"]
TITLES: Mapping[Subject, str] = {
    "reached": "Goals reached",
    "path_completed": "Paths completed",
    "taken_back": "Credits taken back",
    "new": "New goals",
    "due_soon": "New goals that are due soon",
    "joined": "New here",
}
REMEMBERED = 1000
LONGEST_LINE = 300


class Channel(PluginSettings):
    """Where to: ``url`` of a webhook for Slack and Teams, ``to`` for mail. ``names`` says how people are named there."""

    kind: Literal["slack", "teams", "mail"]
    url: SecretStr = SecretStr("")
    to: str = ""
    names: Literal["initials", "names", "ids"] = "initials"
    tells: tuple[Subject, ...] = ("reached", "path_completed", "due_soon", "joined")
    audiences: tuple[str, ...] = ()
    lines: int = Field(10, ge=0, le=50)

    @model_validator(mode="after")
    def _has_an_address(self) -> "Channel":
        if self.kind == "mail" and not self.to:
            raise ValueError("a channel of kind mail needs the address in to")
        if self.kind == "mail":
            try:
                Mails().write(self.to, "", ())
            except OutsideFailed as error:
                raise ValueError("what is in to is no mail address") from error
        if self.kind != "mail" and not self.url.get_secret_value():
            raise ValueError(f"a channel of kind {self.kind} needs the address of its webhook in url")
        return self


class Settings(PluginSettings):
    """``channels`` by name. ``channel`` is for profiles: the one that is told of an audience, besides those that name it."""

    channels: dict[str, Channel] = {}
    channel: str = ""
    gather_minutes: float = Field(5, ge=0, le=1440)
    due_soon_days: int = Field(14, ge=1, le=366)


class Plugin:
    """One post for each channel and delivery, however much happened."""

    hub_api = "1.1"
    settings: Settings

    def __init__(self) -> None:
        self._reached: OrderedDict[str, set[str]] = OrderedDict()

    @hookimpl
    def register_personal_data(self) -> Sequence[PersonalData]:
        """Nothing here; whom it tells keeps what it is told."""
        return [
            PersonalData(
                "Initials, names or ids of people with what they learn",
                "those who look after them want to hear of it",
                "whoever owns the channel or mailbox deletes it there",
                "channels of Slack and Teams, and mailboxes",
            )
        ]

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        """See Settings."""
        return Settings

    @hookimpl
    def news_gathered(self, news: Sequence[News], batch: str, http: OutgoingHttp, mails: Mails) -> None:
        """Tell every channel; those that did not take it are told again, and the others are not."""
        failures = []
        for name, channel in self.settings.channels.items():
            groups = self._groups(name, channel, news)
            if not groups:
                continue
            if channel.kind == "mail":
                mails.write(channel.to, _summary(groups), [*_lines(channel, groups)])
            elif name not in self._reached.get(batch, ()):
                try:
                    _post(name, channel, groups, http)
                    self._remember(batch, name)
                except OutsideFailed as failure:
                    failures.append(failure)
        if failures:
            # What can still arrive decides: whatever failed for good is parked with it when that has arrived.
            raise max(failures, key=lambda failure: (failure.retryable, failure.wait))

    def _groups(self, name: str, channel: Channel, news: Iterable[News]) -> dict[Subject, list[News]]:
        found: dict[Subject, list[News]] = {}
        for one in news:
            subject = self._subject(one, channel.tells)
            if subject in channel.tells and _concerns(name, channel, one):
                found.setdefault(subject, []).append(one)
        return {subject: found[subject] for subject in TITLES if subject in found}

    def _subject(self, one: News, tells: Sequence[Subject]) -> Subject:
        """What a channel that tells these calls it: the more special, if it wants that."""
        if one.kind == "credit_granted":
            is_path = one.target_kind == "path" and "path_completed" in tells
            return "path_completed" if is_path else "reached"
        if one.kind == "goal_added":
            soon = timedelta(days=self.settings.due_soon_days)
            is_soon = one.due_at is not None and one.due_at - one.at <= soon and "due_soon" in tells
            return "due_soon" if is_soon else "new"
        return "taken_back" if one.kind == "credit_revoked" else "joined"

    def _remember(self, batch: str, name: str) -> None:
        self._reached.setdefault(batch, set()).add(name)
        while len(self._reached) > REMEMBERED:
            self._reached.popitem(last=False)


def _concerns(name: str, channel: Channel, one: News) -> bool:
    """Whether a channel is told of somebody: of everybody, unless it or a profile names audiences."""
    by_profile = {key for key, said in one.settings.items() if said.get("channel") == name}
    if one.kind == "audience_joined":
        mine = one.target in channel.audiences or one.target in by_profile
    else:
        mine = bool(by_profile) or not set(channel.audiences).isdisjoint(one.audiences)
    # A channel without audiences of its own that profiles use elsewhere is for those alone.
    return mine or not (channel.audiences or any("channel" in said for said in one.settings.values()))


def _post(name: str, channel: Channel, groups: Mapping[Subject, list[News]], http: OutgoingHttp) -> None:
    lines = [*_lines(channel, groups)]
    body = _for_slack(groups, lines) if channel.kind == "slack" else _for_teams(groups, lines)
    answer = http.post(
        channel.url.get_secret_value(),
        connection=f"notices-{name}",
        headers={"Content-Type": "application/json"},
        body=json.dumps(body).encode(),
    )
    if 200 <= answer.status < 300:
        return
    passing = answer.status in (408, 425, 429) or answer.status >= 500
    raise OutsideFailed(
        "channel_refused",
        f"The channel {name} answered {answer.status}.",
        "" if passing else "See whether its webhook still exists, and put its address into the settings.",
        retryable=passing,
        wait=_wait(answer),
    )


def _for_slack(groups: Mapping[Subject, list[News]], lines: Sequence[str]) -> dict[str, Any]:
    """Text of an incoming webhook; the three characters that Slack reads as markup are escaped."""
    text = "\n".join((f"*{_summary(groups)}*", *lines))
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    return {"text": text}


def _for_teams(groups: Mapping[Subject, list[News]], lines: Sequence[str]) -> dict[str, Any]:
    """A message with one Adaptive Card, as a workflow that waits for a Teams webhook request takes it."""
    title = {"type": "TextBlock", "text": _summary(groups), "weight": "Bolder", "wrap": True}
    body = [title, *({"type": "TextBlock", "text": _plain(line), "wrap": True} for line in lines)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _plain(text: str) -> str:
    """Text blocks read a little Markdown: no title of a course may become a link."""
    for character in "\\`*_[]()":
        text = text.replace(character, f"\\{character}")
    return text


def _summary(groups: Mapping[Subject, list[News]]) -> str:
    return ", ".join(f"{TITLES[subject]}: {len(mine)}" for subject, mine in groups.items())


def _lines(channel: Channel, groups: Mapping[Subject, list[News]]) -> Iterator[str]:
    for subject, mine in groups.items():
        for one in mine[: channel.lines]:
            due = f", due {one.due_at:%Y-%m-%d}" if one.due_at and subject in ("new", "due_soon") else ""
            begins = f", from {one.at:%Y-%m-%d}" if subject == "joined" else ""
            yield f"{TITLES[subject]}: {_who(channel, one)} – {one.title}{due}{begins}"[:LONGEST_LINE]
        if len(mine) > channel.lines > 0:
            yield f"{TITLES[subject]}: and {len(mine) - channel.lines} more"


def _who(channel: Channel, one: News) -> str:
    if channel.names == "names":
        return one.name
    if channel.names == "ids":
        return one.person_id
    return "".join(part[0].upper() for part in one.name.split()) or "?"


def _wait(answer: Answer) -> float:
    """Seconds of ``Retry-After``; 0 where it says none."""
    told = next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), "")
    return float(told) if told.isdecimal() and len(told) < 6 else 0.0
