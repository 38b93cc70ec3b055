"""The brands of the network, all invented, and the names of its partners, invented too."""

from collections.abc import Iterator, Sequence
from random import Random

BRANDS: Sequence[str] = (
    "Avelora",
    "Brundvik",
    "Corvantis",
    "Dravello",
    "Elmarique",
    "Fenwarra",
    "Galtrix",
    "Halvonne",
    "Ilvaroso",
    "Jorvane",
    "Kelmoran",
    "Lunvarde",
    "Mordelle",
    "Norvanta",
    "Ostrelva",
    "Pelkanto",
    "Quorvena",
    "Ravostane",
    "Solvigar",
    "Torvegan",
    "Ulmeska",
    "Varrontide",
    "Wendarok",
    "Yelvanta",
)
MANUFACTURER = "Orvantis Works"

_BEGINNINGS, _MIDDLES, _ENDINGS = (
    syllables.split()
    for syllables in (
        "Tar Os Bel Mar Vel Kor Fen Hal Dor Lum Nor Pel Quen Ral Sol Tov Ul Var Wen Yar Zel Ambr Brin Drev Gren Hov Ist",
        "a e i o u ava eli ori una ame evo ila osa ura",
        "rek vin mark dell stad ven lund gard ric nau wick dane holt vale tor nex brook dal mir tis",
    )
)
_TRADES = {
    "sell": ("Motors", "Group", "Automobiles", "House", "Retail"),
    "service": ("Service", "Workshops", "Garage", "Care"),
    "distribute": ("Distribution", "Trading", "Imports", "Logistics"),
    "supply": ("Components", "Systems", "Industries", "Parts"),
    "use": ("Fleet", "Transport", "Deliveries", "Rentals"),
}


def partner_names(random: Random) -> Iterator[tuple[str, str]]:
    """Invented names without end, none twice, as (written, spelled for a domain)."""
    used: set[str] = set()
    while True:
        word = random.choice(_BEGINNINGS) + random.choice(_MIDDLES) + random.choice(_ENDINGS)
        if word not in used:
            used.add(word)
            yield word, word.lower()


def trade_name(random: Random, kinds: Sequence[str]) -> str:
    """The second word of a partner's name, after what it does first of all."""
    return random.choice(_TRADES[kinds[0]])
