"""All users' lists in one Parquet file: those of a search, whole or not there, and found only once."""

import os

import numpy as np
import pyarrow.parquet as parquet
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.exchange import pairs as module
from rankfold.exchange import write_pairs
from rankfold.search import Rows, Searcher
from rankfold.vectors import as_vectors


def made(text=False):
    rng = np.random.default_rng(0)
    ids = [f"item-{row}" for row in range(200)] if text else np.arange(200) + 1000
    table = compress(as_vectors(rng.standard_normal((200, 8)).astype(np.float32), ids), from_spec({"codec": "int8"}))
    users = as_vectors(rng.standard_normal((37, 8)).astype(np.float32), [f"u{row}" for row in range(37)] if text else np.arange(37) * 2)
    return Searcher(table.remove(table.ids[:1]), workers=1), users


class Counting:
    """A searcher that counts the queries it is asked, and may fail at one call."""

    def __init__(self, searcher, fail_at=None):
        self.searcher, self.fail_at, self.asked, self.calls = searcher, fail_at, 0, 0
        self.count, self.ids = searcher.count, searcher.ids

    def search(self, queries, k, **more):
        self.calls += 1
        if self.calls == self.fail_at:
            raise KeyboardInterrupt
        self.asked += len(queries)
        return self.searcher.search(queries, k, **more)


@pytest.mark.parametrize("text", [False, True])
def test_the_file_holds_the_lists_of_a_search(tmp_path, text):
    searcher, users = made(text)
    exclude, allow = Rows.from_lists([[row, row + 1] for row in range(37)]), np.arange(200) < 50
    allow[:] = allow | (np.arange(200) == 199)
    done = write_pairs(searcher, users, 7, tmp_path / "lists.parquet", exclude=exclude, allow=allow, block_users=10)
    assert (done.users, done.pairs, done.resumed) == (37, 37 * 7, 0)
    table = parquet.read_table(tmp_path / "lists.parquet")
    assert table.column_names == ["user", "item", "rank", "score"]
    ranking = searcher.search(users.read(), 7, exclude=exclude, allow=allow)
    plain = (lambda ids: [one.decode() for one in ids.ravel()]) if text else (lambda ids: ids.ravel().tolist())
    assert table["item"].to_pylist() == plain(searcher.ids(ranking))
    assert table["user"].to_pylist() == plain(np.repeat(users.ids, 7))
    assert table["rank"].to_pylist() == list(range(1, 8)) * 37
    np.testing.assert_array_equal(table["score"].to_numpy(), ranking.scores.ravel())
    assert os.listdir(tmp_path) == ["lists.parquet"]


def test_lists_that_filters_cut_short_hold_what_is_left(tmp_path):
    searcher, users = made()
    done = write_pairs(searcher, users, 9, tmp_path / "few.parquet", allow=np.arange(200) < 4)
    assert done.pairs == 37 * 3  # one of the four was removed


def test_a_stopped_run_goes_on_behind_the_last_finished_block(tmp_path):
    searcher, users = made()
    out = tmp_path / "lists.parquet"
    with pytest.raises(KeyboardInterrupt):
        write_pairs(Counting(searcher, fail_at=4), users, 7, out, block_users=10)
    assert os.listdir(tmp_path) == [".lists.parquet.parts"] and not out.exists()
    (tmp_path / ".lists.parquet.parts" / "000002.writing").write_bytes(b"half a block")
    again = Counting(searcher)
    done = write_pairs(again, users, 7, out, block_users=10)
    assert done.resumed == 20 and again.asked == 37 + 17  # the first users again, to know the table by, and those that were left
    write_pairs(searcher, users, 7, tmp_path / "whole.parquet")
    assert parquet.read_table(out).equals(parquet.read_table(tmp_path / "whole.parquet"))
    assert sorted(os.listdir(tmp_path)) == ["lists.parquet", "whole.parquet"]


def test_blocks_of_another_call_are_never_taken_over(tmp_path):
    searcher, users = made()
    out = tmp_path / "lists.parquet"
    with pytest.raises(KeyboardInterrupt):
        write_pairs(Counting(searcher, fail_at=3), users, 7, out, block_users=10)
    others = as_vectors(users.read() * np.float32(2), users.ids)
    for again in (
        lambda: write_pairs(searcher, users, 8, out, block_users=10),
        lambda: write_pairs(searcher, users, 7, out, block_users=11),
        lambda: write_pairs(searcher, others, 7, out, block_users=10),
        lambda: write_pairs(searcher, users, 7, out, block_users=10, exclude=Rows.from_lists([[1]] * 37)),
        lambda: write_pairs(searcher, users, 7, out, block_users=10, allow=np.arange(200) != 199),
    ):
        with pytest.raises(InputError, match="blocks of another table, other users or other settings"):
            again()
    assert not out.exists()


def test_what_cannot_be_written_is_refused_before_any_search(tmp_path):
    searcher, users = made()
    (tmp_path / "there.parquet").write_bytes(b"")
    for out in (tmp_path / "there.parquet", tmp_path / "nowhere" / "lists.parquet"):
        with pytest.raises(InputError, match="expected a new path in a folder"):
            write_pairs(Counting(searcher, fail_at=1), users, 3, out)
    with pytest.raises(InputError, match="lists for 2 of 37 users"):
        write_pairs(searcher, users, 3, tmp_path / "x.parquet", exclude=Rows.empty(2))


def test_a_full_disk_keeps_finished_blocks(tmp_path, monkeypatch):
    searcher, users = made()
    whole = module._write_part

    def full(path, *more):
        if path.name == "000002.parquet":
            raise OSError(28, "No space left on device")
        whole(path, *more)

    monkeypatch.setattr(module, "_write_part", full)
    with pytest.raises(ArtifactError, match="No space left.*finished blocks are kept"):
        write_pairs(searcher, users, 3, tmp_path / "x.parquet", block_users=10)
    monkeypatch.setattr(module, "_write_part", whole)
    assert write_pairs(searcher, users, 3, tmp_path / "x.parquet", block_users=10).resumed == 20
