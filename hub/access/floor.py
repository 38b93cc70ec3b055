"""Numbers about people whom the asker may not see one by one: nothing is told of fewer than ``floor`` people. Pure.

Two ways. A *table* of groups that add up to a total (reports): small groups are hidden, and enough others that the rest tells
nothing either. *Free questions* (any filter, one after the other): all sets that were ever told cut the people into pieces; a number is
told only if no piece becomes smaller than the floor. Whatever is worked out of the answers, by differences, complements or
sums of any number of them, is about whole pieces, so about at least ``floor`` people or nobody.
"""

from collections.abc import Hashable, Mapping
from typing import TypeVar

FLOOR = 5
Group = TypeVar("Group", bound=Hashable)
Piece = TypeVar("Piece", bound=Hashable)


def groups_to_hide(sizes: Mapping[Group, int], floor: int = FLOOR) -> set[Group]:
    """Which groups of a table are not told, where the total is: the small ones, and the next smallest until the hidden ones together
    are at least two and have ``floor`` people. Of equal ones the first. Groups of nobody are told: they are about nobody."""
    ordered = sorted((group for group, size in sizes.items() if size), key=lambda group: sizes[group])
    hidden = [group for group in ordered if sizes[group] < floor]
    for group in ordered[len(hidden) :]:
        if not hidden or (len(hidden) > 1 and sum(sizes[each] for each in hidden) >= floor):
            break
        hidden.append(group)
    return set(hidden)


def may_tell(inside: Mapping[Piece, int], sizes: Mapping[Piece, int], floor: int = FLOOR) -> bool:
    """Whether the size of a set may be told: ``inside`` is how many of each piece belong to it, of ``sizes`` in all.

    Each piece must be all outside, all inside, or be cut into two that both have ``floor`` people; a piece that was always smaller
    than that may only go in or stay out as a whole.
    """
    told = sum(inside.values())
    return (told == 0 or told >= floor) and all(
        part in (0, sizes[piece]) or min(part, sizes[piece] - part) >= floor for piece, part in inside.items()
    )
