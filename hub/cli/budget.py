"""How many bytes of bodies a web process holds at a time, in memory and in temporary files, whoever sent them."""


class Budget:
    """So many bytes may be held. For the event loop alone: no locks."""

    def __init__(self, most: int) -> None:
        self.most, self.held = most, 0

    def claim(self) -> "Claim":
        """What one request holds; with ``with``, it is given back at the end."""
        return Claim(self)


class Claim:
    """The part of the budget that one request holds. ``refused``: it wanted more than there was, and holds nothing now."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._held, self.refused = budget, 0, False

    def take(self, size: int) -> bool:
        """Hold so many bytes more, if there is room; once refused, a claim stays refused."""
        if self.refused or self._budget.held + size > self._budget.most:
            self.refused = True
            self._give_back()
            return False
        self._budget.held += size
        self._held += size
        return True

    def __enter__(self) -> "Claim":
        return self

    def __exit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self._budget.held -= self._held
        self._held = 0
