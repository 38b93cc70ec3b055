"""What a credential may be allowed, in the words of xAPI 1.0.3 Communication 4.2, and what each word opens."""

from collections.abc import Iterable, Mapping

WRITE = "statements/write"
READ_MINE = "statements/read/mine"
READ = "statements/read"
STATE = "state"
DEFINE = "define"
PROFILE = "profile"
ALL_READ = "all/read"
ALL = "all"

WORDS: Mapping[str, str] = {
    WRITE: "Send statements",
    READ_MINE: "Read the statements of its own connection",
    READ: "Read the statements of every connection of the same partner",
    STATE: "Keep and read state documents",
    PROFILE: "Keep and read activity and agent profiles",
    DEFINE: "Describe activities: their names and definitions are taken over from its statements",
    ALL_READ: "Read everything: the partner's statements, and the connection's documents",
    ALL: "Everything",
}
"""What each scope allows, for people, in the order in which they are shown."""
SCOPES = frozenset(WORDS)

MAY_WRITE = frozenset({WRITE, ALL})
MAY_READ = frozenset({READ_MINE, READ, ALL_READ, ALL})
MAY_READ_PARTNER = frozenset({READ, ALL_READ, ALL})
"""Statements of every connection of the same partner; with READ_MINE alone, those of the own connection."""
MAY_STATE = frozenset({STATE, ALL})
MAY_READ_STATE = MAY_STATE | {ALL_READ}
MAY_PROFILE = frozenset({PROFILE, ALL})
MAY_READ_PROFILE = MAY_PROFILE | {ALL_READ}
MAY_DEFINE = frozenset({DEFINE, ALL})
"""Whose statements change what the store says of an activity or agent; of others the statement alone is kept."""
MAY_LOOK_UP = MAY_READ | {STATE, PROFILE, DEFINE}
"""GET on activities and agents: what is said of a thing whose id one has."""

_IMPLIED: Mapping[str, frozenset[str]] = {
    READ: frozenset({READ_MINE}),
    ALL_READ: frozenset({READ, READ_MINE}),
    ALL: SCOPES,
}


def with_implied(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with the narrower ones that they stand for as well: an access token may be asked for with those."""
    given = frozenset(scopes)
    return given.union(*(_IMPLIED.get(scope, frozenset()) for scope in given))


def in_order(scopes: Iterable[str]) -> list[str]:
    """The known ones among some scopes, in the order of WORDS."""
    given = set(scopes)
    return [scope for scope in WORDS if scope in given]
