"""What operators can set."""

from pydantic import Field

from hub.api import PluginSettings


class Settings(PluginSettings):
    """``path`` and ``gold_path`` are keys of paths in the catalogue; empty for none. ``days`` is how long there is for them.

    With ``approval`` only those get them whose onboarding somebody approved. Who waits ``wait_days`` or longer is shown as late.
    """

    path: str = ""
    gold_path: str = ""
    days: int = Field(30, ge=1, le=366)
    approval: bool = True
    wait_days: int = Field(7, ge=1, le=366)
