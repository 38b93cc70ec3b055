"""Drawing so that in a hundred people there are as many rehires as in every other hundred."""

from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """Deals its cards in random order, each once, before it is shuffled and any comes again.

    Unlike independent draws this makes sure that everything rare happens, however small the network is.
    """

    def __init__(self, random: Random, cards: Sequence[tuple[T, int]]) -> None:
        """``cards``: what to deal, and how often in one round."""
        self._random = random
        self._cards = [card for card, count in cards for _ in range(count)]
        self._next = len(self._cards)

    def deal(self) -> T:
        """The next card."""
        if self._next == len(self._cards):
            self._random.shuffle(self._cards)
            self._next = 0
        self._next += 1
        return self._cards[self._next - 1]
