"""Workflows that plugins bring: profiles take them by name, and keep what they said when they were taken (B34)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError

from hub.audiences.profiles.profile import Profile
from hub.audiences.profiles.shapes import Event, PlacedProfile, TakenTable, WorkflowTable
from hub.errors import Problem
from hub.hooks import Failure, Hooks, cannot_start

HOOK = "register_workflows"


@dataclass(frozen=True)
class Workflow:
    """On an event, if the conditions hold on an appointment of the audience, one thing is done, once.

    Everything is as a file of profiles has it: ``give``, ``waive``, ``tell`` or ``set`` is what is done, ``target`` an
    ``offering:KEY`` or ``path:KEY`` that the event must be about. ``reason`` is what the learner reads.
    """

    key: str
    title: str
    on: Event
    reason: str
    target: str | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    give: Mapping[str, Any] | None = None
    waive: Mapping[str, Any] | None = None
    tell: Mapping[str, Any] | None = None
    set: Mapping[str, Any] | None = None

    def table(self) -> WorkflowTable:
        """As if it stood in a file. Raises pydantic's ValidationError."""
        return WorkflowTable.model_validate({name: v for name, v in asdict(self).items() if v is not None})


def registered_workflows(hooks: Hooks) -> dict[tuple[str, str], WorkflowTable]:
    """The workflows of the plugins that are on, by plugin and key. BadInput ``bad_plugin`` for what is none, or there twice."""
    found: dict[tuple[str, str], WorkflowTable] = {}
    for plugin in hooks.implementers(HOOK):
        answer = hooks.ask_plugin(HOOK, plugin)
        if answer is None or isinstance(answer, Failure):
            raise cannot_start(plugin, f"{HOOK} failed: {answer.error if answer else ''}")
        if not isinstance(answer.value, Sequence) or not all(isinstance(w, Workflow) for w in answer.value):
            raise cannot_start(plugin, f"{HOOK} answered something that is no list of workflows.")
        for flow in answer.value:
            try:
                table = flow.table()
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                raise cannot_start(
                    plugin, f"its workflow {flow.key}: {where} {first['msg']}".strip()
                ) from None
            if (plugin, table.key) in found:
                raise cannot_start(plugin, f"it has two workflows {table.key}.")
            found[plugin, table.key] = table
    return found


def take(
    hooks: Hooks, placed: Sequence[PlacedProfile], known: Mapping[str, Profile]
) -> tuple[list[PlacedProfile], dict[tuple[str, str], str], list[Problem]]:
    """The profiles with what they take of plugins written out; whose each is, by profile and workflow; what nobody brings.

    A workflow that a profile has taken before stays as it was while its plugin is off: its table stays as it is.
    """
    offered = registered_workflows(hooks)
    whose: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    written = []
    for each in placed:
        flows: list[WorkflowTable | TakenTable] = []
        for flow in each.table.workflow:
            if not isinstance(flow, TakenTable):
                flows.append(flow)
                continue
            brought = offered.get((flow.from_, flow.key))
            whose[each.table.key, flow.key] = flow.from_
            if brought is None and taken_before(known.get(each.table.key), flow) is None:
                text = f"no plugin {flow.from_} that is on brings this workflow"
                problems.append(each.problem(text, f"workflow {flow.key}"))
            elif brought is None:
                flows.append(flow)
            else:
                flows.append(brought.model_copy(update={"status": flow.status}))
        written.append(PlacedProfile(each.table.model_copy(update={"workflow": flows}), each.place))
    return written, whose, problems


def taken_before(known: Profile | None, flow: TakenTable) -> Mapping[str, Any] | None:
    """What a profile says of a workflow that it took of this plugin; None when it has not."""
    entry: Mapping[str, Any] | None = known.said.get("workflows", {}).get(flow.key) if known else None
    return entry if entry and entry.get("from") == flow.from_ else None


def own_tables(flows: Iterable[WorkflowTable | TakenTable]) -> list[WorkflowTable]:
    """Those whose contents are known."""
    return [flow for flow in flows if isinstance(flow, WorkflowTable)]
