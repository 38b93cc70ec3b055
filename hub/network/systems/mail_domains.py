"""Domains of e-mail addresses: how they are spelled, and which belong to nobody in particular. Rules without a database."""

import re

MAX_DOMAIN = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PUBLIC = frozenset(
    [
        "126.com",
        "163.com",
        "aol.com",
        "att.net",
        "bigpond.com",
        "bk.ru",
        "bluewin.ch",
        "btinternet.com",
        "comcast.net",
        "cox.net",
        "daum.net",
        "duck.com",
        "email.cz",
        "fastmail.com",
        "fastmail.fm",
        "free.fr",
        "freenet.de",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "gmx.de",
        "gmx.fr",
        "gmx.net",
        "googlemail.com",
        "hanmail.net",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.es",
        "hotmail.fr",
        "hotmail.it",
        "hushmail.com",
        "icloud.com",
        "inbox.lv",
        "inbox.ru",
        "interia.pl",
        "laposte.net",
        "libero.it",
        "list.ru",
        "live.co.uk",
        "live.com",
        "live.de",
        "live.fr",
        "live.nl",
        "mac.com",
        "mail.com",
        "mail.ru",
        "mailbox.org",
        "me.com",
        "msn.com",
        "naver.com",
        "o2.pl",
        "onet.pl",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.es",
        "outlook.fr",
        "outlook.it",
        "pm.me",
        "posteo.de",
        "proton.me",
        "protonmail.ch",
        "protonmail.com",
        "qq.com",
        "rambler.ru",
        "rediffmail.com",
        "rocketmail.com",
        "runbox.com",
        "seznam.cz",
        "sfr.fr",
        "sina.com",
        "sky.com",
        "sohu.com",
        "t-online.de",
        "telia.com",
        "tiscali.it",
        "tuta.com",
        "tuta.io",
        "tutanota.com",
        "ukr.net",
        "verizon.net",
        "virgilio.it",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "ya.ru",
        "yahoo.ca",
        "yahoo.co.in",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.com.br",
        "yahoo.de",
        "yahoo.es",
        "yahoo.fr",
        "yahoo.it",
        "yandex.com",
        "yandex.ru",
        "yeah.net",
        "ymail.com",
        "zoho.com",
    ]
)
"""Where anybody can have an address: no partner can prove that its people alone are there."""


def ascii_domain(text: str) -> str:
    """A domain in lower case as the DNS has it (RFC 5890: ``müller.example`` is ``xn--mller-kva.example``).

    Empty for what is no domain of an e-mail address; one label alone, an address in numbers and a port are none.
    """
    text = text.strip().strip(".").lower()
    try:
        domain = text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        return ""
    labels = domain.split(".")
    if len(domain) > MAX_DOMAIN or len(labels) < 2 or labels[-1].isdecimal():
        return ""
    return domain if all(_LABEL.fullmatch(label) for label in labels) else ""


def is_public(domain: str) -> bool:
    """Whether anybody can have an address there."""
    return domain in PUBLIC
