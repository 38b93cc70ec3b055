"""Building the bitmaps, whole, from the tables of the network.

Each appointment that is not over has a number: people are numbered from 0 in the order of their ids, and the appointments of a
person lie in layers, so that number = layer * LAYER + person. Two conditions on the same appointment are the intersection of two
bitmaps, and the people of appointments are the union of the layers.

Parts: ``all``; ``position``, ``brand`` and ``class`` by id or name, as bitmaps. ``begins``
and ``ends`` by day in UTC, and ``location``, as plain numbers of 4 bytes: there are many of them, and several are read at once.
``people`` and ``hash`` have the ids of CHUNK people each, 16 bytes, and 8 bytes that stand for each of them.
"""

import sys
from array import array

import sqlalchemy as sa
from pyroaring import BitMap

from hub.audiences.counting.tables import appointment_map, appointment_map_state
from hub.journal import CHANGES
from hub.store import UnitOfWork

LAYER = 1 << 24
LAYERS = 127
CHUNK = 1 << 16
_LOCK = 0x6D617073
_MEMORY = "SET LOCAL work_mem = '192MB'"
_NUMBERED = """
CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
SELECT counted.*, layer * 16777216 + person AS number FROM (
  SELECT row_number() OVER (PARTITION BY person_id ORDER BY id) - 1 AS layer,
         dense_rank() OVER (ORDER BY person_id) - 1 AS person,
         id, person_id, location_id, position_id, audience_class,
         to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS begins,
         to_char(valid_to AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS ends
  FROM appointment WHERE valid_to IS NULL OR valid_to > %s) counted"""
_SIZE = "SELECT coalesce(max(layer), -1) + 1, coalesce(max(person), -1) + 1 FROM numbered"
_PLAIN = """
INSERT INTO appointment_map (part, value, body)
SELECT 'location', location_id::text, string_agg(int4send(number::int), ''::bytea) FROM numbered GROUP BY location_id
UNION ALL SELECT 'begins', begins, string_agg(int4send(number::int), ''::bytea) FROM numbered GROUP BY begins
UNION ALL SELECT 'ends', ends, string_agg(int4send(number::int), ''::bytea) FROM numbered WHERE ends IS NOT NULL GROUP BY ends
"""
_OF_PEOPLE = """
INSERT INTO appointment_map (part, value, body)
SELECT what, chunk, body FROM (
  SELECT lpad((person / 65536)::text, 6, '0') AS chunk,
         string_agg(uuid_send(person_id), ''::bytea ORDER BY person) AS ids,
         string_agg(int8send(uuid_hash_extended(person_id, 0)), ''::bytea ORDER BY person) AS hashes
  FROM numbered WHERE layer = 0 GROUP BY person / 65536) chunks,
LATERAL (VALUES ('people', ids), ('hash', hashes)) AS told(what, body)"""
_BITMAPS = {
    "all": "SELECT 'all', string_agg(int4send(number::int), ''::bytea) FROM numbered",
    "class": "SELECT audience_class, string_agg(int4send(number::int), ''::bytea) FROM numbered GROUP BY 1",
    "position": "SELECT position_id::text, string_agg(int4send(number::int), ''::bytea) FROM numbered GROUP BY position_id",
    "brand": "SELECT brand_id::text, string_agg(int4send(number::int), ''::bytea) FROM numbered"
    " JOIN appointment_brand ON appointment_id = numbered.id GROUP BY brand_id",
}


def build_maps(uow: UnitOfWork) -> bool:
    """Build all bitmaps anew; False when another worker is at it, or the network is beyond what numbers can say.

    What is read are committed rows, of several instants: who was changed after the position that was noted first is known to be,
    and looked at otherwise.
    """
    if not uow.connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))):
        return False
    position = CHANGES.safe_position(uow)
    uow.connection.exec_driver_sql(_MEMORY)
    uow.connection.exec_driver_sql(_NUMBERED, (uow.now,))
    uow.connection.exec_driver_sql("ANALYZE numbered")
    layers, people = uow.connection.exec_driver_sql(_SIZE).one()
    uow.connection.execute(sa.delete(appointment_map))
    uow.connection.execute(sa.delete(appointment_map_state))
    if layers > LAYERS or people > LAYER:
        return False
    uow.connection.exec_driver_sql(_PLAIN)
    uow.connection.exec_driver_sql(_OF_PEOPLE)
    for part, query in _BITMAPS.items():
        found = uow.connection.exec_driver_sql(query)
        rows = [
            {"part": part, "value": value, "body": serialized(numbers)} for value, numbers in found if numbers
        ]
        uow.execute_many(sa.insert(appointment_map), rows)
    state = {"id": 1, "position": position, "built_at": uow.now, "layers": layers, "people": people}
    uow.connection.execute(sa.insert(appointment_map_state).values(state))
    uow.connection.exec_driver_sql("DROP TABLE numbered")
    return True


def serialized(numbers: bytes) -> bytes:
    """A bitmap to keep, of numbers as PostgreSQL sends them."""
    bitmap = BitMap(numbers_of(numbers))
    bitmap.run_optimize()
    return bitmap.serialize()


def numbers_of(sent: bytes) -> "array[int]":
    """Numbers of four bytes, the highest first."""
    numbers = array("I", sent)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
