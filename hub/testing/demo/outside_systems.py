"""The outside systems of the demo: three identity providers and three LMSs, connected to the hub and started together."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields

from hub.lti.tool.platforms import connect_platform
from hub.lti.tools import ToolRegistration, connect_tool
from hub.network.importing.roster_keys import find_id
from hub.runtime import Hub
from hub.sso.oidc.connect import connect_identity_provider
from hub.sso.saml.connect import connect_saml_provider
from hub.sso.saml.providers import Choices
from hub.testing.demo import story
from hub.testing.idp import IdpConfig
from hub.testing.idp_store import Person
from hub.testing.lms_north import NorthConfig
from hub.testing.lms_south import SouthConfig, SouthUser
from hub.testing.lms_west import INSTRUCTOR, WestConfig
from hub.testing.lti_tool import Course
from hub.testing.saml_idp import SamlIdpConfig
from hub.testing.serve import free_port, is_taken, spawn_together
from hub.testing.west_services import WestPerson
from hub.xapi.callers.credentials import DEFINE, READ_MINE, WRITE, create_credential

CLIENT_ID = "training-hub"
SAML_SLUG = "lakeside-idp"
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
    west: int = 8105
    lakeside: int = 8106

    @classmethod
    def beside(cls, hub: int) -> "Ports":
        """The hub's port, and the others from 101 above it."""
        return cls(hub, *range(hub + 101, hub + 107))

    def busy(self) -> list[int]:
        """Those at which something answers already."""
        return [port for port in vars(self).values() if is_taken(port)]

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses just now."""
        return cls(*(free_port() for _ in fields(cls)))


@dataclass(frozen=True)
class Provider:
    """An identity provider of the story."""

    slug: str
    name: str
    partner: str
    port: int
    people: Sequence[story.DemoPerson]
    domain: str
    secret: str


def url(port: int) -> str:
    """The address of a port on loopback."""
    return f"http://127.0.0.1:{port}"


def start_outside_systems(hub: Hub, running: ExitStack, ports: Ports, notices_secret: str) -> None:
    """Start all of them as processes that end with ``running``, and connect them."""
    riverside, orvantis = (
        ("riverside-idp", story.GROUP_NAME, story.GROUP),
        ("orvantis-idp", "Orvantis Works", "P00001"),
    )
    providers = (
        Provider(*riverside, ports.riverside, story.LEARNERS, "riverside.example", secrets.token_urlsafe(24)),
        Provider(*orvantis, ports.orvantis, story.FIELD, "orvantis.example", secrets.token_urlsafe(24)),
    )
    north, south = _north_config(hub, url(ports.north)), _south_config(hub, url(ports.south))
    running.enter_context(
        spawn_together(
            [
                *(("hub.testing.idp", _idp_config(hub, p, notices_secret), p.port) for p in providers),
                ("hub.testing.lms_north", north, ports.north),
                ("hub.testing.lms_south", south, ports.south),
                ("hub.testing.lms_west", _west_config(hub, url(ports.west)), ports.west),
                ("hub.testing.saml_idp", _lakeside_config(hub, url(ports.lakeside)), ports.lakeside),
            ]
        )
    )
    for p in providers:
        with hub.reading() as uow:
            partner_id = find_id(uow, "partner", p.partner)
        connect_identity_provider(
            hub, p.slug, p.name, partner_id, url(p.port), CLIENT_ID, p.secret, [p.domain]
        )
    with hub.reading() as uow:
        partner_id = find_id(uow, "partner", story.LAKESIDE)
    choices = Choices(metadata_url=f"{url(ports.lakeside)}/metadata")
    connect_saml_provider(
        hub, SAML_SLUG, story.LAKESIDE_NAME, partner_id, choices, domains=["lakeside.example"]
    )


def _lakeside_config(hub: Hub, base_url: str) -> SamlIdpConfig:
    return SamlIdpConfig(
        base_url=base_url,
        slug=SAML_SLUG,
        hubs=(hub.settings.public_url,),
        name=story.LAKESIDE_NAME,
        people=(_account(story.MIKA),),
    )


def _account(person: story.DemoPerson) -> Person:
    return Person(
        person.subject, person.email, story.PASSWORD, person.email, person.given_name, person.family_name
    )


def _idp_config(hub: Hub, provider: Provider, notices_secret: str) -> IdpConfig:
    return IdpConfig(
        base_url=url(provider.port),
        client_id=CLIENT_ID,
        client_secret=provider.secret,
        redirect_uris=(hub.settings.url(f"/sso/oidc/{provider.slug}/callback"),),
        name=provider.name,
        people=tuple(map(_account, provider.people)),
        notices_secret=notices_secret,
    )


def _north_config(hub: Hub, base_url: str) -> NorthConfig:
    tool = _connect_lms(hub, "lms-north", "LMS North", base_url)
    return NorthConfig(
        base_url=base_url,
        hub_url=hub.settings.public_url,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        courses=NORTH_COURSES,
    )


def _south_config(hub: Hub, base_url: str) -> SouthConfig:
    tool = _connect_lms(hub, "lms-south", "LMS South", base_url)
    with hub.unit_of_work() as uow:
        credential = create_credential(uow, tool.connection_id, [WRITE, READ_MINE, DEFINE], "Course player")
    return SouthConfig(
        base_url=base_url,
        hub_url=hub.settings.public_url,
        client_id=tool.client_id,
        deployment_id=tool.deployment_id,
        xapi_username=credential.key,
        xapi_password=credential.secret,
        users=tuple(SouthUser(p.email, p.south_id, p.name) for p in story.LEARNERS),
        courses=SOUTH_COURSES,
    )


def _west_config(hub: Hub, base_url: str) -> WestConfig:
    """LMS West, where the hub is a tool: it launches the hub and keeps the grades."""
    config = WestConfig(
        base_url=base_url,
        hub_url=hub.settings.public_url,
        context_title="Welcome to Riverside",
        people=(
            *(WestPerson(p.west_id, p.name, p.email) for p in story.LEARNERS),
            WestPerson(story.WEST_TEACHER, "Tess Hagen", roles=(INSTRUCTOR,)),
        ),
    )
    with hub.unit_of_work() as uow:
        connect_platform(
            uow,
            "lms-west",
            "LMS West",
            find_id(uow, "partner", story.GROUP),
            issuer=base_url,
            client_id=config.client_id,
            authorize_url=f"{base_url}/lti/authorize",
            token_url=f"{base_url}/lti/token",
            jwks_url=f"{base_url}/lti/jwks",
            deployment_id=config.deployment_id,
        )
    return config


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
