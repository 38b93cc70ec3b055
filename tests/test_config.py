"""The settings: where they come from, and that everything wrong with them is told at once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from hub.config import Settings, load_settings
from hub.errors import BadInput

KEY = "a-secret-key-of-more-than-32-characters"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder the hub is started in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "config/hub.toml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def places(error: BadInput) -> set[str]:
    return {problem.place for problem in error.problems}


def test_every_problem_is_told_at_once_with_its_place(folder: Path) -> None:
    write(
        folder,
        """
        public_url = "http://hub.example.com"
        database_url = "env:NOBODY_SET_THIS"
        secret_key = "too short"
        secret_key_fallbacks = ["file:/there/is/no/such/file"]
        listen_port = 70000
        outgoing_allow = ["127.0.0.1:8101", "http://127.0.0.1:8102"]
        color = "blue"
        """,
    )
    with pytest.raises(BadInput) as error:
        load_settings()
    assert places(error.value) == {
        "public_url",
        "database_url",
        "secret_key",
        "secret_key_fallbacks.0",
        "listen_port",
        "outgoing_allow.1",
        "color",
    }
    assert "NOBODY_SET_THIS is not set" in str(error.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("storage_url", "var/files"),
        ("storage_url", "file:"),
        ("storage_url", "file://host/files"),
        ("storage_url", "s3://"),
        ("storage_url", "s3://key:secret@bucket"),
        ("storage_url", "https://bucket.example.com"),
        ("storage_endpoint", "minio.example.com"),
        ("storage_endpoint", "http://minio.example.com"),
        ("storage_endpoint", "https://key@minio.example.com"),
        ("storage_secret", "env:NOBODY_SET_THIS"),
    ],
)
def test_files_can_only_be_stored_in_known_places(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings.model_validate({"secret_key": KEY, name: value})
    assert [each["loc"] for each in error.value.errors()] == [(name,)]


@pytest.mark.requirement("R9")
def test_problem_never_repeats_the_secret_it_is_about(folder: Path) -> None:
    write(
        folder,
        'secret_key = "hunter2"\ndatabase_url = 7\nsecret_key_fallbacks = ["hunter3"]\nlisten_port = "x"',
    )
    with pytest.raises(BadInput) as error:
        load_settings()
    assert "hunter" not in str(error.value)


@pytest.mark.requirement("R9")
def test_settings_do_not_print_their_secrets(folder: Path) -> None:
    settings = Settings(secret_key=KEY, database_url="postgresql://hub:hunter2@db.example/hub")
    assert KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_secrets_come_from_variables_and_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)
    earlier = write(folder, KEY[::-1] + "\n", "earlier-key")
    write(folder, f'secret_key = "env:THE_KEY"\nsecret_key_fallbacks = ["file:{earlier}"]')
    assert load_settings().secret_keys == [KEY, KEY[::-1]]


def test_environment_stands_above_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, f'secret_key = "{KEY}"\nlisten_port = 8001\nsession_hours = 3')
    monkeypatch.setenv("HUB_LISTEN_PORT", "8002")
    monkeypatch.setenv("HUB_PLUGINS", '["webhooks"]')
    settings = load_settings()
    assert (settings.listen_port, settings.session_hours, settings.plugins) == (8002, 3, ["webhooks"])


def test_variable_that_cannot_be_read_is_not_blamed_on_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, f'secret_key = "{KEY}"')
    monkeypatch.setenv("HUB_OUTGOING_ALLOW", "127.0.0.1:80")
    with pytest.raises(BadInput, match="environment variable") as error:
        load_settings()
    assert "TOML" not in str(error.value)


def test_file_named_on_the_command_line_comes_before_the_one_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, f'secret_key = "{KEY}"\nlisten_port = 8001')
    monkeypatch.setenv(
        "HUB_CONFIG", str(write(folder, f'secret_key = "{KEY}"\nlisten_port = 8002', "b.toml"))
    )
    named = write(folder, f'secret_key = "{KEY}"\nlisten_port = 8003', "c.toml")
    assert load_settings().listen_port == 8002
    assert load_settings(named).listen_port == 8003


def test_file_that_is_named_but_missing_is_an_error(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"no settings file .*gone\.toml"):
        load_settings(folder / "gone.toml")


def test_file_that_is_not_toml_is_named_with_the_line(folder: Path) -> None:
    write(folder, "secret_key = \n")
    with pytest.raises(BadInput, match=r"hub\.toml is not TOML: .*line 1"):
        load_settings()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://hub.example.com/", "https://hub.example.com"),
        ("HTTPS://Hub.Example.com", "https://hub.example.com"),
        ("https://hub.example.com:8443", "https://hub.example.com:8443"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_public_url_is_kept_in_one_form(written: str, meant: str) -> None:
    settings = Settings(secret_key=KEY, public_url=written)
    assert settings.url("/sign-in") == f"{meant}/sign-in"
    assert settings.is_https == meant.startswith("https")


@pytest.mark.parametrize(
    "url",
    [
        "hub.example.com",
        "ftp://hub.example.com",
        "http://hub.example.com",
        "http://127.0.0.1.example.com",
        "https://",
        "https://hub.example.com?a=b",
        "https://hub.example.com#top",
        "https://me:word@hub.example.com",
        "https://hub.example.com:99999",
        "https://hub.example.com:0",
        "https://hub example.com",
    ],
)
def test_public_url_that_is_no_safe_address_is_refused(folder: Path, url: str) -> None:
    write(folder, f'secret_key = "{KEY}"\npublic_url = "{url}"')
    with pytest.raises(BadInput) as error:
        load_settings()
    assert places(error.value) == {"public_url"}


@pytest.mark.parametrize(
    "url",
    [
        "https://hub.example.com",
        "https://HUB.example.com:8443",
        "http://localhost:8000",
        "https://user@content.example.net",
        "content.example.net",
    ],
)
def test_content_url_must_be_apart_from_the_pages(folder: Path, url: str) -> None:
    write(folder, f'secret_key = "{KEY}"\npublic_url = "https://hub.example.com"\ncontent_url = "{url}"')
    with pytest.raises(BadInput) as error:
        load_settings()
    assert places(error.value) == {"content_url"}


def test_files_of_courses_have_the_address_of_the_pages_or_one_of_their_own() -> None:
    plain = Settings(secret_key=KEY, public_url="https://hub.example.com")
    assert plain.content_address("/content/x") == "https://hub.example.com/content/x"
    apart = Settings(
        secret_key=KEY, public_url="https://hub.example.com", content_url="https://Content.example.net/"
    )
    assert apart.content_address("/content/x") == "https://content.example.net/content/x"
