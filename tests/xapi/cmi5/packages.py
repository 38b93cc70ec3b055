"""Course packages for tests, written as a publisher would."""

import io
import zipfile
from collections.abc import Mapping

NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
COURSE = "https://publisher.example/brakes"
AU = f"{COURSE}/au"


def texts(title: str) -> str:
    """Title and description in two languages."""
    return (
        f'<title><langstring lang="en-US">{title}</langstring>'
        f'<langstring lang="de-DE">{title} (deutsch)</langstring></title>'
        f'<description><langstring lang="en-US">About {title}.</langstring></description>'
    )


def au(
    name: str = "au", title: str = "Brakes", url: str = "index.html", inside: str = "", **attributes: str
) -> str:
    """An AU element; ``inside`` follows its URL."""
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<au id="{COURSE}/{name}"{given}>{texts(title)}<url>{url}</url>{inside}</au>'


def block(name: str, *inside: str) -> str:
    """A block element."""
    return f'<block id="{COURSE}/{name}">{texts(name.capitalize())}{"".join(inside)}</block>'


def course(*parts: str, title: str = "Brake systems", id: str = COURSE, extra: str = "") -> bytes:
    """A cmi5.xml; ``extra`` stands at its end."""
    inside = "\n".join(parts) or au(moveOn="CompletedOrPassed")
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<courseStructure xmlns="{NAMESPACE}">\n'
        f'<course id="{id}">{texts(title)}</course>\n{inside}\n{extra}</courseStructure>\n'
    ).encode()


def package(xml: bytes | None = None, files: Mapping[str, bytes] | None = None) -> bytes:
    """A zip file with a cmi5.xml and content."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cmi5.xml", xml if xml is not None else course())
        for name, body in (files if files is not None else {"index.html": b"<h1>Brakes</h1>"}).items():
            archive.writestr(name, body)
    return content.getvalue()
