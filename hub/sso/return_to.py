"""Where a browser goes after signing in: a page of this hub, whatever was asked for."""

from urllib.parse import unquote

HOME = "/"
MAX_LENGTH = 1000
_NOT_AFTER_SIGN_IN = ("/sign-in", "/sign-out", "/signed-out", "/sso/")


def local_path(wanted: str | None) -> str:
    """``wanted`` when it is a path of this hub, else HOME. Nothing that a browser could read as another host passes."""
    if (
        not wanted
        or len(wanted) > MAX_LENGTH
        or not wanted.startswith("/")
        or wanted.startswith(_NOT_AFTER_SIGN_IN)
    ):
        return HOME
    # Browsers drop tabs and line ends and read a backslash as a slash; some proxies decode once more.
    path = unquote(unquote(wanted.partition("?")[0].partition("#")[0]))
    is_plain = wanted.isascii() and wanted.isprintable() and " " not in wanted and path.isprintable()
    return wanted if is_plain and "\\" not in wanted + path and "//" not in path else HOME
