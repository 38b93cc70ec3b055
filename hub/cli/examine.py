"""What ``hub doctor`` looks at, in order; what builds on something that fails is not looked at."""

from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from hub.app import open_hub
from hub.cli.examine_keeping import examine_mails, examine_trail
from hub.cli.examine_plugins import examine_plugins
from hub.cli.examine_running import examine_expiries, examine_readers, examine_stores, examine_work
from hub.cli.examine_settings import examine_settings
from hub.cli.findings import Finding, ok, problem, warning
from hub.config import Settings
from hub.errors import HubError, OutsideFailed
from hub.journal import tables as journal
from hub.plugin_data.migrate import read_schemas
from hub.plugin_data.ownership import plugins_with_tables
from hub.runtime import Hub
from hub.store.append_only import unprotected
from hub.store.revision import newest_revision, read_revision
from hub.training import tables as training

SKEW_SECONDS = 2.0


def examine(settings: Settings, file: Path | None) -> list[Finding]:
    """Everything that can be found out from here."""
    findings = list(examine_settings(settings, file))
    try:
        hub = open_hub(settings)
    except HubError as error:
        meanwhile = "Until it is mended, HUB_PLUGINS=none starts the hub without any; what arrives waits."
        return [*findings, problem("plugins", str(error), meanwhile)]
    try:
        findings += _plugins(hub)
        for look in (
            _files,
            _schema,
            _plugins_tables,
            _append_only,
            _clock,
            examine_readers,
            examine_stores,
            examine_work,
            examine_plugins,
            examine_expiries,
            examine_trail,
            examine_mails,
        ):
            found = list(_look(look, hub))
            findings += found
            if look is _schema and found[0].state == "problem":
                break
    finally:
        hub.close()
    return findings


def _look(look: Callable[[Hub], Iterator[Finding]], hub: Hub) -> Iterator[Finding]:
    try:
        yield from look(hub)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        yield problem(
            "database",
            f"cannot be used: {reason}",
            "Check database_url, and that the database runs and has room.",
        )


def _plugins(hub: Hub) -> Iterator[Finding]:
    if not hub.hooks.plugins:
        yield warning(
            "plugins",
            "all are off: statements are stored and wait, nothing is credited, plugins are told nothing",
            "When they may run again, take HUB_PLUGINS=none away, or list them under `plugins` in the settings, and restart.",
        )
        return
    names = ", ".join(f"{p.name} {p.version}" for p in hub.hooks.plugins)
    yield ok("plugins", f"loaded in this order: {names}")
    recognizing = hub.hooks.implementers("recognize_completion")
    if recognizing:
        yield ok("completion", f"recognized by {', '.join(recognizing)}")
    else:
        yield problem(
            "completion",
            "no plugin that recognizes completions is on: statements wait, and nothing is credited",
            "Put standard_completion on the list `plugins` of the settings.",
        )


def _files(hub: Hub) -> Iterator[Finding]:
    try:
        hub.blobs.check()
    except OutsideFailed as error:
        yield problem("files", error.message, error.help)
    else:
        yield ok("files", f"attachments and course packages can be written and read in {hub.blobs.place}")


def _schema(hub: Hub) -> Iterator[Finding]:
    newest = newest_revision()
    with hub.engine.connect() as connection:
        stands = read_revision(connection)
    where = hub.engine.url.render_as_string(hide_password=True)
    if stands == newest:
        yield ok("database", f"{where} answers and has schema {newest}")
    elif stands is None:
        yield problem("database", f"{where} answers but has no tables", "Run `hub migrate`.")
    elif stands > newest:
        yield problem(
            "database",
            f"{where} has schema {stands}, which is newer than this version of the hub ({newest})",
            "Install the version that migrated it, or a newer one.",
        )
    else:
        yield problem(
            "database", f"{where} has schema {stands}; this hub needs {newest}", "Run `hub migrate`."
        )


def _plugins_tables(hub: Hub) -> Iterator[Finding]:
    with hub.engine.connect() as connection:
        for schema in read_schemas(connection, hub.hooks):
            if schema.is_pending:
                text = (
                    f"tables of {schema.plugin} are at {schema.stands or 'nothing'}; it needs {schema.newest}"
                )
                yield problem("plugins", text, "Run `hub migrate`.")
        on = {plugin.name for plugin in hub.hooks.plugins}
        for left in sorted(set(plugins_with_tables(connection)) - on):
            yield warning(
                "plugins",
                f"{left} is not on, and has tables here",
                f"They wait for it; `hub plugin remove {left} --data` removes them.",
            )


def _append_only(hub: Hub) -> Iterator[Finding]:
    wanted = (*journal.APPEND_ONLY, *training.APPEND_ONLY)
    with hub.reading() as uow:
        open_tables = unprotected(uow.connection, wanted)
    if open_tables:
        yield problem(
            "record",
            f"rows of {', '.join(open_tables)} could be changed or deleted: triggers are missing",
            "Somebody dropped them. Restore a backup, or run `protect` of hub.store.append_only for these tables.",
        )
    else:
        yield ok("record", f"the database protects {len(wanted)} journals and ledgers from changes")


def _clock(hub: Hub) -> Iterator[Finding]:
    if hub.engine.dialect.name == "sqlite":
        return  # the same machine
    with hub.reading() as uow:
        theirs = uow.connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    skew = abs((theirs - hub.clock.now()).total_seconds())
    if skew > SKEW_SECONDS:
        yield warning(
            "clock",
            f"the database's clock and this machine's differ by {skew:.1f} s",
            "Let both follow the same time server (NTP): due dates, tokens and retries depend on it.",
        )
    else:
        yield ok("clock", f"the database's clock and this machine's agree within {SKEW_SECONDS:.0f} s")
