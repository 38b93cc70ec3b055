"""The learner's preferences: an AU must read them before it begins, and may change them to what is right (cmi5, section 11)."""

import json
import re
from typing import Any

import sqlalchemy as sa

from hub.errors import NotAllowed, Problem
from hub.runtime import Hub
from hub.xapi.cmi5 import tables
from hub.xapi.cmi5.sessions import Session
from hub.xapi.cmi5.vocabulary import LEARNER_PREFERENCES
from hub.xapi.documents.keys import Key
from hub.xapi.documents.merge import is_json

_LANGUAGES = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*(,[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*)*")
_AUDIO = ("on", "off")


def note_preferences_read(hub: Hub, session: Session) -> None:
    """Remember that the AU of a session asked for the preferences; the first time is enough."""
    if session.preferences_read_at is None:
        table = tables.cmi5_session
        with hub.unit_of_work() as uow:
            read = sa.update(table).where(table.c.id == session.id, table.c.preferences_read_at.is_(None))
            uow.connection.execute(read.values(preferences_read_at=uow.now))


def check_preferences(key: Key, content_type: str, content: bytes, *, whole: bool) -> None:
    """NotAllowed ``bad_preferences`` when a session writes preferences that no AU could read; ``whole`` unless they are merged.

    Other documents may be anything.
    """
    if key.context.kind != "agent_profile" or key.name != LEARNER_PREFERENCES:
        return
    told: Any = json.loads(content) if is_json(content_type) else None
    if not isinstance(told, dict):
        problems = [Problem("must be a JSON object, sent as application/json", LEARNER_PREFERENCES)]
    else:
        languages, audio = told.get("languagePreference"), told.get("audioPreference")
        problems = []
        if (whole or "languagePreference" in told) and not _are_languages(languages):
            problems.append(Problem("must be language tags with commas between them", "languagePreference"))
        if (whole or "audioPreference" in told) and audio not in _AUDIO:
            problems.append(Problem("must be on or off", "audioPreference"))
    if problems:
        raise NotAllowed(
            "bad_preferences",
            "These are no learner preferences; nothing was changed.",
            'Send such as {"languagePreference": "en-US,fr-FR", "audioPreference": "on"}.',
            problems,
        )


def _are_languages(told: object) -> bool:
    return isinstance(told, str) and _LANGUAGES.fullmatch(told) is not None
