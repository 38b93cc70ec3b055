"""``hub doctor``: how the hub is, and what to do about what is wrong."""

import json
import sys

import click

MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def doctor(as_json: bool) -> None:
    """Say how the hub is, and what to do about it.

    Checks settings, database, plugins and readers. Exits with 1 when there is a problem. Warnings alone are no problem.
    """
    from hub.cli.examine import examine
    from hub.cli.opening import config_file, read_settings

    findings = examine(read_settings(), config_file())
    problems = sum(f.state == "problem" for f in findings)
    warnings = sum(f.state == "warning" for f in findings)
    if as_json:
        click.echo(json.dumps({"healthy": not problems, "checks": [vars(f) for f in findings]}, indent=2))
    else:
        for finding in findings:
            mark, color = MARKS[finding.state]
            click.echo(f"{click.style(mark, fg=color)} {finding.check}: {finding.found}")
            if finding.help:
                click.echo(f"    {finding.help}")
        click.echo(
            f"\n{problems or 'No'} problem{'s' * (problems != 1)}, {warnings or 'no'} warning{'s' * (warnings != 1)}."
        )
    sys.exit(bool(problems))
