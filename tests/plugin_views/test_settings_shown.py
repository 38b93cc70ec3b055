"""Settings as they are shown: everything but secrets, whatever these are called and wherever they stand."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretBytes, SecretStr

from hub import hookspecs
from hub.api import PluginSettings, hookimpl
from hub.hooks import Hooks, Plugin
from hub.plugin_views.settings_shown import SettingShown, shown_settings

SECRET = "hunter2-never-to-be-shown"


class Account(BaseModel):
    user: str = "ann"
    password: str = SECRET


class Settings(PluginSettings):
    course: str
    days: int = Field(90, description="How long somebody is new.")
    course_key: str = "brakes"
    addresses: list[str] = Field(default_factory=list)
    by_brand: dict[str, int] = Field(default_factory=dict)
    token: str = ""
    api_key: str = SECRET
    private_key_file: str = SECRET
    passphrase: str = SECRET
    signing: SecretStr = SecretStr(SECRET)
    seal: SecretBytes | None = SecretBytes(SECRET.encode())
    keys: tuple[SecretStr, ...] = (SecretStr(SECRET),)
    account: Account = Account()
    headers: dict[str, str] = Field(
        default_factory=lambda: {"Authorization": f"Bearer {SECRET}", "Accept": "text/plain"}
    )
    address: str = f"https://ann:{SECRET}@crm.example/in"


class Plugged:
    hub_api = "1.1"

    @hookimpl
    def register_settings(self) -> type[PluginSettings]:
        return Settings


def shown(**values: Any) -> dict[str, SettingShown]:
    plugin = Plugged()
    hooks = Hooks(hookspecs, [Plugin("plugged", "1", plugin)])
    hooks.configure({"plugged": values} if values else {"plugged": {"course": "brakes"}})
    return {each.name: each for each in shown_settings(hooks, "plugged")}


def test_no_secret_is_in_anything_that_is_shown() -> None:
    found = shown(course="brakes", token=SECRET)
    assert SECRET not in repr(found)
    for name in ("token", "api_key", "private_key_file", "passphrase", "signing", "seal", "keys"):
        assert (found[name].value, found[name].is_secret) == ("[masked]", True), name
    assert found["account"].value == '{"user": "ann", "password": "[masked]"}'
    assert found["address"].value == "https://ann:[masked]@crm.example/in"
    assert '"Accept": "text/plain"' in found["headers"].value


def test_everything_else_is_shown_with_what_it_would_be() -> None:
    found = shown(course="brakes", days=30, addresses=["a", "b"], by_brand={"A": 1})
    assert [found[name].value for name in ("course", "days", "course_key", "addresses", "by_brand")] == [
        "brakes",
        "30",
        "brakes",
        '["a", "b"]',
        '{"A": 1}',
    ]
    assert (found["days"].default, found["days"].is_default) == ("90", False)
    assert found["days"].description == "How long somebody is new."
    assert (found["course"].default, found["course_key"].is_default) == ("", True)


def test_a_secret_that_was_not_given_is_said_to_be_missing() -> None:
    assert shown()["token"].value == "not set"
    assert shown(course="brakes", seal=None)["seal"].value == "not set"


@pytest.mark.parametrize("name", ["nobody", ""])
def test_a_plugin_without_settings_has_none(name: str) -> None:
    assert shown_settings(Hooks(hookspecs, []), name) == []
