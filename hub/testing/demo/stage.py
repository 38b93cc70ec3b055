"""Setting the stage: a hub on a fresh database, a generated network with the story in it, and six outside systems."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.app import open_hub, open_worker
from hub.audiences.assigning.reassign import count_queue
from hub.audiences.files.audience_files import apply_audience_file
from hub.config import load_settings
from hub.network.importing.import_network import import_network
from hub.network.importing.roster_keys import find_id
from hub.network.people.person import OPERATOR, grant_role
from hub.plugin_data.migrate import migrate_plugins
from hub.runtime import Hub
from hub.sso.local.invite import invite_person
from hub.sso.local.opening import open_with_password
from hub.sso.local.sign_in import Arrival
from hub.store import migrate
from hub.testing.demo import story
from hub.testing.demo.outside_systems import Ports, start_outside_systems, url
from hub.testing.generate_network import generate_network
from hub.training.courses.sync_catalogue import sync_catalogue

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much is done and how much there is."""


@dataclass(frozen=True)
class Stage:
    """The demo as it stands: where everything is, and what the story needs to know."""

    directory: Path
    settings_file: Path
    hub_url: str
    riverside_url: str
    orvantis_url: str
    north_url: str
    south_url: str
    west_url: str
    lakeside_url: str
    story: story.Story


@contextmanager
def set_stage(
    directory: Path,
    ports: Ports,
    *,
    size: str,
    seed: int,
    today: date,
    database_url: str = "",
    progress: Progress,
) -> Iterator[Stage]:
    """Prepare everything but the hub's own processes in ``directory``; the outside systems run until the block ends."""
    notices_secret = secrets.token_urlsafe(24)
    settings_file = _write_settings(directory, ports, notices_secret, database_url)
    settings = load_settings(settings_file)
    hub = open_hub(settings)
    try:
        migrate(hub.engine)
        migrate_plugins(hub.engine, hub.hooks)
        the_story = _import_network(hub, directory / "network", size, seed, today, progress)
        with ExitStack() as running:
            progress("outside systems", 0, 6)
            start_outside_systems(hub, running, ports, notices_secret)
            progress("outside systems", 6, 6)
            _finish(hub, directory, ports, the_story, progress)
            yield Stage(
                directory,
                settings_file,
                settings.public_url,
                url(ports.riverside),
                url(ports.orvantis),
                url(ports.north),
                url(ports.south),
                url(ports.west),
                url(ports.lakeside),
                the_story,
            )
    finally:
        hub.close()


def _write_settings(directory: Path, ports: Ports, notices_secret: str, database_url: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    allowed = ", ".join(f'"127.0.0.1:{port}"' for name, port in vars(ports).items() if name != "hub")
    file = directory / "hub.toml"
    file.touch(mode=0o600)
    file.write_text(
        f"""# Written by `hub demo`; everything here is on loopback and made anew each time.
public_url = "{url(ports.hub)}"
listen_port = {ports.hub}
database_url = "{database_url or f"sqlite:///{(directory / 'hub.sqlite').resolve()}"}"
storage_url = "file:{(directory / "files").resolve()}"
secret_key = "{secrets.token_urlsafe(48)}"
outgoing_allow = [{allowed}]
plugins = ["standard_completion", "csv_catalogue", "webhooks", "first_90_days"]
log_level = "warning"

[plugin.webhooks]
urls = ["{url(ports.riverside)}/notices"]
secret = "{notices_secret}"

[plugin.first_90_days]
path = "welcome"
days = {story.NEW_FOR_DAYS}
""",
        encoding="utf-8",
    )
    return file


def _import_network(
    hub: Hub, directory: Path, size: str, seed: int, today: date, progress: Progress
) -> story.Story:
    generate_network(size, seed, directory, today, progress)
    (directory / "identities.csv").unlink()
    the_story = story.write_story(directory, today)
    import_network(hub, directory, dry_run=False, progress=progress)
    return the_story


def _finish(hub: Hub, directory: Path, ports: Ports, the_story: story.Story, progress: Progress) -> None:
    """Identities, catalogues, rules, the operator, and everybody's goals."""
    identities = directory / "identities"
    identities.mkdir(exist_ok=True)
    story.write_identities(identities, url(ports.south))
    import_network(hub, identities, dry_run=False, progress=progress)
    for slug, port in (("lms-north", ports.north), ("lms-south", ports.south)):
        sync_catalogue(hub, slug, f"{url(port)}/catalogue.csv", "csv_catalogue")
    apply_audience_file(hub, _training_file(directory, the_story))
    with hub.unit_of_work() as uow:
        grant_role(uow, find_id(uow, "person", story.OMAR.id), OPERATOR)
    _open_local_account(hub)
    _assign(hub, progress)


def _open_local_account(hub: Hub) -> None:
    """As an operator's invitation and the invited person's own password would."""
    with hub.unit_of_work() as uow:
        partner_id = find_id(uow, "partner", story.COVE)
        address = invite_person(
            uow, partner_id, find_id(uow, "person", story.TOMAS.id), None, looks_after=True
        )
    code = address.rpartition("/")[2]
    open_with_password(hub, "invitation", code, story.LOCAL_PASSWORD, "127.0.0.1", Arrival())


def _training_file(directory: Path, the_story: story.Story) -> Path:
    text = Path(__file__).with_name("training.toml").read_text(encoding="utf-8")
    days = (the_story.today - the_story.learner_since).days + 8
    for name, value in (
        ("BRAND_A", the_story.brands[0]),
        ("BRAND_B", the_story.brands[1]),
        ("DAYS_UNTIL_DUE", days),
    ):
        text = text.replace(name, str(value))
    file = directory / "training.toml"
    file.write_text(text, encoding="utf-8")
    return file


def _assign(hub: Hub, progress: Progress) -> None:
    worker = open_worker(hub)
    worker.register()
    total = 0
    while worker.turn():
        with hub.reading() as uow:
            left = count_queue(uow)
        total = max(total, left)
        progress("assigning", total - left, total)
    worker.save_timings()
