"""Statements that Hypothesis makes up: everything that xAPI allows, in both versions."""

import string
from typing import Any

from hypothesis import strategies as st

Told = dict[str, Any]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
uuids = st.uuids().map(str) | st.uuids().map(lambda id: str(id).upper())
iris = st.builds(
    lambda scheme, path: f"{scheme}{path}",
    st.sampled_from(["https://example.com/", "http://é.example/ü?x=", "urn:x:", "tag:example.com,2026:"]),
    st.text(string.ascii_letters + string.digits + "-._~%é", max_size=12).map(
        lambda t: t.replace("%", "%41")
    ),
)
uris = iris.filter(str.isascii)
tags = st.sampled_from(["en", "en-US", "de-CH-1996", "zh-Hant-TW", "sr-Latn-RS", "x-private", "und", "cmn"])
language_maps = st.dictionaries(tags, texts, max_size=3)
numbers = st.integers(-(2**60), 2**60) | st.floats(-1e12, 1e12, allow_nan=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
extensions = st.dictionaries(iris, json_values, max_size=2)
timestamps = st.sampled_from(
    [
        "2026-05-03T23:30:00Z",
        "2026-05-03T23:30:00.123456789+02:00",
        "2024-02-29T00:00:00.1-11:30",
        "1999-12-31T23:59:59.999Z",
    ]
)
durations = st.sampled_from(["PT0S", "P1Y2M3DT4H5M6.789S", "P4W", "PT36H", "P0.5Y", "PT16559.14S"])


def part(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[Told]:
    """An object with these properties, the optional ones in any combination."""
    return st.fixed_dictionaries(required, optional=optional)


# PostgreSQL's texts hold no NUL, and names of accounts are looked for; elsewhere NUL is a character like others.
accounts = part({"homePage": iris, "name": texts.map(lambda name: name.replace("\x00", "0"))})
identifiers = st.one_of(
    st.sampled_from(["mailto:ana@example.com", "mailto:o'b+x@sub.example.com"]).map(lambda m: {"mbox": m}),
    st.text("0123456789abcdefABCDEF", min_size=40, max_size=40).map(lambda h: {"mbox_sha1sum": h}),
    uris.map(lambda uri: {"openid": uri}),
    accounts.map(lambda account: {"account": account}),
)
agents = st.builds(
    lambda identifier, more: {**more, **identifier},
    identifiers,
    part({}, objectType=st.just("Agent"), name=texts),
)
members = st.lists(agents, min_size=1, max_size=3)
groups = st.one_of(
    part({"objectType": st.just("Group"), "member": members}, name=texts),
    st.builds(
        lambda identifier, more: {**more, **identifier},
        identifiers,
        part({"objectType": st.just("Group")}, member=members, name=texts),
    ),
)
actors = agents | groups
definitions = part(
    {}, name=language_maps, description=language_maps, type=iris, moreInfo=iris, extensions=extensions
)
interactions = st.sampled_from(
    [
        {"interactionType": "choice", "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}]},
        {"interactionType": "true-false", "correctResponsesPattern": ["true"]},
        {"interactionType": "likert", "scale": [{"id": "1"}]},
        {"interactionType": "matching", "source": [{"id": "s"}], "target": [{"id": "t"}]},
        {"interactionType": "numeric", "correctResponsesPattern": ["1[:]2"]},
    ]
)
activities = part(
    {"id": iris},
    objectType=st.just("Activity"),
    definition=definitions | st.builds(lambda one, two: {**one, **two}, definitions, interactions),
)
references = part({"objectType": st.just("StatementRef"), "id": uuids})


def _with_right_score(told: Told) -> Told:
    """Minimum, raw and maximum in their order."""
    names = [name for name in ("min", "raw", "max") if name in told]
    values = sorted(told[name] for name in names)
    if len(set(values)) < len(values):
        values = list(range(len(values)))
    return {**told, **dict(zip(names, values, strict=True))}


scores = part({}, scaled=st.floats(-1, 1), raw=numbers, min=numbers, max=numbers).map(_with_right_score)
results = part(
    {},
    score=scores,
    success=st.booleans(),
    completion=st.booleans(),
    response=texts,
    duration=durations,
    extensions=extensions,
)
some_activities = activities | st.lists(activities, max_size=2)
context_activities = part(
    {}, parent=some_activities, grouping=some_activities, category=some_activities, other=some_activities
)


def contexts(*, about_activity: bool, is_2: bool) -> st.SearchStrategy[Told]:
    """A context; some properties are only for statements about activities, some came with 2.0."""
    relevant = {"relevantTypes": st.lists(iris, min_size=1, max_size=2)}
    optional: dict[str, st.SearchStrategy[Any]] = {
        "registration": uuids,
        "instructor": actors,
        "team": groups,
        "contextActivities": context_activities,
        "language": tags,
        "statement": references,
        "extensions": extensions,
    }
    if about_activity:
        optional |= {"revision": texts, "platform": texts}
    if is_2:
        agent = part({"objectType": st.just("contextAgent"), "agent": agents}, **relevant)
        group = part({"objectType": st.just("contextGroup"), "group": groups}, **relevant)
        optional |= {
            "contextAgents": st.lists(agent, max_size=2),
            "contextGroups": st.lists(group, max_size=2),
        }
    return part({}, **optional)


attachments = part(
    {
        "usageType": iris,
        "display": language_maps,
        "contentType": st.sampled_from(["text/plain", "application/pdf", 'text/x; charset="utf-8"']),
        "length": st.integers(0, 2**40),
        "sha2": st.text("0123456789abcdef", min_size=64, max_size=64),
        "fileUrl": iris,
    },
    description=language_maps,
)


@st.composite
def statements(draw: st.DrawFn, *, is_2: bool, is_sub: bool = False) -> Told:
    """A statement without an id, or what stands in a SubStatement."""
    kinds = [activities, agents.map(lambda a: {**a, "objectType": "Agent"}), groups, references]
    if not is_sub:
        kinds.append(statements(is_2=is_2, is_sub=True))
    about = draw(st.integers(0, len(kinds) - 1))
    told: Told = {
        "actor": draw(actors),
        "verb": draw(part({"id": iris}, display=language_maps)),
        "object": draw(kinds[about]),
    }
    more: dict[str, st.SearchStrategy[Any]] = {
        "result": results,
        "context": contexts(about_activity=about == 0, is_2=is_2),
        "timestamp": timestamps,
        "attachments": st.lists(attachments, max_size=2),
    }
    if is_sub:
        told["objectType"] = "SubStatement"
    else:
        more["version"] = st.just("2.0.0") if is_2 else st.sampled_from(["1.0.0", "1.0.3", "1.0"])
    return told | draw(part({}, **more))


def as_it_comes_back(told: Told) -> Told:
    """What the store must give back of it: context activities come in lists (1.0.3 Data 2.4.6.2)."""
    back = dict(told)
    if isinstance(back.get("object"), dict) and back["object"].get("objectType") == "SubStatement":
        back["object"] = as_it_comes_back(back["object"])
    context = back.get("context", {})
    if "contextActivities" in context:
        lists = {
            relation: found if isinstance(found, list) else [found]
            for relation, found in context["contextActivities"].items()
        }
        back["context"] = {**context, "contextActivities": lists}
    return back
