"""The hub's settings: one TOML file, overridden by HUB_* environment variables; every problem is told at once."""

import json
import os
import tomllib
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from hub.errors import BadInput, Problem

DEFAULT_PLUGINS = ["standard_completion"]
"""Names of the plugins that are on unless the settings say otherwise, in their order."""


def _read_secret(value: Any) -> Any:
    """``env:NAME`` and ``file:PATH`` stand for a value kept elsewhere."""
    if isinstance(value, str) and value.startswith("env:"):
        name = value.removeprefix("env:")
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]
    if isinstance(value, str) and value.startswith("file:"):
        path = Path(value.removeprefix("file:"))
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        return path.read_text(encoding="utf-8").strip()
    return value


Secret = Annotated[SecretStr, BeforeValidator(_read_secret)]
NO_PLUGINS = "none"
"""Instead of a list: the hub starts without any plugin."""


def _read_plugins(value: Any) -> Any:
    """``none`` stands for no plugins at all; in an environment variable the list is JSON."""
    if not isinstance(value, str):
        return value
    if value.strip() == NO_PLUGINS:
        return []
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError(
            f'must be a list of names such as ["standard_completion"], or {NO_PLUGINS}'
        ) from None


class Settings(BaseSettings):
    """Everything an operator can set. Each field's description is its documentation in ``config/hub.example.toml``."""

    model_config = SettingsConfigDict(env_prefix="HUB_", extra="forbid", frozen=True)

    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="The address people and partner systems use. Issuers, line items and links all derive from it.",
    )
    database_url: Secret = Field(
        SecretStr("sqlite:///var/hub.sqlite"),
        description="SQLAlchemy address: sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    secret_key: Secret = Field(
        description="Signs cookies and seals stored secrets. At least 32 characters; `hub init` makes one.",
        min_length=32,
    )
    secret_key_fallbacks: list[Secret] = Field(
        default_factory=list, description="Earlier secret keys that may still open what they sealed."
    )
    storage_url: str = Field(
        "file:var/files",
        description="Where attachments and course packages lie: file:FOLDER (file:///FOLDER) or s3://BUCKET/PREFIX.",
    )
    storage_region: str = Field("", description="Region of the S3 bucket; empty for us-east-1.")
    storage_endpoint: str = Field(
        "",
        description="Address of a service that speaks S3, such as https://minio.example.com; empty for AWS.",
    )
    storage_key: Secret = Field(
        SecretStr(""),
        description="Access key id for S3; empty to use AWS_* variables or the machine's own role.",
    )
    storage_secret: Secret = Field(SecretStr(""), description="Secret access key for S3.")
    content_url: str = Field(
        "",
        description="A second host name that leads to this hub, for course packages only, such as "
        "https://content.example.net. Without it they run without storage of their own, which many need.",
    )
    listen_host: str = Field("127.0.0.1", description="Address the web server binds.")
    listen_port: int = Field(8000, ge=0, le=65535, description="Port the web server binds.")
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="How many reverse proxies in front of the hub set X-Forwarded-* headers."
    )
    web_processes: int = Field(1, ge=1, le=64, description="Web server processes (keep 1 on SQLite).")
    web_threads: int = Field(
        8, ge=1, le=64, description="Threads per web server process, each with a connection."
    )
    embedded_worker: bool = Field(
        True, description="Let `hub run` start and supervise one worker of its own."
    )
    worker_megabytes: int = Field(
        2048,
        ge=0,
        description="A worker that has grown larger than this ends between two turns and is started anew; 0 for no limit.",
    )
    plugins: Annotated[list[str], NoDecode, BeforeValidator(_read_plugins)] = Field(
        default_factory=lambda: list(DEFAULT_PLUGINS),
        description='Plugins that are on, in the order in which they are asked. "none" (HUB_PLUGINS=none) starts without '
        "any, also when one cannot be loaded: what arrives is stored and waits for them.",
    )
    plugin: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Settings of plugins, one table each: [plugin.NAME]."
    )
    outgoing_allow: list[Annotated[str, Field(pattern=r"^[^\s/@]+:\d{1,5}$")]] = Field(
        default_factory=list,
        description="Loopback or private host:port pairs that outgoing calls may reach, such as 127.0.0.1:8101.",
    )
    dns_resolver: Annotated[str, Field(pattern=r"^([^\s/@]+:\d{1,5})?$")] = Field(
        "",
        description="Name server that is asked for proofs of domains, as address:port; empty for the system's own.",
    )
    xapi_max_megabytes: int = Field(
        10,
        ge=1,
        le=1000,
        description="Largest request to the record store: statements with their attachments, or one document.",
    )
    session_hours: int = Field(12, ge=1, le=720, description="How long a sign-in lasts at most.")
    session_idle_minutes: int = Field(
        180, ge=5, le=43200, description="How long a sign-in lasts while nobody uses it."
    )
    smtp_url: Secret = Field(
        SecretStr(""),
        description="The mail server: smtp://USER:PASSWORD@HOST:587 (STARTTLS), smtps://… (TLS), or smtp+plain://… where "
        "the way there is safe. Without one, mails wait at /admin/mails, where operators can read them.",
    )
    mail_from: str = Field(
        "",
        description="The sender of the hub's mails, such as Training Hub <training@example.com>. Needed with smtp_url.",
        validate_default=True,
    )
    digests: bool = Field(
        True,
        description="Whether learners get a mail a day at most with what is new, due, overdue and credited; needs smtp_url. "
        "Each chooses on the account page what it tells, and when it may come.",
    )
    admin_acr: str = Field(
        "",
        description="How operators must have signed in for the admin pages, as their provider's acr says it; several "
        "parted by spaces, empty for any way.",
    )
    admin_minutes: int = Field(
        0,
        ge=0,
        le=43200,
        description="After how many minutes operators prove themselves again for the admin pages; 0 for never.",
    )
    retention_daily: bool = Field(
        False,
        description="Let workers delete once a day what the retention rules ask for; otherwise only on command.",
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="Least severe log line shown."
    )
    log_json: bool = Field(True, description="Log JSON lines; false writes lines for a person at a terminal.")

    @field_validator("public_url", "content_url")
    @classmethod
    def _address_is_safe(cls, value: str, about: ValidationInfo) -> str:
        if not value and about.field_name == "content_url":
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise ValueError("must be an http(s) address, such as https://hub.example.com")
        if parts.query or parts.fragment or any(c.isspace() for c in value):
            raise ValueError("must be an address without query, fragment and spaces")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("plain http is allowed on loopback only; use https")
        if parts.port == 0:  # reading it also refuses what is no port
            raise ValueError("must be an address with a real port")
        public = urlsplit(about.data.get("public_url", "")) if about.field_name == "content_url" else None
        if public and (parts.hostname == public.hostname or parts.scheme != public.scheme):
            # Browsers tell cookies apart by host name, not by port.
            raise ValueError("must have another host name than public_url, and the same scheme")
        # Lower case, because cookies and issuers depend on how it begins.
        return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"

    @field_validator("storage_url")
    @classmethod
    def _storage_url_is_known(cls, value: str) -> str:
        parts = urlsplit(value)
        is_folder = parts.scheme == "file" and not parts.netloc and parts.path.strip("/")
        is_bucket = parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc
        if not (is_folder or is_bucket) or parts.query or parts.fragment:
            raise ValueError("must be file:FOLDER or s3://BUCKET/PREFIX")
        return value

    @field_validator("storage_endpoint")
    @classmethod
    def _storage_endpoint_is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc):
            raise ValueError("must be an http(s) address, such as https://minio.example.com")
        if parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError("plain http is allowed on loopback only; use https")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url_is_known(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (
            parts.scheme not in {"smtp", "smtps", "smtp+plain"} or not parts.hostname or parts.path.strip("/")
        ):
            raise ValueError("must be smtp://, smtps:// or smtp+plain:// and a host")
        if parts.port == 0:  # reading it also refuses what is no port
            raise ValueError("must be an address with a real port")
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_from_is_an_address(cls, value: str, about: ValidationInfo) -> str:
        server = about.data.get("smtp_url")
        if server and server.get_secret_value() and not value:
            raise ValueError("must be set together with smtp_url")
        if value and ("@" not in parseaddr(value)[1] or not value.isprintable()):
            raise ValueError("must be an e-mail address, with or without a name before it in front of <>")
        return value

    @property
    def is_https(self) -> bool:
        """Whether people reach the hub over TLS, so that cookies can be Secure and carry the __Host- prefix."""
        return self.public_url.startswith("https://")

    @property
    def secret_keys(self) -> list[str]:
        """All secret keys in plain text, the newest first."""
        return [key.get_secret_value() for key in (self.secret_key, *self.secret_key_fallbacks)]

    def url(self, path: str) -> str:
        """An absolute address of this hub; ``path`` starts with a slash."""
        return self.public_url + path

    def content_address(self, path: str) -> str:
        """An absolute address for files of course packages; ``path`` starts with a slash."""
        return (self.content_url or self.public_url) + path

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the TOML file named by the model's configuration."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings from ``path``, else from $HUB_CONFIG, else from config/hub.toml if it is there.

    Raises BadInput ``bad_settings`` with one problem per wrong setting.
    """
    named = path or (Path(os.environ["HUB_CONFIG"]) if "HUB_CONFIG" in os.environ else None)
    if named and not named.is_file():
        raise BadInput("no_settings", f"There is no settings file {named}.", "`hub init` writes one.")
    toml_file = named or Path("config/hub.toml")

    class FileSettings(Settings):
        model_config = SettingsConfigDict(toml_file=toml_file)

    try:
        return FileSettings()
    except ValidationError as error:
        problems = [Problem(e["msg"], ".".join(map(str, e["loc"]))) for e in error.errors()]
        raise BadInput(
            "bad_settings",
            f"The settings in {toml_file} cannot be used.",
            "`hub init` writes a first file.",
            problems,
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput("bad_settings", f"{toml_file} is not TOML: {error}") from None
    except SettingsError as error:
        raise BadInput(
            "bad_settings",
            f"An environment variable cannot be used: {error}.",
            "Lists and tables are written as JSON there.",
        ) from None
