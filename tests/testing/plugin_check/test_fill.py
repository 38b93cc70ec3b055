"""Settings are guessed so that a plugin can be tried with them."""

from hub.api import Mails, PluginSettings
from hub.testing.plugin_check.fill import fill


class Settings(PluginSettings):
    to: str
    partner_email: str
    email_server: str
    address: str


def test_mailboxes_are_guessed_as_mails_take_them_and_the_rest_as_addresses_of_the_web() -> None:
    said = fill(Settings, "http://outside", {})
    mails = Mails()
    for name in ("to", "partner_email"):
        mails.write(said[name], "Hello", [])
    assert len(mails.wanted) == 2
    assert said["email_server"] == said["address"] == "http://outside/in"
