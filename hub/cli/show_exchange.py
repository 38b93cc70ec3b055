"""How commands show an exchange that was tried: step by step, with what failed and what to change."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.exchange import Exchange

_MARKS = {"done": ("works", "green"), "failed": ("FAILED", "red"), "skipped": ("-", "yellow")}


def show_exchange(exchange: "Exchange") -> None:
    """Print the steps; click's Exit with 1 when one failed."""
    for step in exchange.steps:
        word, color = _MARKS[step.outcome]
        title = step.title if step.title.endswith("?") else f"{step.title}:"
        click.echo(f"{click.style(f'{word:<7}', fg=color)} {title} {step.message}")
        if step.outcome != "failed":
            continue
        answer = " ".join(filter(None, (str(step.status or ""), step.code)))
        for label, value in (("sent", step.request), ("answer", answer), ("change", step.advice)):
            if value:
                click.echo(f"          {label:<7} {value}")
    if exchange.failed:
        raise click.exceptions.Exit(1)
