"""Lets atheris look for a body that the parser cannot cope with: ``python -m tests.xapi.fuzz_parser CORPUS -max_total_time=600``.

Whatever comes in, the parser takes it or says why not; what it took can be written and is taken again as the same.
"""

import json
import random
import sys
import uuid
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["hub.xapi"]):
    from hub.errors import BadInput
    from hub.xapi.http.refusals import TooLarge
    from hub.xapi.http.versions import ApiVersion
    from hub.xapi.storing.incoming import Incoming, read_statements
    from hub.xapi.storing.multipart import check_boundary, split_multipart
    from hub.xapi.storing.payload import build_payload

from tests.xapi.parts import BOUNDARY, file_part, json_part, with_files, write_parts
from tests.xapi.refused import IN_BOTH
from tests.xapi.rig import changed, full_statement, statement, sub_statement

SET_BY_STORE = {"stored": "2026-05-04T09:00:00.000000Z", "authority": {"mbox": "mailto:store@example.com"}}
LARGEST = 20_000
LEAVES: list[Any] = [
    None,
    True,
    0,
    -1,
    1e300,
    2**70,
    "",
    "\ud800",
    "é",
    "Agent",
    "Group",
    "SubStatement",
    [],
    {},
]


def check(data: bytes) -> None:
    """One input. The first byte says which version, or that it is multipart."""
    if not data:
        return
    kind, body = data[0] % 3, data[1:]
    version = (ApiVersion.V1, ApiVersion.V2, None)[kind]
    refusal: BadInput | TooLarge | None = None
    taken: list[Incoming] = []
    try:
        if version is None:
            assert split_multipart(body, check_boundary(BOUNDARY))
        else:
            taken = read_statements(body, version)
    except (BadInput, TooLarge) as error:
        refusal = error
    if refusal:
        assert refusal.status in (400, 413)
        assert all(problem.message != "cannot be read" for problem in refusal.problems)
    if version is None:
        return
    for each in taken:
        stored = {"id": str(uuid.UUID(int=1)), **SET_BY_STORE} if each.id is None else SET_BY_STORE
        payload = build_payload(each, stored)
        (again,) = read_statements(payload, version)
        assert again.content_hash == each.content_hash


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Half of the time something else in the bytes, half of the time something else in the JSON."""
    dice = random.Random(seed)
    if dice.random() < 0.5 or not data or data[0] % 3 == 2:
        return bytes(atheris.Mutate(data, max_size))
    try:
        told = json.loads(data[1:])
    except (ValueError, RecursionError):
        return bytes(atheris.Mutate(data, max_size))
    _change(told, dice)
    return (data[:1] + json.dumps(told).encode("utf-8", "surrogatepass"))[:max_size]


def _change(told: Any, dice: random.Random) -> None:
    """Put something else at one place, take it away, or move there what stands elsewhere."""
    places = list(_places(told))
    if not places:
        return
    above, key = dice.choice(places)
    choice = dice.random()
    if choice < 0.4:
        above[key] = dice.choice(LEAVES)
    elif choice < 0.7:
        other, other_key = dice.choice(places)
        above[key] = json.loads(json.dumps(other[other_key]))
    elif isinstance(above, dict) and choice < 0.85:
        above[dice.choice(["id", "objectType", "member", "object", "extensions", "x"])] = above[key]
    else:
        del above[key]


def _places(told: Any) -> Any:
    if isinstance(told, dict | list):
        for key in list(told) if isinstance(told, dict) else range(len(told)):
            yield told, key
            yield from _places(told[key])


def write_seeds(folder: Path) -> None:
    """What to begin with: good statements of every kind, and every wrong one that other tests know."""
    good = [statement(), full_statement(), sub_statement(context=full_statement()["context"])]
    bodies = [json.dumps(each).encode() for each in good] + [json.dumps(good[:1] * 2).encode()]
    bodies += [json.dumps(changed(statement(), changes)).encode() for _, changes, _ in IN_BOTH]
    parts = write_parts([json_part(with_files(b"one")), file_part(b"one")])
    for n, body in enumerate(bodies):
        (folder / f"{n}-1").write_bytes(b"\x00" + body)
        (folder / f"{n}-2").write_bytes(b"\x01" + body)
    (folder / "multipart").write_bytes(b"\x02" + parts)


if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    write_seeds(corpus)
    atheris.Setup(
        [*sys.argv, f"-max_len={LARGEST}", "-timeout=20", "-rss_limit_mb=2000"], check, custom_mutator=mutate
    )
    atheris.Fuzz()
