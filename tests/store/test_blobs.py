"""Blobs in a folder and in S3: what lies under a key stays, comes back whole, and is on disk when ``put`` returns."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.config import Settings
from hub.errors import OutsideFailed
from hub.store.blobs import CHUNK, BlobStore
from tests.buckets import SECRET, new_bucket, s3_service

KEY = "attachments/01a2044f/abc"


def open_blobs(**settings: Any) -> BlobStore:
    return BlobStore(Settings(secret_key="only-for-tests-0123456789abcdefghij", **settings))


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a service that speaks S3, on loopback."""
    with s3_service() as endpoint:
        yield endpoint


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return open_blobs(storage_url=f"file:{tmp_path}/files")
    return open_bucket(request.getfixturevalue("s3"))


def open_bucket(endpoint: str, **settings: Any) -> BlobStore:
    """A new bucket, below a prefix."""
    return open_blobs(**new_bucket(endpoint) | settings)


@pytest.mark.parametrize(
    "content", [b"", b"\x00\r\n\xff", bytes(CHUNK * 3 + 1)], ids=["empty", "few", "many"]
)
def test_a_blob_comes_back_whole(blobs: BlobStore, content: bytes) -> None:
    assert blobs.put(KEY, memoryview(content)) is True
    assert blobs.get(KEY) == content
    assert b"".join(blobs.chunks(KEY)) == content
    assert blobs.size(KEY) == len(content)


def test_a_part_of_a_blob(blobs: BlobStore) -> None:
    content = bytes(n % 251 for n in range(CHUNK * 2 + 10))
    blobs.put(KEY, content)
    for start, stop in [(0, 1), (5, 5 + CHUNK), (CHUNK, None), (len(content) - 1, len(content))]:
        assert b"".join(blobs.chunks(KEY, start, stop)) == content[start:stop], (start, stop)


def test_what_is_there_stays(blobs: BlobStore) -> None:
    assert blobs.put(KEY, b"first") is True
    assert blobs.put(KEY, b"other") is False
    assert blobs.get(KEY) == b"first"


def test_what_is_not_there(blobs: BlobStore) -> None:
    assert blobs.get(KEY) is None
    assert blobs.size(KEY) is None
    with pytest.raises(OutsideFailed) as failed:
        list(blobs.chunks(KEY))
    assert (failed.value.code, failed.value.retryable) == ("blob_lost", False)
    blobs.delete(KEY)
    assert list(blobs.list_blobs()) == []


def test_deleted_and_listed(blobs: BlobStore) -> None:
    for key in ("attachments/a/1", "attachments/a/2", "attachments/b/1", "packages/a"):
        blobs.put(key, key.encode())
    blobs.delete("attachments/a/1")
    assert {found.key: found.size for found in blobs.list_blobs("attachments")} == {
        "attachments/a/2": 15,
        "attachments/b/1": 15,
    }
    assert {found.key for found in blobs.list_blobs()} == {"attachments/a/2", "attachments/b/1", "packages/a"}
    assert all(found.modified.tzinfo for found in blobs.list_blobs())


def test_check_leaves_nothing(blobs: BlobStore) -> None:
    blobs.check()
    assert list(blobs.list_blobs()) == []


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "a//b"])
def test_no_key_leads_outside(blobs: BlobStore, tmp_path: Path, key: str) -> None:
    with pytest.raises(OutsideFailed):
        blobs.put(key, b"x")
    assert not (tmp_path / "outside").exists()


def test_one_of_many_at_once_wins(blobs: BlobStore) -> None:
    won: list[int] = []

    def put(n: int) -> None:
        if blobs.put(KEY, str(n).encode()):
            won.append(n)

    threads = [threading.Thread(target=put, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blobs.get(KEY) == str(won[0]).encode()
    assert len(won) == 1


class TestFolder:
    def test_nothing_is_made_before_something_is_put(self, tmp_path: Path) -> None:
        blobs = open_blobs(storage_url=f"file:{tmp_path}/files")
        assert list(blobs.list_blobs()) == []
        assert not (tmp_path / "files").exists()

    def test_a_relative_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        blobs = open_blobs(storage_url="file:var/files")
        blobs.put(KEY, b"x")
        assert (tmp_path / "var" / "files" / KEY).read_bytes() == b"x"
        assert blobs.place == "var/files"

    def test_file_and_folders_are_on_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever loses power after ``put`` finds the bytes under their name."""
        synced: list[str] = []
        real = os.fsync

        def note(descriptor: int) -> None:
            synced.append(os.path.relpath(Path(f"/proc/self/fd/{descriptor}").readlink(), tmp_path))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        blobs = open_blobs(storage_url=f"file:{tmp_path}/files")
        blobs.put("a/b/1", b"x")
        assert synced == [".", "files/a/b/1", "files/a/b", "files/a", "files"]
        synced.clear()
        blobs.put("a/b/2", b"x")
        blobs.put("a/b/1", b"x")  # somebody else may have written it and not have come to this
        assert synced == ["files/a/b/2", "files/a/b", "files/a/b/1", "files/a/b"]
        synced.clear()
        blobs.put("a/c/1", b"x")
        assert synced == ["files/a/c/1", "files/a/c", "files/a"], "the name of the second folder too"
        synced.clear()
        blobs.put("a/c/d/e/1", b"x")
        assert synced == ["files/a/c/d/e/1", "files/a/c/d/e", "files/a/c/d", "files/a/c"]
        synced.clear()
        open_blobs(storage_url=f"file:{tmp_path}/far/away/files").put("1", b"x")
        assert synced == ["far/away", "far", ".", "far/away/files/1", "far/away/files"]

    def test_one_that_was_cut_off_is_written_again(self, tmp_path: Path) -> None:
        blobs = open_blobs(storage_url=f"file:{tmp_path}/files")
        blobs.put(KEY, b"whole")
        (tmp_path / "files" / KEY).write_bytes(b"who")
        assert blobs.put(KEY, b"whole") is False
        assert blobs.get(KEY) == b"whole"

    def test_a_file_in_place_of_the_folder(self, tmp_path: Path) -> None:
        (tmp_path / "files").write_text("not a folder")
        with pytest.raises(OutsideFailed, match="cannot be stored or read"):
            open_blobs(storage_url=f"file:{tmp_path}/files").check()


class TestS3:
    def test_keys_lie_below_the_prefix(self, s3: str) -> None:
        blobs = open_bucket(s3)
        blobs.put(KEY, b"x")
        whole = open_bucket(s3, storage_url=blobs.place.removesuffix("/below/here"))
        assert [found.key for found in whole.list_blobs()] == [f"below/here/{KEY}"]
        assert blobs.folder is None

    def test_no_such_bucket(self, s3: str) -> None:
        blobs = open_bucket(s3, storage_url="s3://nobody-made-this")
        with pytest.raises(OutsideFailed) as failed:
            blobs.check()
        assert "s3://nobody-made-this" in str(failed.value)
        assert SECRET not in str(failed.value)

    def test_a_service_that_is_down(self, s3: str) -> None:
        blobs = open_bucket(s3, storage_endpoint="http://127.0.0.1:9")
        with pytest.raises(OutsideFailed) as failed:
            blobs.size(KEY)
        assert failed.value.retryable
