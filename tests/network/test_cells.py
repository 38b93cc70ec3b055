"""What may stand in a cell."""

import pytest

from hub.network.roster.files import FILES


def judge(column: str, text: str) -> str | None:
    """What the named column of a file says about a text."""
    file, _, name = column.partition(":")
    columns = next(f.columns for f in FILES if f.table == file)
    return next(c for c in columns if c.name == name).judge(text)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("people:person_id", "U-1/x y"),
        ("people:email", "lena.o'hara+hub@mail.riverside.example"),
        ("people:email", ""),
        ("people:given_name", ""),
        ("people:locale", "pt-BR"),
        ("people:locale", "zh-Hant-TW"),
        ("locations:time_zone", "America/Argentina/Buenos_Aires"),
        ("locations:country", "IT"),
        ("locations:opened", "2024-02-29"),
        ("locations:closed", "9999-12-31"),
        ("locations:closed", ""),
        ("appointments:valid_to", "9999-12-31"),
        ("nodes:valid_to", "9999-12-31"),
        ("partners:kinds", "make@2020-01-01/9999-12-31"),
        ("partners:kinds", "make;sell"),
        ("appointments:brands", ""),
        ("appointments:brands", "A;B"),
        ("nodes:dimension_id", "legal"),
    ],
)
def test_taken(column: str, text: str) -> None:
    assert judge(column, text) is None


@pytest.mark.parametrize(
    ("column", "text", "message"),
    [
        ("people:person_id", "", "is empty"),
        ("people:person_id", " U1", '" U1" holds a semicolon or begins or ends with a blank'),
        ("brands:brand_id", "A;B", '"A;B" holds a semicolon or begins or ends with a blank'),
        ("people:person_id", "U" * 81, "is longer than 80 characters"),
        ("people:family_name", "  ", "is blank"),
        ("people:email", "lena", "is not an e-mail address"),
        ("people:email", "Lena <lena@riverside.example>", "is not an e-mail address"),
        ("people:locale", "en_US", '"en_US" is not a language tag such as pt-BR'),
        (
            "people:locale",
            "en-abcdefgh-abcdefgh",
            '"en-abcdefgh-abcdefgh" is not a language tag such as pt-BR',
        ),
        ("locations:time_zone", "Rome", '"Rome" is not a time zone such as Europe/Rome'),
        ("locations:country", "Italy", '"Italy" is not a country code of two capital letters'),
        ("locations:opened", "2023-02-29", '"2023-02-29" is not a date (YYYY-MM-DD)'),
        ("locations:opened", "20230201", '"20230201" is not a date (YYYY-MM-DD)'),
        ("locations:opened", "01.02.2023", '"01.02.2023" is not a date (YYYY-MM-DD)'),
        ("locations:opened", "2023-W05-1", '"2023-W05-1" is not a date (YYYY-MM-DD)'),
        ("locations:opened", "1800-01-01", '"1800-01-01" is before 1900-01-01'),
        ("locations:opened", "9999-12-31", '"9999-12-31" is after 2199-12-31'),
        ("appointments:valid_from", "2200-01-01", '"2200-01-01" is after 2199-12-31'),
        ("appointments:valid_to", "9999-12-30", '"9999-12-30" is after 2199-12-31'),
        ("partners:kinds", "make@9999-12-31/", '"9999-12-31" is after 2199-12-31'),
        ("partners:kinds", "make;;sell", '"make;;sell" has an empty item'),
        ("partners:kinds", "make;make", '"make;make" names something twice'),
        ("partners:kinds", "make;buy", '"buy" is none of make, sell, service, distribute, supply, use'),
        ("appointments:audience_class", "Internal", '"Internal" is none of internal, external'),
        ("nodes:dimension_id", "general", '"general" is built in and has no nodes or representatives'),
        ("nodes:dimension_id", "Sales", '"Sales" is not made of lower case letters, digits and hyphens'),
        ("positions:family", "f" * 41, "is longer than 40 characters"),
    ],
)
def test_refused(column: str, text: str, message: str) -> None:
    assert judge(column, text) == message
