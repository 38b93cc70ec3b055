"""What a name is. Names lead nowhere: no rule, goal or right follows one, so calling things something else changes nothing else (I15)."""

from hub.errors import BadInput, Problem

MAX_NAME = 200


def clean_name(name: str) -> str:
    """A name on one line; BadInput ``bad_name`` for none, for too long a one and for what cannot be printed."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        problem = Problem(f"needs 1 to {MAX_NAME} characters", "name")
        raise BadInput("bad_name", "This is not a name.", f"Enter at most {MAX_NAME} characters.", [problem])
    return name
