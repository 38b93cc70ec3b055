"""A service on loopback that speaks S3, and buckets in it."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from moto.server import ThreadedMotoServer

from hub.ids import new_id

SECRET = "not-told-to-anybody"


@contextmanager
def s3_service() -> Iterator[str]:
    """Serve on a free port; the address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def new_bucket(endpoint: str) -> dict[str, str]:
    """The settings of a hub whose files lie in a bucket of its own, below a prefix."""
    bucket = f"hub-{new_id()}"
    assert requests.put(f"{endpoint}/{bucket}", timeout=10).ok
    return {
        "storage_url": f"s3://{bucket}/below/here",
        "storage_endpoint": endpoint,
        "storage_key": "a-key",
        "storage_secret": SECRET,
    }
