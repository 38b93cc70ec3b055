"""What a look-up of a domain's record found wrong, in words, and what to do."""

from collections.abc import Mapping

PROBLEMS: Mapping[str, tuple[str, str]] = {
    "no_record": (
        "There is no such record yet.",
        "Add it where your company's DNS is managed. It can take up to an hour until everybody sees it.",
    ),
    "wrong_record": (
        "There is a record, but it says something else.",
        "Compare it with the value letter by letter. A record that another connection needs may stay beside it.",
    ),
    "dns_failed": (
        "The DNS did not answer.",
        "Try again in a minute. If it stays like that, ask whoever runs the DNS of the domain.",
    ),
}
