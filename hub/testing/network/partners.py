"""The partner companies: the manufacturer, and the partners who make, sell, service, distribute, supply and use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from hub.testing.network.brands import MANUFACTURER, partner_names, trade_name
from hub.testing.network.days import day_text
from hub.testing.network.decks import Deck
from hub.testing.network.files import Row
from hub.testing.network.geography import Atlas, City
from hub.testing.network.sizes import Size, zipf_sizes

_DEALER = ("sell", "service")
_KINDS = [
    (_DEALER, 7),
    (("service",), 3),
    (("sell",), 2),
    (("distribute", "sell", "service"), 1),
    (("distribute",), 1),
    (("supply",), 1),
    (("supply", "distribute"), 1),
    (("use",), 1),
    (("use", "service"), 1),
]
# Partners of this many locations buy from the manufacturer directly.
_DIRECT = 50


@dataclass(frozen=True, slots=True, eq=False)
class Partner:
    """A partner: its relationship kinds, how many locations it owns, where it is at home, which brands it works with.

    ``short_name`` is the invented word that its locations are called after.
    """

    partner_id: str
    name: str
    short_name: str
    domain: str
    kinds: tuple[str, ...]
    locations: int
    home: City
    continent: str
    brands: tuple[str, ...]

    @property
    def is_manufacturer(self) -> bool:
        """Whether this is the company that runs the network: its people are internal there."""
        return "make" in self.kinds

    def row(self) -> Row:
        """Its row in partners.csv."""
        return self.partner_id, self.name, ";".join(self.kinds)


def invent_partners(size: Size, random: Random, atlas: Atlas, brands: Sequence[str]) -> list[Partner]:
    """The manufacturer, then the other partners from the largest to the smallest; the largest is a dealer group."""
    counts = zipf_sizes(size.locations - size.offices, size.partners - 1, size.zipf_exponent)
    kinds = Deck(random, _KINDS)
    words = partner_names(random)
    home = atlas.draw_cities(random, atlas.countries[1].code, 1)[0]
    domain = MANUFACTURER.lower().replace(" ", "-") + ".example"
    partners = [
        Partner(
            partner_id="P00001",
            name=MANUFACTURER,
            short_name=MANUFACTURER.split()[0],
            domain=domain,
            kinds=("make",),
            locations=size.offices,
            home=home,
            continent=atlas.continents[home.country],
            brands=tuple(brands),
        )
    ]
    for number, locations in enumerate(counts, 2):
        does = kinds.deal() if number > 2 else _DEALER
        word, spelled = next(words)
        home = atlas.draw_cities(random, atlas.draw_countries(random, 1)[0].code, 1)[0]
        brand_count = random.randint(1, 3) if locations < 5 else random.randint(3, 6)
        partners.append(
            Partner(
                partner_id=f"P{number:05d}",
                name=f"{word} {trade_name(random, does)}",
                short_name=word,
                domain=f"{spelled}.example",
                kinds=does,
                locations=locations,
                home=home,
                continent=atlas.continents[home.country],
                brands=tuple(random.sample(brands, brand_count)),
            )
        )
    return partners


class Links:
    """Who supplies whom: suppliers, the manufacturer, distributors, dealers and workshops, and their customers."""

    def __init__(self, partners: Sequence[Partner], random: Random, today: int) -> None:
        self._random = random
        self._today = today
        self._manufacturer, *self._others = partners
        self._distributors = [partner for partner in self._others if "distribute" in partner.kinds]
        self._dealers = [partner for partner in self._others if "sell" in partner.kinds]

    def rows(self) -> Iterator[Row]:
        """The rows of partner_links.csv; some partners have changed their upstream partner, on one day."""
        for partner in self._others:
            if "supply" in partner.kinds:
                yield from self._supplies(partner)
            yield from self._buys(partner)

    def _supplies(self, supplier: Partner) -> Iterator[Row]:
        yield self._row(supplier, self._manufacturer, "supplier", self._some_day(), None)
        if self._random.random() < 0.5:
            customer = self._random.choice(self._dealers)
            yield self._row(supplier, customer, "supplier", self._some_day(), None)

    def _buys(self, partner: Partner) -> Iterator[Row]:
        upstream = self._upstream(partner)
        if upstream is None:
            return
        since = self._some_day()
        if upstream is not self._manufacturer and self._random.random() < 0.25:
            before = since - self._random.randint(400, 2000)
            yield self._row(self._manufacturer, partner, "distributor", before, since)
        yield self._row(upstream, partner, "distributor", since, None)

    def _upstream(self, partner: Partner) -> Partner | None:
        if "distribute" in partner.kinds or partner.locations >= _DIRECT:
            return self._manufacturer
        if "use" in partner.kinds:
            return self._near(self._dealers, partner) or self._dealers[0]
        if "sell" in partner.kinds or "service" in partner.kinds:
            return self._near(self._distributors, partner) or self._manufacturer
        return None

    def _near(self, candidates: Sequence[Partner], partner: Partner) -> Partner | None:
        """One of the same country, or else of the same continent."""
        for same in (
            [c for c in candidates if c.home.country == partner.home.country],
            [c for c in candidates if c.continent == partner.continent],
        ):
            if same:
                return self._random.choice(same)
        return None

    def _some_day(self) -> int:
        return self._today - self._random.randint(100, 4000)

    def _row(self, upstream: Partner, downstream: Partner, kind: str, start: int, end: int | None) -> Row:
        return upstream.partner_id, downstream.partner_id, kind, day_text(start), day_text(end)
