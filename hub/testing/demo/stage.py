"""Setting the stage: a hub on a fresh database, a generated network with the story in it, and four outside systems."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hub.app import open_hub, open_worker
from hub.audiences.audience_files import apply_audience_file
from hub.audiences.reassign import count_queue
from hub.config import load_settings
from hub.lti.tools import ToolRegistration, connect_tool
from hub.network.import_network import import_network
from hub.network.people import OPERATOR, grant_role
from hub.network.roster_keys import find_id
from hub.runtime import Hub
from hub.sso.connect import connect_identity_provider
from hub.store import migrate
from hub.testing.demo import story
from hub.testing.generate_network import generate_network
from hub.testing.idp import IdpConfig
from hub.testing.idp_store import Person
from hub.testing.lms_north import NorthConfig
from hub.testing.lms_south import SouthConfig, SouthUser
from hub.testing.lti_tool import Course
from hub.testing.serve import free_port, spawn
from hub.training.sync_catalogue import sync_catalogue
from hub.xapi.credentials import create_credential

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much is done and how much there is."""

NORTH_COURSES = (
    Course(
        "brake-systems", "Brake systems", "Discs, lines and the feel of the pedal: what keeps a car safe.", 25
    ),
    Course(
        "data-protection",
        "Data protection at work",
        "What you may keep about customers, and for how long.",
        15,
    ),
    Course("welcome-tour", "Your first days", "Who is who, and where things are.", 10),
    Course("workshop-safety", "Safety in the workshop", "Lifts, batteries, fire.", 20),
)
SOUTH_COURSES = (
    Course("high-voltage", "High-voltage awareness", "What not to touch, and why.", 30),
    Course("ev-selling", "Selling electric cars", "Range, charging and the questions customers ask.", 35),
    Course("customer-talk", "Talking with customers", "Listening first.", 20),
)


@dataclass(frozen=True)
class Ports:
    """Loopback ports of the hub and of the outside systems."""

    hub: int = 8000
    riverside: int = 8101
    north: int = 8102
    south: int = 8103
    orvantis: int = 8104

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses just now."""
        return cls(*(free_port() for _ in range(5)))


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
    story: story.Story


def url(port: int) -> str:
    """The address of a port on loopback."""
    return f"http://127.0.0.1:{port}"


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
        the_story = _import_network(hub, directory / "network", size, seed, today, progress)
        with ExitStack() as running:
            _start_identity_providers(hub, running, ports, notices_secret, progress)
            _start_lmss(hub, running, ports, progress)
            _finish(hub, directory, ports, the_story, progress)
            yield Stage(
                directory,
                settings_file,
                settings.public_url,
                url(ports.riverside),
                url(ports.orvantis),
                url(ports.north),
                url(ports.south),
                the_story,
            )
    finally:
        hub.close()


def _write_settings(directory: Path, ports: Ports, notices_secret: str, database_url: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    allowed = ", ".join(
        f'"127.0.0.1:{p}"' for p in (ports.riverside, ports.north, ports.south, ports.orvantis)
    )
    file = directory / "hub.toml"
    file.touch(mode=0o600)
    file.write_text(
        f"""# Written by `hub demo`; everything here is on loopback and made anew each time.
public_url = "{url(ports.hub)}"
listen_port = {ports.hub}
database_url = "{database_url or f"sqlite:///{(directory / 'hub.sqlite').resolve()}"}"
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


def _start_identity_providers(
    hub: Hub, running: ExitStack, ports: Ports, notices_secret: str, progress: Progress
) -> None:
    providers = (
        (
            "riverside-idp",
            story.GROUP_NAME,
            story.GROUP,
            ports.riverside,
            story.LEARNERS,
            "riverside.example",
        ),
        (
            "orvantis-idp",
            "Orvantis Works",
            story.MANUFACTURER,
            ports.orvantis,
            story.FIELD,
            "orvantis.example",
        ),
    )
    for number, (slug, name, partner, port, people, domain) in enumerate(providers):
        progress("identity providers", number, len(providers))
        secret = secrets.token_urlsafe(24)
        config = IdpConfig(
            base_url=url(port),
            client_id="training-hub",
            client_secret=secret,
            redirect_uris=(hub.settings.url(f"/sso/oidc/{slug}/callback"),),
            name=name,
            people=tuple(_account(p) for p in people),
            notices_secret=notices_secret,
        )
        running.enter_context(spawn("hub.testing.idp", config, port))
        with hub.reading() as uow:
            partner_id = find_id(uow, "partner", partner)
        connect_identity_provider(hub, slug, name, partner_id, url(port), "training-hub", secret, [domain])
    progress("identity providers", len(providers), len(providers))


def _account(person: story.DemoPerson) -> Person:
    return Person(
        person.subject, person.email, story.PASSWORD, person.email, person.given_name, person.family_name
    )


def _start_lmss(hub: Hub, running: ExitStack, ports: Ports, progress: Progress) -> None:
    progress("learning systems", 0, 2)
    north = _connect_lms(hub, "lms-north", "LMS North", url(ports.north))
    running.enter_context(
        spawn(
            "hub.testing.lms_north",
            NorthConfig(
                base_url=url(ports.north),
                hub_url=hub.settings.public_url,
                client_id=north.client_id,
                deployment_id=north.deployment_id,
                courses=NORTH_COURSES,
            ),
            ports.north,
        )
    )
    progress("learning systems", 1, 2)
    south = _connect_lms(hub, "lms-south", "LMS South", url(ports.south))
    with hub.unit_of_work() as uow:
        credential = create_credential(uow, south.connection_id, ["statements/write", "statements/read/mine"])
    running.enter_context(
        spawn(
            "hub.testing.lms_south",
            SouthConfig(
                base_url=url(ports.south),
                hub_url=hub.settings.public_url,
                client_id=south.client_id,
                deployment_id=south.deployment_id,
                xapi_username=credential.key,
                xapi_password=credential.secret,
                users=tuple(SouthUser(p.email, p.south_id, p.name) for p in story.LEARNERS),
                courses=SOUTH_COURSES,
            ),
            ports.south,
        )
    )
    progress("learning systems", 2, 2)


def _connect_lms(hub: Hub, slug: str, name: str, base_url: str) -> ToolRegistration:
    with hub.unit_of_work() as uow:
        return connect_tool(
            uow,
            slug,
            name,
            find_id(uow, "partner", story.GROUP),
            login_url=f"{base_url}/lti/login",
            launch_url=f"{base_url}/lti/launch",
            redirect_uris=[f"{base_url}/lti/launch"],
            jwks_url=f"{base_url}/lti/jwks",
        )


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
    _assign(hub, progress)


def _training_file(directory: Path, the_story: story.Story) -> Path:
    text = Path(__file__).with_name("training.toml").read_text(encoding="utf-8")
    text = text.replace("BRAND_A", the_story.brands[0]).replace("BRAND_B", the_story.brands[1])
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
