"""Secrets that commands are given: as they are, or kept elsewhere."""

import click


def read_secret(value: str) -> str:
    """The secret behind ``env:NAME`` or ``file:PATH``, or the text itself."""
    from pydantic import TypeAdapter, ValidationError

    from hub.config import Secret

    try:
        return TypeAdapter(Secret).validate_python(value).get_secret_value()
    except ValidationError as error:
        raise click.BadParameter(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
