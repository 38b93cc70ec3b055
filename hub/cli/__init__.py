"""Commands for operators. Each stands in a file of its name; services do the work."""

import importlib
import keyword
from pathlib import Path

import click

from hub import __version__
from hub.cli.failures import tell_failures

COMMANDS = (
    "init",
    "config",
    "migrate",
    "run",
    "worker",
    "doctor",
    "demo",
    "generate",
    "network",
    "connect",
    "lti",
    "sso",
    "credential",
    "token",
    "forward",
    "export",
    "import",
    "catalogue",
    "cmi5",
    "audiences",
    "profiles",
    "why",
    "certified",
    "plugins",
    "trace",
    "plugin",
    "try",
    "remote-plugin",
    "grant",
    "audit",
    "secrets",
    "files",
    "backup",
    "restore",
    "retention",
    "erase",
    "state",
    "replay",
)
"""In the order in which somebody new meets them."""


def python_name(command: str) -> str:
    """How a command is called in Python, where some names are taken or none: ``import_``, ``remote_plugin``."""
    return f"{command}_" if keyword.iskeyword(command) else command.replace("-", "_")


class Commands(click.Group):
    """Imports a command when it is asked for, and says what went wrong in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The function of the command's name in the file of its name."""
        if name not in COMMANDS:
            return None
        own = python_name(name)
        command: click.Command = getattr(importlib.import_module(f"hub.cli.{own}"), own)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what fails becomes a message and an exit code."""
        with tell_failures():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hub")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="HUB_CONFIG",
    show_envvar=True,
    help="The settings file, if it is not config/hub.toml.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None) -> None:
    """The Partner Training Hub: it assigns, launches and credits training across a network of partner companies.

    To look around, `hub demo` shows everything at work. To begin in earnest, `hub init` prepares a hub in this folder,
    `hub run` starts it, and `hub doctor` says how it is.
    """
    ctx.obj = config
