"""A network of size M with a catalogue and rules that give people about ten goals each."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from hub.app import open_hub, open_worker
from hub.audiences.rules.conditions import Conditions
from hub.audiences.rules.rule import Rule, set_rule
from hub.config import Settings
from hub.network import tables as network
from hub.network.importing.import_network import import_network
from hub.network.systems.connections import create_connection
from hub.runtime import Hub
from hub.store import UnitOfWork, migrate
from hub.testing.generate_network import generate_network
from hub.training import tables as training
from hub.training.courses.catalogue import CatalogueRow
from hub.training.courses.offerings import find_target, set_offerings, set_path

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
BY_FAMILY = {"service": ("service", 7), "sales": ("sales", 7), "parts": ("parts", 6)}
FOR_ALL = 3


@dataclass(frozen=True)
class BigNetwork:
    """A hub with everybody's goals worked out, and how long the steps took, in seconds."""

    hub: Hub
    people: int
    goals: int
    import_seconds: float
    assign_seconds: float
    rows: int


def build(folder: Path, database_url: str, size: str, today: date) -> BigNetwork:
    """Generate, import and assign."""
    hub = open_hub(Settings(database_url=database_url, secret_key="bench-only-" + "x" * 32))
    migrate(hub.engine)
    files = folder / "network"
    summary = generate_network(size, 1, files, today)
    (files / "identities.csv").unlink()
    started = time.perf_counter()
    import_network(hub, files)
    imported = time.perf_counter()
    add_training(hub)
    began = time.perf_counter()
    open_worker(hub).drain()
    done = time.perf_counter()
    with hub.reading() as uow:
        people = uow.connection.scalar(sa.select(sa.func.count()).select_from(network.person)) or 0
        goals = uow.connection.scalar(sa.select(sa.func.count()).select_from(training.goal)) or 0
    return BigNetwork(hub, people, goals, imported - started, done - began, sum(summary.rows.values()))


def add_training(hub: Hub) -> None:
    """A catalogue, paths and rules that give people about ten goals each."""
    with hub.unit_of_work() as uow:
        lms = create_connection(uow, "academy", "lms", "Academy")
        families: dict[str, list[str]] = {}
        for row in uow.connection.execute(sa.select(network.position)):
            families.setdefault(row.family, []).append(row.id)
        keys = [f"{family}-{n}" for family, (_, count) in BY_FAMILY.items() for n in range(count)]
        keys += [f"all-{n}" for n in range(FOR_ALL)]
        set_offerings(
            uow,
            lms,
            [CatalogueRow(k, k, f"Course {k}", f"https://academy.example/{k}", minutes=20) for k in keys],
        )
        for family, (dimension, count) in BY_FAMILY.items():
            set_path(uow, f"{family}-path", f"Path {family}", "", [f"{family}-0", f"{family}-1"])
            for n in range(count):
                _rule(uow, f"{family}-{n}", "offering", dimension, tuple(families[family]))
            _rule(uow, f"{family}-path", "path", dimension, tuple(families[family]))
        for n in range(FOR_ALL):
            _rule(uow, f"all-{n}", "offering", "general", ())


def _rule(uow: UnitOfWork, key: str, target_kind: str, dimension: str, positions: tuple[str, ...]) -> None:
    set_rule(
        uow,
        Rule(
            key=f"rule-{key}",
            title=f"Rule {key}",
            dimension=dimension,
            kind="brand",
            target_kind=target_kind,
            target_id=find_target(uow, target_kind, key),
            conditions=Conditions(positions=positions),
            valid_from=SINCE,
            due_days=60,
        ),
    )
