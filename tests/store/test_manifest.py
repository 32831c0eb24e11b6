import hashlib
import json

import pytest

from rankfold.errors import ArtifactError
from rankfold.store.manifest import MAX_BYTES, digest_of, is_digest, is_plain, is_segment_file, parse, segment_file


@pytest.fixture
def content(artifact):
    return json.loads((artifact / "manifest.json").read_text())


def refused(content, match):
    with pytest.raises(ArtifactError, match=match):
        parse(json.dumps(content).encode())


def test_what_is_written_is_read_back_and_written_the_same(artifact, table):
    raw = (artifact / "manifest.json").read_bytes()
    manifest = parse(raw)
    assert manifest.to_bytes() == raw
    assert (manifest.dim, manifest.unit, manifest.space, manifest.rows) == (8, False, "als-7", 40)
    assert [(s.first, s.rows, s.state) for s in manifest.segments] == [(0, 30, 0), (30, 10, 0)]
    assert manifest.segments[0].codec == table.segments[0].codec
    assert manifest.made["note"] == "for tests" and manifest.made["details"] == {"seed": 5}
    assert manifest.by_segment()[1, "codes"] == {"values": "segment-001.codes.values.npy"}


def test_the_directory_is_named_by_the_digest(artifact):
    raw = (artifact / "manifest.json").read_bytes()
    assert artifact.name == digest_of(raw) == hashlib.sha256(raw).hexdigest()[:32]
    assert is_digest(artifact.name)
    assert not any(map(is_digest, ("current", artifact.name.upper().replace("0", "A"), artifact.name + "0", artifact.name + "\n")))


@pytest.mark.parametrize("key", ["format", "dim", "unit", "space", "rows", "segments", "files", "made"])
def test_each_key_is_needed_and_typed(content, key):
    for wrong in (None, -1, 1.5, {}, []) if key != "made" else (None, -1, 1.5, []):
        refused(content | {key: wrong}, "got")
    del content[key]
    refused(content, "expected an object with exactly")


def test_true_is_not_a_number(content):
    refused(content | {"dim": True}, "dim 'True'")
    refused(content | {"format": True}, "format 'True'")


def test_unknown_keys_are_refused(content):
    refused(content | {"more": 1}, "expected an object with exactly")
    content["files"]["ids.npy"]["more"] = 1
    refused(content, "ids.npy with")


def test_a_newer_format_asks_for_an_upgrade(content):
    refused(content | {"format": 2, "novelty": 1}, "Upgrade rankfold")


@pytest.mark.parametrize(
    "name", ["../ids.npy", "segment-000.codes./etc.npy", "segment-000.codes.a/b.npy", "segment-000.codes..npy", "segment-0000.codes.a.npy", "a.npy"]
)
def test_file_names_cannot_leave_the_directory(content, name):
    content["files"][name] = content["files"].pop("segment-000.codes.values.npy")
    refused(content, "a file called")
    assert not is_segment_file(name)


def test_segment_file_names():
    assert is_segment_file(segment_file(0, "codes", "inner.values"))
    assert is_segment_file(segment_file(123456, "state", "a_b-c"))
    assert not is_segment_file(segment_file(0, "codes", "a" * 200))
    assert not is_segment_file(segment_file(0, "codes", "Values"))


@pytest.mark.parametrize(
    "key, value, match",
    [
        ("dtype", "|O", "dtype"),
        ("dtype", "<i2", "codes|bytes|shape"),
        ("shape", "40", "shape"),
        ("shape", [40, -1], "shape"),
        ("shape", [30, 2**50], "shape"),
        ("shape", [0] + [2**40] * 3, "shape"),
        ("shape", [1] * 9, "shape"),
        ("bytes", 609, "609 bytes"),
        ("bytes", "608", "bytes"),
        ("sha256", "0" * 63, "sha256"),
        ("sha256", "G" * 64, "sha256"),
    ],
)
def test_file_entries_are_checked(content, key, value, match):
    content["files"]["segment-000.codes.values.npy"][key] = value
    if (key, value) == ("dtype", "<i2"):
        parse(json.dumps(content).encode())  # as many bytes as <f2: the codec cannot tell, the header of the file can
    else:
        refused(content, match)


def test_files_must_fit_the_segments(content):
    files = content["files"]
    refused(content | {"files": {name: entry for name, entry in files.items() if name != "ids.npy"}}, "ids.npy")
    refused(content | {"files": files | {"ids.npy": files["alive.npy"]}}, "ids.npy")
    refused(content | {"files": files | {"alive.npy": files["ids.npy"]}}, "alive.npy")
    refused(content | {"files": files | {"segment-001.state.scale.npy": files["segment-000.state.scale.npy"]}}, "no state of segment 1")
    refused(content | {"files": files | {"segment-002.codes.values.npy": files["segment-001.codes.values.npy"]}}, "no codes of segment 2")
    refused(content | {"files": files | {"segment-000.codes.more.npy": files["segment-000.codes.values.npy"]}}, "32 bytes a row")
    refused(content | {"files": files | {"segment-000.codes.values.npy": files["segment-001.codes.values.npy"]}}, "30 rows")
    refused(content | {"dim": 9}, "16 bytes a row in segment 0; expected 18")


def test_segments_must_follow_each_other(content):
    for key, value, match in [
        ("first", 29, "first row"),
        ("rows", 11, "rows in the segments"),
        ("state", 1, "no codes|state|decode"),
        ("rows", 0, "rows of segment 1"),
    ]:
        changed = json.loads(json.dumps(content))
        changed["segments"][1][key] = value
        if key == "state":
            assert parse(json.dumps(changed).encode()).segments[1].state == 1  # a codec may have no state at all; the decode at load tells
        else:
            refused(changed, match)
    content["segments"][0]["state"] = 1
    refused(content, "state of segment 0")


@pytest.mark.parametrize("spec", [None, "half", {}, {"codec": "absent"}, {"codec": "half", "levels": 3}, {"codec": "half", "version": 99}, {"codec": ["half"]}])
def test_codec_specs_go_through_the_registry(content, spec):
    content["segments"][0]["codec"] = spec
    refused(content, "segment 0: (spec|codec|version)")


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[", b"[" * 100_000, b'{"a": 1, "a": 1}', b'{"a": NaN}', b"9" * 5000, b"null", b'"' + b"a" * 10])
def test_what_is_not_plain_json_is_refused(raw):
    with pytest.raises(ArtifactError, match="manifest.json"):
        parse(raw)


def test_a_huge_manifest_is_not_parsed():
    with pytest.raises(ArtifactError, match="at most"):
        parse(b" " * (MAX_BYTES + 1))


def test_plain_values():
    deep = [1]
    for _ in range(20):
        deep = [deep]
    assert is_plain({"a": [1, 1.5, None, True, "x"]})
    assert not any(map(is_plain, [deep, float("nan"), 1 << 64, {1: 2}, {"a": b"x"}, object()]))
