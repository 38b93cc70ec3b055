"""Merging JSON documents (xAPI 1.0.3 Communication 2.2.s7; 2.0, 4.1.6.2)."""

from collections.abc import Mapping

import msgspec
from werkzeug.http import parse_options_header

from hub.errors import BadInput

JSON = "application/json"
_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_json(content_type: str) -> bool:
    """Whether a content type says JSON."""
    return parse_options_header(content_type)[0].lower() == JSON


def merge(existing: bytes, existing_type: str, posted: bytes, posted_type: str) -> bytes:
    """The existing object with the properties of the posted one, each as it was written. BadInput ``cannot_be_merged``."""
    for whose, type in (("existing document", existing_type), ("posted document", posted_type)):
        if not is_json(type):
            raise _cannot(f"The {whose} is not of the type {JSON}.")
    merged = {**read_object(existing, "existing document"), **read_object(posted, "posted document")}
    return msgspec.json.encode(merged)


def read_object(content: bytes, whose: str) -> Mapping[str, msgspec.Raw]:
    """The properties of a JSON object. BadInput ``cannot_be_merged`` for anything else."""
    try:
        content.decode("utf-8")
        return _decoder.decode(content)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        raise _cannot(f"The {whose} is not a JSON object.") from None


def _cannot(message: str) -> BadInput:
    return BadInput("cannot_be_merged", message, f"PUT replaces a document; POST merges objects of {JSON}.")
