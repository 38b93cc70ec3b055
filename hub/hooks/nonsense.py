"""Whether a text of a plugin can be kept and shown, before anybody tries."""


def problem_of_text(value: object, longest: int) -> str | None:
    """What is wrong with a text that shall have 1 to ``longest`` characters, or None.

    PostgreSQL keeps no NUL, and what is no Unicode cannot be sent: either would end the unit that also has the work of others in it.
    """
    if type(value) is not str:
        return f"is {type(value).__name__}, not a text"
    if not value.strip():
        return "is empty"
    if len(value) > longest:
        return f"has {len(value):,} characters, more than {longest:,}"
    if "\0" in value or not _is_unicode(value):
        return "has characters that are none"
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
