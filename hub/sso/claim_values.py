"""Values that other systems tell about people, bounded: few, short, and texts that every database can keep."""

MAX_VALUES = 50
MAX_CHARACTERS = 1000


def plain_values(value: object) -> list[str]:
    """A text, a whole number or a list of such as texts; what is anything else, too long or not printable is left out."""
    values = value if isinstance(value, list) else [value]
    return [text for text in map(_text, values[:MAX_VALUES]) if text]


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else ""
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS or not value.isprintable():
        return ""
    return value.strip()
