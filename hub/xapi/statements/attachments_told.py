"""What a statement tells of its attachments (xAPI 1.0.3 Data 2.4.11)."""

from collections.abc import Collection, Iterator
from typing import Any

from msgspec import UNSET

from hub.errors import Problem
from hub.xapi.statements.statement import Attachment, Statement, SubStatement


def all_attachments(statement: Statement[Any], place: str) -> Iterator[tuple[str, Attachment]]:
    """The attachments of a statement and of its SubStatement, each with its place."""
    if statement.attachments is not UNSET:
        for index, attachment in enumerate(statement.attachments):
            yield f"{place}.attachments[{index}]", attachment
    if isinstance(statement.object, SubStatement) and statement.object.attachments is not UNSET:
        for index, attachment in enumerate(statement.object.attachments):
            yield f"{place}.object.attachments[{index}]", attachment


def unsent_files(statement: Statement[Any], place: str, files: Collection[str]) -> Iterator[Problem]:
    """Attachments must have an address or come with their bytes (1.0.3 Communication 1.5.1 and 1.5.2.s3.b5)."""
    for where, attachment in all_attachments(statement, place):
        if attachment.file_url is UNSET and attachment.sha2.lower() not in files:
            yield Problem("is missing, and no part of the request has this sha2", f"{where}.fileUrl")
