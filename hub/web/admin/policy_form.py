"""The form of a completion policy: read into a policy, and a policy back into its fields."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from hub.errors import BadInput, Problem
from hub.training.completing.policy import MAX_NAME, Policy, Terms

VERBS = "http://adlnet.gov/expapi/verbs/"
USUAL_VERBS = {VERBS + name: name for name in ("completed", "passed", "mastered", "attended", "scored")}
MAX_OVERRIDES = 200
MAX_TEXT = 20_000


@dataclass(frozen=True)
class TermsFields:
    """One set of terms as the form shows it. ``prefix`` begins the names of its fields, ``course`` is a key."""

    prefix: str
    usual: frozenset[str]
    others: str
    requires_completion: bool
    requires_success: bool
    minimum: str
    course: str = ""


def fields_of(terms: Terms, prefix: str = "", course: str = "") -> TermsFields:
    """The fields that show these terms."""
    return TermsFields(
        prefix,
        frozenset(terms.verbs) & USUAL_VERBS.keys(),
        "\n".join(verb for verb in terms.verbs if verb not in USUAL_VERBS),
        terms.requires_completion,
        terms.requires_success,
        "" if terms.minimum_scaled is None else f"{terms.minimum_scaled:g}",
        course,
    )


def fields_of_overrides(policy: Policy, keys: Mapping[str, str]) -> list[TermsFields]:
    """The fields of all courses with terms of their own, in the order of their keys."""
    ordered = sorted(policy.overrides.items(), key=lambda item: keys.get(item[0], ""))
    return [fields_of(terms, f"o{place}.", keys.get(id, id)) for place, (id, terms) in enumerate(ordered)]


def courses_in(form: MultiDict[str, str]) -> list[str]:
    """Keys of the courses to which the form gives terms of their own."""
    return [form[f"{prefix}course"].strip() for prefix in _prefixes(form)]


def read_form(form: MultiDict[str, str], connection_id: str, courses: Mapping[str, str]) -> Policy:
    """The policy that the form describes; ``courses`` are ids by key. BadInput ``bad_policy`` with every problem."""
    problems: list[Problem] = []
    overrides: dict[str, Terms] = {}
    for prefix in _prefixes(form):
        key = form[f"{prefix}course"].strip()
        if key not in courses:
            problems.append(Problem("this system has no such course", f"course {key[:100]}"))
        elif courses[key] in overrides:
            problems.append(Problem("stands twice", f"course {key[:100]}"))
        else:
            overrides[courses[key]] = _terms(form, prefix, problems)
    terms = _terms(form, "", problems)
    if problems:
        raise BadInput("bad_policy", "The policy cannot be used; nothing was changed.", problems=problems)
    version = form.get("version", "")
    return Policy(
        connection_id,
        form.get("name", "").strip()[: MAX_NAME + 1],
        int(version) if version.isdecimal() and len(version) < 10 else 0,
        terms,
        overrides,
    )


def read_seen(text: str, connection_id: str) -> Policy:
    """The policy as the page with its plan carries it. BadInput when it is none, or another system's."""
    try:
        policy = Policy.from_json(json.loads(text[: MAX_TEXT * MAX_OVERRIDES]))
        policy.check()
    except (ValueError, TypeError, KeyError, AttributeError):
        policy = None
    if policy is None or policy.connection_id != connection_id:
        raise BadInput("bad_policy", "The form does not hold a policy of this system.", "Plan it again.")
    return policy


def _prefixes(form: MultiDict[str, str]) -> Iterator[str]:
    """Prefixes of the courses that are named and not to be removed."""
    for place in range(MAX_OVERRIDES):
        prefix = f"o{place}."
        if form.get(f"{prefix}course", "").strip() and f"{prefix}remove" not in form:
            yield prefix


def _terms(form: MultiDict[str, str], prefix: str, problems: list[Problem]) -> Terms:
    usual = [verb for verb in form.getlist(f"{prefix}verb") if verb in USUAL_VERBS]
    others = [line.strip() for line in form.get(f"{prefix}verbs", "")[:MAX_TEXT].splitlines() if line.strip()]
    minimum = form.get(f"{prefix}minimum", "").strip()
    scaled = None
    if minimum:
        try:
            scaled = float(minimum.replace(",", ".")[:20])
        except ValueError:
            problems.append(Problem("must be a number from -1 to 1", f"{prefix}minimum_scaled"))
    return Terms(
        tuple(dict.fromkeys([*usual, *others])),
        f"{prefix}completion" in form,
        f"{prefix}success" in form,
        scaled,
    )
