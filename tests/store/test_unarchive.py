import json
import math
import os
import struct
import sys
from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from rankfold.calibration import Calibration
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.store import ArtifactWriter, archive, load, open_archive, restore, save, verify
from rankfold.store.archivefile import PREFIX_BYTES, check_head, plan_bytes, prefix_bytes, read_prefix
from rankfold.vectors import as_vectors

ROWS, DIM = 9_000, 16


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table of three segments over several blocks each, and its archive."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(ROWS, DIM)).astype(np.float32)
    ids = rng.permutation(1 << 20)[:ROWS]
    table = compress(as_vectors(x[:5_000], ids[:5_000]), from_spec({"codec": "normed", "inner": {"codec": "pq", "groups": 8}}), norms="raw")
    table = table.add(as_vectors(x[5_000:5_001], ids[5_000:5_001])).add(as_vectors(x[5_001:], ids[5_001:])).remove(ids[[3, 5_000, 8_999]])
    folder = tmp_path_factory.mktemp("archive")
    return table, archive(save(table, folder / "store", note="large"), folder / "items.rfa").path


def same(found, expected):
    assert np.array_equal(found.ids, expected.ids) and found.ids.dtype == expected.ids.dtype
    assert np.array_equal(found.decode(), expected.decode())
    assert (found.alive is None) == (expected.alive is None)
    assert found.alive is None or np.array_equal(found.alive, expected.alive)
    assert (found.dim, found.unit, found.space) == (expected.dim, expected.unit, expected.space)


def test_restoring_gives_the_same_artifact(large, tmp_path):
    table, file = large
    path = restore(file, tmp_path / "deep" / "store")
    assert path == tmp_path / "deep" / "store" / path.name
    with open_archive(file) as found:
        assert path.name == found.name and found.findings() == []
    assert verify(path.parent) == []
    same(load(path.parent), table)
    assert restore(file, path.parent) == path
    assert sorted(os.listdir(path.parent)) == sorted([path.name, "current"])


@pytest.mark.parametrize("start,stop", [(0, 1), (0, ROWS), (4_090, 4_100), (4_999, 5_002), (5_000, 5_001), (8_999, ROWS), (0, 4_096), (4_096, 8_192)])
def test_rows_are_a_slice_of_the_table(large, start, stop):
    table, file = large
    with open_archive(file) as found:
        part = found.rows(start, stop)
    assert np.array_equal(part.ids, table.ids[start:stop])
    assert np.array_equal(part.decode(), table.decode(np.arange(start, stop)))
    assert np.array_equal(part.alive, table.alive[start:stop])
    assert [segment.first for segment in part.segments][0] == 0 and part.count == stop - start


def test_a_row_needs_only_its_own_blocks(large, tmp_path):
    table, file = large
    with open_archive(file) as found:
        plan = found.plan["segment-000.codes.inner.codes.npy"]
    raw = bytearray(file.read_bytes())
    raw[plan.places[0] + 40] ^= 1
    (tmp_path / "damaged.rfa").write_bytes(raw)
    with open_archive(tmp_path / "damaged.rfa") as found:
        assert np.array_equal(found.rows(6_000, 6_100).decode(), table.decode(np.arange(6_000, 6_100)))
        with pytest.raises(ArtifactError, match=r"damaged.rfa: segment-000.codes.inner.codes.npy: block 0 was changed"):
            found.rows(0, 1)
        assert len(found.findings()) == 1
    with pytest.raises(ArtifactError, match="block 0 was changed"):
        restore(tmp_path / "damaged.rfa", tmp_path / "store")
    assert os.listdir(tmp_path) == ["damaged.rfa"]


@pytest.mark.parametrize("start,stop", [(0, 0), (5, 4), (-1, 3), (0, ROWS + 1), (0.0, 3), (None, 3)])
def test_rows_that_are_not_there_are_refused(large, start, stop):
    with open_archive(large[1]) as found, pytest.raises(InputError, match=rf"start, stop: got .*expected whole numbers .*{ROWS}"):
        found.rows(start, stop)


def test_text_ids_a_calibration_and_one_row(tmp_path):
    x = np.ones((1, 4), np.float32)
    table = compress(as_vectors(x, np.array(["a"]), space="s"), from_spec({"codec": "half"}), norms="raw")
    file = archive(save(table, tmp_path / "store"), tmp_path / "items.rfa").path
    with open_archive(file) as found:
        same(found.rows(0, 1), table)
        assert found.rows(0, 1).calibration is None
    same(load(restore(file, tmp_path / "other")), table)


def test_a_calibration_comes_along(table, tmp_path):
    calibration = Calibration("linear", "scores", ("all",), {"slope": np.float32([2]), "offset": np.float32([-1])})
    file = archive(save(replace(table, calibration=calibration), tmp_path / "store"), tmp_path / "items.rfa").path
    with open_archive(file) as found:
        part = found.rows(25, 35)
    assert part.calibration.entry() == calibration.entry() and part.calibration.arrays["slope"] == 2
    assert [segment.count for segment in part.segments] == [5, 5] and part.ids[0] == b"item-025"
    assert load(restore(file, tmp_path / "other")).calibration.entry() == calibration.entry()


def test_rows_longer_than_a_block_has_places_and_columns_of_nothing(tmp_path):
    x = np.random.default_rng(4).normal(size=(30, 3_000)).astype(np.float32)
    table = compress(as_vectors(x), from_spec({"codec": "half"}), norms="raw")
    segment = table.segments[0]
    with ArtifactWriter(tmp_path / "store", dim=3_000, ids=table.ids) as writer:
        writer.segment(segment.codec, segment.state | {"nothing": np.zeros((0, 4), np.float32)}, rows=30)
        writer.append(dict(segment.codes.columns) | {"none": np.zeros((30, 0), np.uint8)})
        path = writer.publish()
    file = archive(path, tmp_path / "items.rfa").path
    with open_archive(file) as found:
        assert found.plan["segment-000.codes.values.npy"].grid.per_row == 3_000
        part = found.rows(9, 21)
        assert np.array_equal(part.decode(), table.decode(np.arange(9, 21)))
        assert part.segments[0].codes["none"].shape == (12, 0)
    assert restore(file, tmp_path / "other").name == path.name


def test_a_giant_state_is_not_read_for_a_few_rows(large, monkeypatch):
    monkeypatch.setattr(sys.modules["rankfold.store.unarchive"], "MOST_STATE_BYTES", 1_000)
    with open_archive(large[1]) as found, pytest.raises(ArtifactError, match="of a fitted state. Restore the archive"):
        found.rows(0, 10)


def by_the_page(raw):
    """Every array of an archive as bytes, decoded by the words of docs/format.md alone."""

    def take(size):
        nonlocal at
        at += size
        return int.from_bytes(raw[at - size : at], "little")

    manifest_bytes, plan_bytes, payload = (int.from_bytes(raw[low:high], "little") for low, high in ((12, 16), (16, 24), (24, 32)))
    place, at, arrays = 64, 64 + payload + manifest_bytes, {}
    files = json.loads(raw[64 + payload : at])["files"]
    for name in sorted(files):
        itemsize = int(files[name]["dtype"][2:])
        count = math.prod(files[name]["shape"])
        row = itemsize * math.prod(files[name]["shape"][1:])
        width = row if (name in ("ids.npy", "alive.npy") or ".codes." in name) and 0 < row <= 4096 else itemsize
        items, block = count * itemsize // width, 4096
        while block * width < 65536:
            block *= 2
        while block * width > 4 << 20:
            block //= 2
        way, tables = take(1), [[64] * 256]
        if way:
            for _ in range(take(2)):
                bitmap, table = take(32), [0] * 256
                for value in range(256):
                    if bitmap >> value & 1:
                        low = take(1)
                        table[value] = (low & 127) + 1 + (take(1) << 7 if low & 128 else 0)
                tables.append(table)
            chosen = [take(2) for _ in range(width)]
        sizes = [min(block, items - first) for first in range(0, items, block)]
        lengths = [take(4) for _ in sizes]
        at += 16 * len(sizes)
        out = b""
        for size, length in zip(sizes, lengths):
            coded, place = raw[place : place + length], place + length
            out += by_the_words(coded, size, [tables[one] for one in chosen], way) if way else coded
        arrays[name] = out
    assert at == len(raw)
    return arrays


def by_the_words(coded, size, tables, way):
    state = list(struct.unpack("<8I", coded[:32]))
    words = list(struct.unpack(f"<{len(coded) // 2 - 16}H", coded[32:]))
    items = np.zeros((size, len(tables)), np.uint8)
    for place, table in enumerate(tables):
        ends = list(accumulate(table))
        for item in range(size):
            now = state[item % 8]
            slot = now % 16384
            value = bisect_right(ends, slot)
            now = table[value] * (now // 16384) + slot - (ends[value] - table[value])
            state[item % 8] = now * 65536 + words.pop(0) if now < 65536 else now
            items[item, place] = value
    assert state == [65536] * 8 and words == []
    return np.cumsum(items.view("<u8").ravel(), dtype=np.uint64).tobytes() if way == 2 else items.tobytes()


def test_the_page_is_enough_to_read_an_archive(artifact, archived, tmp_path):
    x = np.random.default_rng(1).normal(size=(700, 6)).astype(np.float32)
    other = save(compress(as_vectors(x), from_spec({"codec": "scalar", "bits": 2}), norms="raw"), tmp_path / "other")
    for path, file in ((artifact, archived), (other, archive(other, tmp_path / "other.rfa").path)):
        for name, content in by_the_page(file.read_bytes()).items():
            assert (path / name).read_bytes()[128:] == content, name
    with open_archive(file) as found:
        assert {coded.way for coded in found.plan.values()} == {0, 1, 2}


def test_an_archive_of_the_first_version_opens_for_ever(tmp_path):
    path = restore(Path(__file__).parent / "archive-v1.rfa", tmp_path)
    table = load(path, check="digests")
    assert path.name == "301ce0bba7a7bae89e9b758df3c21cd0" and table.count == 300 and table.count_alive == 299
    assert np.array_equal(table.ids[:4], [0, 3, 6, 9])
    np.testing.assert_allclose(table.decode()[[0, 299], :2], [[0.4091216027736664, -0.6552810072898865], [-1.1886610984802246, 1.84860360622406]], atol=1e-6)


def test_every_flipped_byte_is_found(archived):
    raw = archived.read_bytes()
    refused = 0
    with open(archived, "r+b", buffering=0) as file:
        for place, byte in enumerate(raw):
            file.seek(place)
            file.write(bytes([byte ^ (1 << place % 8)]))
            try:
                with open_archive(archived) as found:
                    assert len(found.findings()) == 1, f"byte {place}"
            except ArtifactError as error:
                refused += 1
                assert str(error).startswith(f"{archived}: ")
            file.seek(place)
            file.write(bytes([byte]))
    prefix = read_prefix(raw)
    assert refused == len(raw) - prefix.payload_bytes


def test_every_cut_and_every_added_byte_is_found(archived, tmp_path):
    raw = archived.read_bytes()
    victim = tmp_path / "victim.rfa"
    for changed in [*(raw[:size] for size in range(0, len(raw), 13)), raw[:-1], raw + b"\0", raw[:90] + raw[91:], b"\0" + raw]:
        victim.write_bytes(changed)
        with pytest.raises(ArtifactError, match=r"victim.rfa: (has|is not an archive)"):
            open_archive(victim)
        with pytest.raises(ArtifactError):
            restore(victim, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def lying(file, change_manifest=lambda raw: raw, change_plan=lambda raw: raw, change_payload=lambda raw: raw):
    """The archive with its parts changed and every digest made to fit, as an attacker can."""
    raw = file.read_bytes()
    prefix = read_prefix(raw)
    end = PREFIX_BYTES + prefix.payload_bytes
    payload = change_payload(raw[PREFIX_BYTES:end])
    manifest = change_manifest(raw[end : end + prefix.manifest_bytes])
    plan = change_plan(raw[end + prefix.manifest_bytes :])
    head = prefix_bytes(len(payload), manifest, plan)
    check_head(head, read_prefix(head), manifest, plan)
    file.write_bytes(head + payload + manifest + plan)
    return file


def test_a_lying_manifest_is_refused_in_little_memory(archived):
    file = lying(archived, change_manifest=lambda raw: raw.replace(b'"rows": 40', b'"rows": %d' % 2**40))
    with pytest.raises(ArtifactError, match="items.rfa: manifest.json"):
        open_archive(file)


def test_a_lying_plan_is_refused(archived):
    for change in (lambda raw: raw[1:], lambda raw: raw + b"\0", lambda raw: bytes([7]) + raw[1:], lambda raw: b""):
        before = archived.read_bytes()
        with pytest.raises(ArtifactError, match="items.rfa"):
            open_archive(lying(archived, change_plan=change))
        archived.write_bytes(before)


def test_a_block_of_gigabytes_is_refused_before_it_is_read(archived):
    with open_archive(archived) as found:
        name = sorted(found.plan)[0]
        place = len(found.plan[name].to_bytes()) - 20
    with pytest.raises(ArtifactError, match="got a block of 4294967295 bytes"):
        open_archive(lying(archived, change_plan=lambda raw: raw[:place] + b"\xff" * 4 + raw[place + 4 :]))


def test_codes_that_are_not_those_of_the_manifest_never_become_current(archived, artifact, tmp_path):
    from rankfold.store.archivefile import block_digest

    with open_archive(archived) as found:
        plan, name = found.plan, "segment-000.codes.values.npy"
    assert plan[name].shares is None
    place = plan[name].places[0]
    raw = archived.read_bytes()
    block = bytearray(raw[place : place + plan[name].lengths[0]])
    block[0] ^= 1
    old, new = plan[name].digests[0], block_digest(bytes(block))
    at = place - PREFIX_BYTES
    lying(archived, change_plan=lambda raw: raw.replace(old, new), change_payload=lambda raw: raw[:at] + bytes(block) + raw[at + len(block) :])
    with open_archive(archived) as found:
        assert len(found.findings()) == 1
    before = sorted(os.listdir(artifact.parent))
    with pytest.raises(ArtifactError, match=f"{name}: its SHA-256"):
        restore(archived, artifact.parent)
    assert sorted(os.listdir(artifact.parent)) == before and verify(artifact.parent) == []


@pytest.mark.parametrize("what", ["nothing", "a folder", "a link", "an artifact's file"])
def test_what_is_no_archive(archived, artifact, tmp_path, what):
    path = {"nothing": tmp_path / "none", "a folder": tmp_path, "a link": tmp_path / "link", "an artifact's file": artifact / "ids.npy"}[what]
    if what == "a link":
        path.symlink_to(archived)
    with pytest.raises(ArtifactError):
        open_archive(path)


def test_a_root_that_cannot_be_a_store(archived, artifact):
    with pytest.raises(InputError):
        restore(archived, archived)
    with pytest.raises(InputError):
        restore(archived, artifact)
    assert plan_bytes({}) == b""
