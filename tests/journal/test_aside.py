"""Plugins that are set aside: every process learns of it, until somebody takes them back."""

import dataclasses

import pytest

from hub import hookspecs
from hub.errors import Missing
from hub.hooks import Failure, Hooks, Plugin, hookimpl
from hub.journal.aside import heed_aside, list_aside, set_plugin_aside, take_plugin_back
from hub.journal.views import list_audit
from hub.runtime import Hub


class Badges:
    hub_api = "1.1"

    @hookimpl
    def plan_panels(self) -> list[object]:
        return []


def shown(hub: Hub) -> object:
    with hub.reading() as uow:
        heed_aside(uow)
    (answer,) = hub.hooks.show("plan_panels", ["badges"], view=None)
    return answer


def test_plugin_is_not_called_until_it_is_taken_back(hub: Hub) -> None:
    hub = dataclasses.replace(hub, hooks=Hooks(hookspecs, [Plugin("badges", "1", Badges())]))
    assert not isinstance(shown(hub), Failure)
    with hub.unit_of_work() as uow:
        set_plugin_aside(uow, "badges", "it hung", "plan_panels")
        set_plugin_aside(uow, "badges", "it hung again")
    with hub.reading() as uow:
        (aside,) = list_aside(uow)
    assert (aside.plugin, aside.hook, aside.reason) == ("badges", "plan_panels", "it hung")
    answer = shown(hub)
    assert isinstance(answer, Failure)
    assert answer.error == "The plugin badges is set aside: it hung"
    with hub.unit_of_work() as uow:
        take_plugin_back(uow, "badges")
    assert not isinstance(shown(hub), Failure)
    with hub.reading() as uow:
        assert [row.action for row in list_audit(uow).rows][:2] == ["plugin_taken_back", "plugin_set_aside"]


def test_what_is_not_aside_cannot_be_taken_back(hub: Hub) -> None:
    with pytest.raises(Missing), hub.unit_of_work() as uow:
        take_plugin_back(uow, "badges")
