"""What an operator sees when a command fails: what happened, every single problem, what to do. Never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from hub.errors import BadInput, HubError

BAD_INPUT, FAILED = 2, 1
"""Exit codes: what was given cannot be used; something else went wrong."""


class Failure(click.ClickException):
    """A failure in words."""

    exit_code = FAILED

    def __init__(self, error: HubError) -> None:
        super().__init__(error.message)
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it to standard error."""
        click.secho(self.error.message, fg="red", err=True)
        for problem in self.error.problems:
            click.echo(f"  {problem}", err=True)
        if self.error.help:
            click.echo(self.error.help, err=True)


class UnusableInput(Failure):
    """What was given cannot be used."""

    exit_code = BAD_INPUT


@contextmanager
def tell_failures() -> Iterator[None]:
    """Turn what services and the machine raise into a Failure."""
    try:
        yield
    except BadInput as error:
        raise UnusableInput(error) from error
    except HubError as error:
        raise Failure(error) from error
    except BrokenPipeError:
        raise  # whoever read our output has seen enough; click ends quietly
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise Failure(HubError("machine_failed", f"{place}{error.strerror or error}")) from error
    except Exception as error:
        known = _database_failure(error)
        if known is None:
            raise
        raise Failure(known) from error


def _database_failure(error: Exception) -> HubError | None:
    """A database that cannot be reached, in words; None for any other error."""
    from sqlalchemy.exc import OperationalError

    if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
        return HubError(
            "no_driver",
            "The driver for PostgreSQL is not installed.",
            "Run: pip install 'partner-training-hub[postgres]'",
        )
    if not isinstance(error, OperationalError):
        return None
    reason = str(error.orig).strip().splitlines()
    return HubError(
        "database_failed",
        f"The database cannot be used: {reason[0] if reason else 'it does not answer'}",
        "Check database_url in the settings, and that the database runs and has room.",
    )
