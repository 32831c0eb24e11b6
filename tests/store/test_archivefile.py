import pytest

from rankfold.errors import ArtifactError
from rankfold.store.archivefile import MAGIC, PREFIX_BYTES, check_head, plan_bytes, prefix_bytes, read_plan, read_prefix
from rankfold.store.mapping import read_manifest
from rankfold.store.unarchive import open_archive


def test_the_prefix_is_64_bytes_that_say_how_long_the_rest_is():
    raw = prefix_bytes(1_000, b"manifest", b"plan")
    assert len(raw) == PREFIX_BYTES == 64 and raw.startswith(MAGIC)
    prefix = read_prefix(raw)
    assert (prefix.payload_bytes, prefix.manifest_bytes, prefix.plan_bytes, prefix.whole_bytes) == (1_000, 8, 4, 64 + 1_012)
    check_head(raw, prefix, b"manifest", b"plan")
    for manifest, plan in ((b"manifesu", b"plan"), (b"manifest", b"plam")):
        with pytest.raises(ArtifactError, match="was changed"):
            check_head(raw, prefix, manifest, plan)


@pytest.mark.parametrize(
    "raw,match",
    [
        (b"", "not an archive"),
        (MAGIC, "not an archive"),
        (bytes(64), "not an archive"),
        (MAGIC.replace(b"\r\n", b"\n") + bytes(60), "transfer as text"),
        (MAGIC + b"\x02" + bytes(60), "version 2; this rankfold reads 1. Upgrade"),
        (MAGIC + bytes(60), "damaged beginning"),
        (MAGIC + b"\1\0\0\0" + b"\xff" * 52, "damaged beginning"),
        (MAGIC + b"\1\0\0\0" + bytes(4) + b"\xff" * 48, "damaged beginning"),
    ],
)
def test_other_beginnings_are_refused(raw, match):
    with pytest.raises(ArtifactError, match=match):
        read_prefix(raw)


def test_a_plan_is_read_back_and_every_shorter_or_longer_one_refused(artifact, archived):
    manifest = read_manifest(artifact)
    with open_archive(archived) as archive:
        plan = archive.plan
    raw, payload = plan_bytes(plan), sum(sum(coded.lengths) for coded in plan.values())
    found = read_plan(raw, manifest, payload)
    assert {name: coded.to_bytes() for name, coded in found.items()} == {name: coded.to_bytes() for name, coded in plan.items()}
    assert [coded.places for coded in found.values()] == [coded.places for coded in plan.values()]
    for cut in range(len(raw)):
        with pytest.raises(ArtifactError):
            read_plan(raw[:cut], manifest, payload)
    with pytest.raises(ArtifactError, match="leaves 1 bytes"):
        read_plan(raw + b"\0", manifest, payload)
    with pytest.raises(ArtifactError, match="expected 0 and"):
        read_plan(raw, manifest, payload + 1)
    with pytest.raises(ArtifactError, match="way 3; expected 0 to 2"):
        read_plan(b"\3" + raw[1:], manifest, payload)
