"""The locations of the partners, and which brands each of them sells, services, keeps parts for, makes or uses."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from hub.testing.network.days import day_text
from hub.testing.network.decks import Deck
from hub.testing.network.files import Row
from hub.testing.network.geography import Atlas, City
from hub.testing.network.partners import Partner

ACTIVITIES = ("sell", "service", "parts", "make", "use")
_ACTIVITIES_OF_KIND = {
    "make": {"make"},
    "sell": {"sell"},
    "service": {"service", "parts"},
    "distribute": {"parts"},
    "supply": {"make"},
    "use": {"use"},
}
_ALL = frozenset(ACTIVITIES)
_NEAR = 12
_NATIONAL = 80


class BrandSpan(NamedTuple):
    """A brand at a location in one activity, from day to day; no end means it is still there."""

    brand_id: str
    activity: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Location:
    """A place where a partner works. At least one brand is there in all its activities for all its life."""

    location_id: str
    partner: Partner
    name: str
    city: City
    opened: int
    closed: int | None
    brands: tuple[BrandSpan, ...]

    def row(self) -> Row:
        """Its row in locations.csv."""
        city, partner_id = self.city, self.partner.partner_id
        days = day_text(self.opened), day_text(self.closed)
        return self.location_id, partner_id, self.name, city.name, city.country, city.time_zone, *days

    def brand_rows(self) -> list[Row]:
        """Its rows in location_brands.csv."""
        return [
            (self.location_id, span.brand_id, span.activity, day_text(span.start), day_text(span.end))
            for span in self.brands
        ]


class Placing:
    """Places the locations of one partner after the other; neighbors in the list are neighbors on the map."""

    def __init__(self, random: Random, atlas: Atlas, today: int) -> None:
        self._random = random
        self._atlas = atlas
        self._today = today
        self._count = 0
        self._formats = Deck(
            random,
            [
                (_ALL, 6),
                (frozenset({"sell"}), 1),
                (frozenset({"service", "parts"}), 2),
                (_ALL - {"parts"}, 1),
            ],
        )
        self._closes = Deck(random, [(True, 1), (False, 59)])
        # A location may sell brands A and B and yet service only A.
        self._further_brands = Deck(
            random, [(_ALL, 5), (frozenset({"sell"}), 3), (frozenset({"service", "parts"}), 2)]
        )
        self._spans = Deck(random, [("always", 8), ("added later", 1), ("given up", 1)])

    def place(self, partner: Partner) -> list[Location]:
        """All locations of the partner."""
        seen: Counter[City] = Counter()
        locations = []
        for city in sorted(self._cities(partner), key=lambda c: (c.country, c.area, c.latitude, c.longitude)):
            seen[city] += 1
            nth = f" {seen[city]}" if seen[city] > 1 else ""
            opened, closed = self._life(partner)
            self._count += 1
            locations.append(
                Location(
                    location_id=f"L{self._count:06d}",
                    partner=partner,
                    name=f"{partner.short_name} {city.name}{nth}",
                    city=city,
                    opened=opened,
                    closed=closed,
                    brands=tuple(self._brands(partner, opened, closed)),
                )
            )
        return locations

    def _cities(self, partner: Partner) -> list[City]:
        """Small partners stay near home, larger ones cover their country, the largest several countries."""
        count, home = partner.locations, partner.home
        if partner.is_manufacturer:
            codes = [country.code for country in self._atlas.draw_countries(self._random, count - 1)]
            places = [
                self._atlas.draw_cities(self._random, codes[n % len(codes)], 1)[0] for n in range(count - 1)
            ]
            return [home, *places]
        if count <= _NEAR:
            return [home, *self._atlas.draw_cities_near(self._random, home, count - 1)]
        if count <= _NATIONAL:
            return self._atlas.draw_cities(self._random, home.country, count)
        abroad = self._atlas.draw_countries(self._random, 1 + (count // _NATIONAL).bit_length())
        codes = [home.country, *(country.code for country in abroad if country.code != home.country)]
        shares = [1 / rank for rank in range(1, len(codes) + 1)]
        counts = Counter(self._random.choices(codes, weights=shares, k=count))
        return [city for code in codes for city in self._atlas.draw_cities(self._random, code, counts[code])]

    def _life(self, partner: Partner) -> tuple[int, int | None]:
        if partner.is_manufacturer:
            return self._today - self._random.randint(2_000, 12_000), None
        opened = self._today - self._random.randint(120, 10_000)
        if partner.locations > 1 and self._closes.deal():
            closed = self._today - self._random.randint(20, 700)
            return min(opened, closed - 500), closed
        return opened, None

    def _activities(self, partner: Partner) -> frozenset[str]:
        activities = frozenset().union(*(_ACTIVITIES_OF_KIND[kind] for kind in partner.kinds))
        if partner.locations > 1 and {"sell", "service"} <= activities:
            return activities & self._formats.deal()
        return activities

    def _brands(self, partner: Partner, opened: int, closed: int | None) -> Iterator[BrandSpan]:
        activities = self._activities(partner)
        for brand, does, (start, end) in self._presence(partner, opened, closed):
            for activity in ACTIVITIES:
                if activity in activities & does or (activity in activities and not activities & does):
                    yield BrandSpan(brand, activity, start, end)

    def _presence(
        self, partner: Partner, opened: int, closed: int | None
    ) -> Iterator[tuple[str, frozenset[str], tuple[int, int | None]]]:
        """The brands of one location: the first in everything it does, the others perhaps in less or for less long."""
        if partner.is_manufacturer:
            yield from ((brand, _ALL, (opened, closed)) for brand in partner.brands)
            return
        count = min(len(partner.brands), self._random.choice((1, 2, 2, 3, 3, 4)))
        first, *others = self._random.sample(partner.brands, count)
        yield first, _ALL, (opened, closed)
        for brand in others:
            yield brand, self._further_brands.deal(), self._span(opened, closed)

    def _span(self, opened: int, closed: int | None) -> tuple[int, int | None]:
        span, last = self._spans.deal(), closed or self._today
        middle = self._random.randint(opened + 1, last - 1)
        if span == "added later":
            return middle, closed
        if span == "given up":
            return opened, middle
        return opened, closed
