"""Course packages: a zip file with cmi5.xml at its root and the content of the AUs, or cmi5.xml alone (cmi5, section 14)."""

import hashlib
import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from hub.errors import Problem
from hub.xapi.cmi5 import course_xml
from hub.xapi.cmi5.course_xml import refused
from hub.xapi.cmi5.read_structure import MAX_PROBLEMS, read_structure
from hub.xapi.cmi5.structure import CourseStructure
from hub.xapi.cmi5.zip_entries import count_entries

MAX_PACKAGE = 200 * 1024 * 1024
MAX_FILE = 100 * 1024 * 1024
MAX_UNPACKED = 1024 * 1024 * 1024
MAX_FILES = 20_000
MAX_NAME = 500
COURSE_FILE = "cmi5.xml"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Package:
    """A package that was read and found right. ``hash`` covers names and contents, not how they are packed."""

    structure: CourseStructure
    hash: str
    content: bytes
    names: tuple[str, ...]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file with its content, one at a time."""
        if not self.names:
            yield COURSE_FILE, self.content
            return
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            for name in self.names:
                yield name, _read(archive, archive.getinfo(name))


def read_package(content: bytes) -> Package:
    """Check a package whole. BadInput ``bad_course`` with every problem and its place: a file, or line and element."""
    if len(content) > MAX_PACKAGE:
        raise refused(Problem(f"is larger than {MAX_PACKAGE // 1024 // 1024} MB", "package"))
    if not content.startswith(b"PK"):
        return Package(read_structure(content), hashlib.sha256(content).hexdigest(), content, ())
    if count_entries(content) > MAX_FILES:
        raise refused(Problem(f"holds more than {MAX_FILES} files and folders", "package"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _read_archive(archive, content)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError, ValueError) as error:
        raise refused(Problem(f"is a damaged zip file: {error}", "package")) from None


def _read_archive(archive: zipfile.ZipFile, content: bytes) -> Package:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    problems = [*_of_archive(infos), *(p for info in infos for p in _of_entry(info))]
    if problems:
        raise refused(*problems[:MAX_PROBLEMS])
    total = hashlib.sha256()
    for info in sorted(infos, key=lambda info: info.filename):
        total.update(f"{info.filename}\0{hashlib.sha256(_read(archive, info)).hexdigest()}\n".encode())
    names = tuple(sorted(info.filename for info in infos))
    structure = read_structure(_read(archive, archive.getinfo(COURSE_FILE)), frozenset(names))
    return Package(structure, total.hexdigest(), content, names)


def _of_archive(infos: list[zipfile.ZipInfo]) -> Iterator[Problem]:
    names = [info.filename for info in infos]
    if COURSE_FILE not in names:
        yield Problem(f"has no file {COURSE_FILE} at its root", "package")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        yield Problem(f"unpacks to more than {MAX_UNPACKED // 1024 // 1024} MB", "package")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem("stands in the package twice", _shown(name))
        seen.add(name)


def _of_entry(info: zipfile.ZipInfo) -> Iterator[Problem]:
    name = info.filename
    limit = course_xml.MAX_BYTES if name == COURSE_FILE else MAX_FILE
    parts = name.split("/")
    is_plain = not any(part in {"", ".", ".."} for part in parts) and "\\" not in name and ":" not in parts[0]
    if not is_plain or len(name) > MAX_NAME or not name.isprintable():
        yield Problem("is no plain relative name of a file", _shown(name))
    if info.file_size > limit:
        yield Problem(f"is larger than {limit // 1024 // 1024} MB", _shown(name))
    if info.flag_bits & 0x1:
        yield Problem("is encrypted", _shown(name))
    if info.compress_type not in _METHODS:
        yield Problem("is packed in a way other than stored or deflated", _shown(name))
    if stat.S_ISLNK(info.external_attr >> 16):
        yield Problem("is a link", _shown(name))


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """The content. No more than the size that the package declares is ever unpacked, and that was checked."""
    with archive.open(info) as file:
        content = file.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise zipfile.BadZipFile(f"{_shown(info.filename)} has not the size it declares")
    return content


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:200])
