from hub.api import PluginSettings, hookimpl


class Settings(PluginSettings):
    course: str
    days: int = 90


class Plugin:
    hub_api = "1.1"
    settings: Settings

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        return Settings
