"""Every kind of finding there is. ``docs/checking-a-plugin.md`` says of each what it means and how it is mended."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A kind of finding: whether it is an error, and the rule that is broken in a few words."""

    is_error: bool
    rule: str


def _error(rule: str) -> Code:
    return Code(True, rule)


def _advice(rule: str) -> Code:
    return Code(False, rule)


CODES = {
    # the package
    "cannot-load": _error("the hub can load the plugin"),
    "hangs": _error("the check comes to an end"),
    "ends-process": _error("a plugin does not end the process"),
    "api-version": _error("the plugin says which plugin API it is written for, and the hub supports it"),
    "deprecated-hook": _advice("no hook is on its way out"),
    # what it imports
    "foreign-import": _error("of the hub, only hub.api is imported"),
    "pluggy-import": _error("pluggy is used through hub.api alone"),
    "own-order": _error("the order of plugins is that of the settings"),
    # hooks
    "unknown-hook": _error("every method with @hookimpl is a hook"),
    "unmarked-hook": _error("every hook has @hookimpl"),
    "wrong-arguments": _error("arguments are those of the hook, in its order"),
    "wrong-types": _error("annotations are those of the hook"),
    "no-types": _advice("hooks are annotated"),
    "undeclared-read": _error("@reads names every attribute that is looked at"),
    "needless-read": _advice("@reads names no other attribute"),
    "no-reads": _advice("decide_assignments says with @reads what it looks at"),
    "unsteady-registration": _error("register hooks always give the same"),
    # settings and words
    "bad-settings": _error("the settings are a PluginSettings with valid defaults"),
    "plain-secret": _error("secrets are SecretStr"),
    "undocumented-setting": _error("every setting is described"),
    "no-readme": _error("there is a README"),
    "readme-gaps": _advice(
        "the README says what the plugin does, its settings, and what personal data it keeps"
    ),
    "no-sample": _advice("there is something to try the plugin with"),
    # questions
    "io-in-ask": _error("who is asked does no input and output"),
    "clock-in-ask": _error("who is asked does not look at the clock"),
    "random-in-ask": _error("who is asked does not use chance"),
    "keeps-state": _error("the same question gets the same answer, whatever was asked before and beside it"),
    "not-deterministic": _error("another process gives the same answer"),
    "changes-arguments": _error("arguments are left as they are"),
    "raises": _error("a good question is answered"),
    "wrong-answer": _error("answers have the types and values the hook names"),
    "no-reason": _error("every answer has a reason that people can read"),
    "markup-in-panel": _error("panels are plain text"),
    # telling and fetching
    "own-network": _error("the network is used through http alone"),
    "swallows-failure": _error("what fails outside raises"),
    "not-idempotent": _error("who is told twice does the same again"),
    "no-repeat-key": _error("the other side can recognize a repeat"),
    "half-yielded": _error("a source that breaks off raises, instead of ending early"),
    "not-repeatable": _error("a source that says the same gives the same rows"),
    # in a real hub
    "breaks-the-hub": _error("a hub with the plugin works"),
    "unusable-answers": _error("the hub can use every answer"),
    "not-equal-again": _error(
        "switched off and on again, or at another time and back, goals are what they were"
    ),
    "not-replayable": _error("a rebuild from the journals comes to the same"),
    "lost-or-doubled": _error("after failures, everything has happened once"),
    # pages and tables
    "unguarded-route": _error("pages ask for a signed-in person, unless they say why not"),
    "foreign-table": _error("tables bear the plugin's prefix"),
    "migration-fails": _error("migrations go up, down and up again"),
    "leaves-tables": _error("going down leaves nothing behind"),
    # people
    "personal-data": _advice("a plugin says what it keeps or sends about people"),
    # limits
    "too-slow": _error("calls return in time"),
    "grows": _error("memory does not grow with the number of calls"),
    "too-large": _error("answers are of a sensible size"),
    "leaves-thread": _error("no thread is left running"),
}
