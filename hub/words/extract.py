"""Finding what is to be translated, and keeping the catalogues in step: ``make words``.

Templates say ``{{ _("…") }}``, ``{% trans %}…{% endtrans %}`` and ``{{ 3|count_of("course") }}``; code says ``_("…")``,
``say("…")`` and ``ngettext("…", "…", n)``. Message and help of an error are found in the modules of MODULES where they are
literals or ``say(…)``. Everything below the folders of TEMPLATES is looked at.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jinja2
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2 import nodes
from jinja2.ext import extract_from_ast

from hub.words.catalogues import path_of, read_catalogue
from hub.words.languages import TRANSLATED
from hub.words.numbers import counted

HUB = Path(__file__).parents[1]
TEMPLATES = ("web/templates", "lti/templates", "sso/saml/templates")
MODULES = (
    "web/*.py",
    "web/account/*.py",
    "web/learning/*.py",
    "web/network/*.py",
    "web/partner/*.py",
    "web/setup/*.py",
    "web/signing_in/*.py",
    "web/team/*.py",
    "web/admin/*.py",
    "audiences/profiles/views.py",
    "audiences/rules/rule_views.py",
    "notify/preferences.py",
    "notify/send_reports.py",
    "notify/letter.py",
    "notify/digest_letter.py",
    "notify/unsubscribe.py",
    "notify/webhooks/subscriptions.py",
    "training/goals/decide_goals.py",
    "training/external_records.py",
    "training/my_training/reasons.py",
    "training/my_training/why.py",
    "access/api_tokens.py",
    "access/decide.py",
    "sso/[abfl]*.py",
    "sso/onboarding/entered.py",
    "sso/onboarding/watch_words.py",
    "sso/newcomers.py",
    "sso/partner_people.py",
    "sso/refusals.py",
    "sso/waiting.py",
    "sso/local/*.py",
    "sso/saml/connect.py",
    "sso/saml/views.py",
    "sso/oidc/words.py",
    "sso/saml/words.py",
    "sso/scim/words.py",
    "sso/provider/words.py",
    "sso/saml_provider/words.py",
    "sso/onboarding/words.py",
    "xapi/callers/scopes.py",
    "words/*.py",
    "lti/launch.py",
    "lti/authorize.py",
)
"""Code whose words people read."""
TABLES = {
    "LABELS",
    "PROBLEMS",
    "KINDS",
    "TOKEN_LABELS",
    "DONE_WORDS",
    "REFUSED_WORDS",
    "SCOPE_WORDS",
    "METHOD_WORDS",
    "SUBJECT_WORDS",
    "_DEPLOYMENT_WORDS",
    "METRICS",
    "WORDS",
    "NAME_ID_FORMATS",
    "STATUSES",
    "PARTS",
    "SHORT",
    "DUE",
    "OPS",
    "SHOWS",
    "TABS",
    "WAYS",
    "SECTIONS",
    "CONNECTION_TABS",
}
"""Tables of words in it: their values are looked up as they stand where a page shows them with ``|told``."""
_NAME = re.compile(r"[a-z_]*")
WORDS = {"_", "gettext", "say", "listed", "flash", "_back"}
ERRORS = {"HubError", "BadInput", "NotAllowed", "Missing", "Conflict", "OutsideFailed", "TooManyRequests"}


class Found(NamedTuple):
    """A message with its place; ``plural`` is empty where there is none."""

    id: str
    plural: str
    place: str
    line: int


def templates() -> list[Path]:
    """The templates whose words are translated."""
    return [path for folder in TEMPLATES for path in sorted((HUB / folder).rglob("*.html"))]


def find_all() -> list[Found]:
    """Every message of the translated templates and modules, in order of places."""
    found = [each for path in templates() for each in find_in_template(path)]
    for pattern in MODULES:
        for path in sorted(HUB.glob(pattern)):
            found += find_in_code(path)
    return found


def find_in_template(path: Path) -> Iterator[Found]:
    """Messages of one template."""
    environment = jinja2.Environment(  # noqa: S701  (nothing is rendered)
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"], trim_blocks=True, lstrip_blocks=True
    )
    environment.policies["ext.i18n.trimmed"] = True
    tree = environment.parse(path.read_text(encoding="utf-8"))
    place = str(path.relative_to(HUB))
    for line, function, message in extract_from_ast(tree):
        one, many = message[:2] if isinstance(message, tuple) else (message, "")
        if one and function in {"_", "gettext", "ngettext"}:
            yield Found(one, many or "", place, line)
    for node in tree.find_all(nodes.Filter):
        words = [each.value for each in node.args if isinstance(each, nodes.Const)]
        if node.name == "count_of" and words:
            one, many = counted(*words)
            yield Found(one, many, place, node.lineno)


def find_in_code(path: Path) -> Iterator[Found]:
    """Messages of one module."""
    place = str(path.relative_to(HUB))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for line, one in _words_of_table(node):
                yield Found(one, "", place, line)
        if isinstance(node, ast.Call):
            for one, many in _messages(node):
                yield Found(one, many, place, node.lineno)


def _words_of_table(node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[int, str]]:
    """The words in the values of a table of TABLES, each with its line; of a tuple all but the names of endpoints."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    named = any(isinstance(each, ast.Name) and each.id in TABLES for each in targets)
    if not named or not isinstance(node.value, (ast.Dict, ast.Tuple)):
        return
    inner = list(ast.walk(node.value))
    no_words = {id(key) for each in inner if isinstance(each, ast.Dict) for key in each.keys}
    no_words |= {id(part) for each in inner if isinstance(each, ast.JoinedStr) for part in each.values}
    for each in inner:
        if not isinstance(each, ast.Constant) or not isinstance(each.value, str) or id(each) in no_words:
            continue
        if each.value.strip() and (isinstance(node.value, ast.Dict) or not _NAME.fullmatch(each.value)):
            yield each.lineno, each.value


def _messages(call: ast.Call) -> list[tuple[str, str]]:
    """What a call of one of our functions says, with its plural; a choice between two literals says either."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    words = [_literals(each) for each in call.args[:3]]
    if name in WORDS or name == "Problem":
        return [(word, "") for word in (words[0] if words else [])]
    if name == "ngettext" and len(words) > 1:
        return [(one, many) for one, many in zip(words[0], words[1], strict=False)]
    if name == "count" and len(words) > 1 and words[-1]:
        return [counted(*(word for each in words[1:] for word in each))]
    if name in ERRORS:
        return [(word, "") for each in words[1:] for word in each if word]
    return []


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return [*_literals(node.body), *_literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def wanted() -> Catalog:
    """A catalogue of all messages, without translations."""
    catalogue = Catalog(project="partner-training-hub", charset="utf-8")
    for each in find_all():
        id = (each.id, each.plural) if each.plural else each.id
        # The plain id first: a message that is somewhere counted and somewhere not is one entry with a plural.
        catalogue.add(id, locations=[(each.place, each.line)])
    return catalogue


def main() -> int:
    """Bring every catalogue in step: new messages come empty, those that are gone go. 1 when something is left to translate."""
    template, open_messages = wanted(), 0
    for language in TRANSLATED:
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        known = read_catalogue(language) if path.is_file() else Catalog(locale=language)
        ids = {(each.id if isinstance(each.id, str) else each.id[0]): each for each in known if each.id}
        fresh = Catalog(locale=language, charset="utf-8", fuzzy=False)
        for message in template:
            if not message.id:
                continue
            one = message.id if isinstance(message.id, str) else message.id[0]
            old = ids.get(one)
            string = old.string if old and old.pluralizable == message.pluralizable else None
            places = sorted({place for place, _ in message.locations})
            fresh.add(message.id, string, locations=[(place, 0) for place in places])
            open_messages += not any(string if isinstance(string, (tuple, list)) else [string])
        with path.open("wb") as file:
            write_po(file, fresh, width=118, sort_output=True, omit_header=True)
    sys.stdout.write(f"{len(list(template)) - 1} messages, {open_messages} to translate\n")
    return int(bool(open_messages))


if __name__ == "__main__":
    sys.exit(main())
