"""``hub plugins check``: whether a plugin keeps to the rules, before anybody installs it."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hub.testing.plugin_check import Finding, Report


@click.command("check")
@click.argument("plugin", metavar="PLUGIN")
@click.option("--json", "as_json", is_flag=True, help="Say everything as JSON, for programs.")
@click.option(
    "--postgres", metavar="ADDRESS", default="", help="An empty database in which migrations are tried, too."
)
def check_plugin(plugin: str, as_json: bool, postgres: str) -> None:
    """Check PLUGIN: the folder of its project, its one file, or the name of one that is installed.

    Reads its source, and tries it in a process of its own, without your hub and its data: every hook it implements is asked, told
    or shown the same things in several ways, while what it does is watched; then a small hub runs with it through late, repeated
    and failing statements, failures of the plugin itself, switching it off and on, and another year. That takes some ten seconds.

    Says of each finding where it is, what is wrong and what to change. Errors must be mended; advice makes it better.
    docs/checking-a-plugin.md lists every kind.

    \b
    What a plugin needs to be tried may stand in check.toml beside its pyproject.toml:
      [settings]                        # those to try it with; "{outside}" is the address of a simulated system
      course = "safety-basics"
      screen = "{outside}/goals"
      [[answer]]                        # of the simulated system, for hooks that fetch; the first that fits a request
      path = "/courses"                 # a part of the path; form = {...} are fields of the request
      body = '[{"id": 7, "name": "Brakes"}]'
      [note]                            # what the plugin noted about some of the candidates
      decision = "approved"

    \b
    Exit status: 0 when there are no errors, 1 when there are, 2 when there is nothing to check.
    """
    from hub.errors import Missing
    from hub.testing.plugin_check import check_plugin as check

    steps = _Steps(quiet=as_json)
    try:
        report = check(plugin, steps.show, postgres=postgres)
    except Missing as error:
        raise click.UsageError("\n".join(filter(None, (error.message, error.help)))) from error
    finally:
        steps.clear()
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _show(report)
    sys.exit(1 if report.errors else 0)


class _Steps:
    """What is being tried, in one line that goes again; nothing off a terminal."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def show(self, step: str) -> None:
        """Say it in place of the last one."""
        if self._shown:
            click.echo(f"\r\x1b[K{step} \u2026", nl=False, err=True)

    def clear(self) -> None:
        """Take it away."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def _show(report: "Report") -> None:
    click.echo(f"{report.plugin} {report.version} in {report.folder}")
    for title, findings, colour in (
        ("Errors", report.errors, "red"),
        ("Advice", report.advice, "yellow"),
    ):
        if findings:
            click.secho(f"\n{title}", fg=colour, bold=True)
        for finding in findings:
            _show_one(finding, colour)
    errors, advice = len(report.errors), len(report.advice)
    if errors:
        click.echo(
            f"\n{errors} {'error' if errors == 1 else 'errors'}; docs/checking-a-plugin.md says more about each."
        )
    else:
        more = f", {advice} {'piece' if advice == 1 else 'pieces'} of advice" if advice else ""
        click.secho(f"\nNo errors{more}.", fg="green")


def _show_one(finding: "Finding", colour: str) -> None:
    place = finding.place
    where = f"{place.path}:{place.line}" if place.line else place.path
    words = " ".join(filter(None, (where, f"({place.hook})" if place.hook else "")))
    click.echo(f"\n  {click.style(finding.code, fg=colour)}{'  ' + words if words else ''}")
    click.echo(f"    {finding.problem}")
    click.echo(f"    {click.style('Change:', bold=True)} {finding.mend}")
