"""Compress: what is fitted, on which rows, with which weights, and what lands on disk."""

import warnings

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.codec import describe, to_spec
from rankfold.codecs import from_spec
from rankfold.compression import compress, encode, fit, needs_norms, shrinks
from rankfold.errors import ArtifactError, InputError, SpecError
from rankfold.store import load, verify
from rankfold.vectors import as_vectors

PQ = from_spec({"codec": "pq", "groups": 4})


def free_norms(rows=600, dim=16, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((rows, dim)) * rng.lognormal(0, 1, (rows, 1))).astype(np.float32)


def test_normed_goes_around_a_quantizer_when_norms_vary():
    x = free_norms()
    assert compress(as_vectors(x), PQ).segments[0].codec.name == "normed"
    assert compress(as_vectors(x), PQ, norms="raw").segments[0].codec.name == "pq"
    assert compress(as_vectors(x), from_spec({"codec": "int8"})).segments[0].codec.name == "int8"
    reduced = from_spec({"codec": "reduced", "dims": 8, "inner": {"codec": "int8"}})
    assert not needs_norms(reduced, x)
    assert "normed(" in describe(compress(as_vectors(x), PQ).segments[0].codec)


def test_unit_goes_around_a_codec_that_shrinks_rows_of_one_length():
    x = unit_rows(free_norms())
    assert describe(compress(as_vectors(x), PQ).segments[0].codec) == "unit(pq(groups=4))"
    assert compress(as_vectors(free_norms()), PQ, unit=True).segments[0].codec.name == "unit"
    assert compress(as_vectors(x), PQ, norms="raw").segments[0].codec.name == "pq"
    assert compress(as_vectors(x), from_spec({"codec": "sign"})).segments[0].codec.name == "sign"
    turned = from_spec({"codec": "rotated", "inner": {"codec": "residual", "levels": 2}})
    assert shrinks(turned) and compress(as_vectors(x), turned).segments[0].codec.name == "unit"
    assert not shrinks(from_spec({"codec": "rotated", "inner": {"codec": "normed", "inner": {"codec": "pq"}}}))


@pytest.mark.parametrize("sample", [None, 50])
def test_rows_without_the_common_length_keep_theirs(sample):
    x = unit_rows(free_norms())
    x[7] = 0
    assert compress(as_vectors(x, zero_rows="keep"), PQ, sample=sample, fallback=None).segments[0].codec.name == "pq"
    x[7] = 40
    assert compress(as_vectors(x), PQ, sample=sample, fallback=None).segments[0].codec.name != "unit"


def test_norms_survive_compression():
    x = free_norms()
    table = compress(as_vectors(x), PQ)
    lengths = np.linalg.norm(x, axis=1)
    np.testing.assert_allclose(np.linalg.norm(table.decode(), axis=1), lengths, rtol=0.05)


def test_unit_normalises_rows():
    table = compress(as_vectors(free_norms()), from_spec({"codec": "half"}), unit=True)
    assert table.unit
    np.testing.assert_allclose(np.linalg.norm(table.decode(), axis=1), 1, atol=1e-3)
    more = table.add(as_vectors(free_norms(3), [1000, 1001, 1002]))
    np.testing.assert_allclose(np.linalg.norm(more.decode()[-3:], axis=1), 1, atol=1e-3)


def test_weight_pulls_the_codebooks():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3000, 8)).astype(np.float32)
    weight = np.where(np.arange(3000) < 300, 100.0, 0.01).astype(np.float32)
    plain, pulled = (compress(as_vectors(x), PQ, norms="raw", weight=w).decode()[:300] for w in (None, weight))
    assert np.square(pulled - x[:300]).sum() < 0.8 * np.square(plain - x[:300]).sum()


def test_same_seed_same_bytes_and_other_seed_other_sample():
    x = free_norms(2000)
    one, two, other = (compress(as_vectors(x), PQ, sample=500, seed=seed) for seed in (3, 3, 4))
    for name in one.segments[0].state:
        np.testing.assert_array_equal(one.segments[0].state[name], two.segments[0].state[name])
    assert any(not np.array_equal(one.segments[0].state[name], other.segments[0].state[name]) for name in one.segments[0].state)


def test_out_gives_the_same_table_mapped(tmp_path):
    vectors = as_vectors(free_norms(), space="als-7")
    table = compress(vectors, PQ)
    mapped = compress(vectors, PQ, out=tmp_path / "v1")
    again = load(tmp_path / "v1", check="digests")
    for one in (mapped, again):
        np.testing.assert_array_equal(one.decode(), table.decode())
        np.testing.assert_array_equal(one.ids, table.ids)
        assert one.space == "als-7"
    assert verify(tmp_path / "v1") == []


@pytest.mark.parametrize("spec", [{"codec": "pq", "groups": 4}, {"codec": "int8"}, {"codec": "scalar"}, {"codec": "half"}], ids=lambda spec: spec["codec"])
def test_rows_outside_the_sample_keep_their_lengths(spec):
    x = free_norms()
    x[599] *= 1000 / np.linalg.norm(x[599])
    x[1] *= 1e-4 / np.linalg.norm(x[1])
    table = compress(as_vectors(x), from_spec(spec), sample=100, seed=1, fallback=None)
    assert not np.isin([1, 599], as_vectors(x).sample(100, np.random.default_rng(1))[0]).any()
    assert np.linalg.norm(table.decode(np.array([599]))) == pytest.approx(1000, rel=0.1)
    assert np.linalg.norm(table.decode(np.array([1]))) < 0.01


def test_nothing_is_left_when_encoding_fails(tmp_path):
    class Broken(type(PQ)):
        def encode(self, state, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compress(as_vectors(free_norms()), Broken(groups=4), norms="raw", out=tmp_path / "v1")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    with pytest.raises(ArtifactError):
        load(tmp_path / "v1")


def test_progress_counts_rows():
    seen = []
    compress(as_vectors(free_norms()), PQ, progress=lambda *call: seen.append(call))
    assert seen[0] == ("fit", 0, 1) and seen[-1] == ("encode", 600, 600)


def test_refusals():
    vectors = as_vectors(free_norms())
    with pytest.raises(InputError, match="norms"):
        compress(vectors, PQ, norms="maybe")
    with pytest.raises(InputError, match="sample"):
        compress(vectors, PQ, sample=0)
    with pytest.raises(InputError, match="weight"):
        compress(vectors, PQ, weight=np.ones(3))
    with pytest.raises(SpecError, match="groups"):
        compress(vectors, from_spec({"codec": "pq", "groups": 400}))


def narrow(count, dim, seed=0):
    return (np.random.default_rng(seed).standard_normal((count, dim)) * np.where(np.arange(dim) < 4, 1, 0.1)).astype(np.float32)


@pytest.mark.parametrize("unit", [False, True])
def test_queries_reach_the_codec_and_its_lengths_are_kept_where_it_measures(unit):
    viewed = from_spec({"codec": "viewed", "inner": {"codec": "trellis", "bytes": 8}})
    table = compress(as_vectors(free_norms()), viewed, queries=narrow(200, 16), unit=unit)
    segment = table.segments[0]
    assert to_spec(segment.codec)["inner"]["codec"] == "normed" and to_spec(segment.codec)["inner"]["inner"]["bytes"] == 7
    assert segment.codec.metric(segment.state)[0, 0] > 1.2
    plain = compress(as_vectors(free_norms()), viewed, unit=unit).segments[0]
    assert to_spec(plain.codec)["inner"]["codec"] == ("unit" if unit else "normed") and "axes" not in plain.state


def test_queries_in_other_forms_and_zeros_among_them_say_the_same():
    viewed, queries = from_spec({"codec": "viewed", "inner": {"codec": "half"}}), narrow(200, 16)
    with_zeros = np.insert(queries, 5, 0, axis=0)
    states = [compress(as_vectors(free_norms()), viewed, queries=form).segments[0].state for form in (queries, with_zeros, as_vectors(queries))]
    assert all(np.array_equal(states[0]["axes"], state["axes"]) for state in states)


def test_bad_queries_are_refused_at_the_door(tmp_path):
    vectors = as_vectors(free_norms(), space="a")
    nan = narrow(9, 16)
    nan[4, 2] = np.nan
    for queries, said in (
        (narrow(9, 15), "queries: got 15 dimensions"),
        (nan, "queries: row 4 holds nan"),
        (np.zeros((3, 16), np.float32), "all zeros"),
        (np.empty((0, 16), np.float32), "queries: got no rows"),
        (as_vectors(narrow(9, 16), space="b"), "queries: these vectors live in the space 'b'"),
    ):
        with pytest.raises(InputError, match=said):
            compress(vectors, from_spec({"codec": "int8"}), queries=queries, out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_codec_with_a_metric_of_its_own_is_not_judged_by_plain_errors():
    x = np.random.default_rng(0).standard_normal((400, 64), dtype=np.float32) * (np.arange(64) < 4).astype(np.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compress(as_vectors(x), from_spec({"codec": "viewed", "inner": {"codec": "pq", "groups": 4, "bits": 4}}), queries=narrow(50, 64))
    assert not caught


def test_a_target_that_cannot_be_is_refused_before_any_work(tmp_path):
    (tmp_path / "file").write_text("mine")

    def never(stage, done, total):
        raise AssertionError(f"{stage} began")

    with pytest.raises(InputError, match="is a file; expected a folder"):
        compress(as_vectors(free_norms()), PQ, out=tmp_path / "file", progress=never)
    assert (tmp_path / "file").read_text() == "mine"


def test_encoding_by_what_was_fitted_is_the_second_half_of_compressing(tmp_path):
    vectors = as_vectors(free_norms())
    whole = compress(vectors, PQ, seed=3)
    fitted = fit(vectors, PQ, seed=3)
    halves = encode(vectors, fitted), encode(vectors, fitted, out=tmp_path / "a", details={"seed": 3})
    for table in halves:
        assert all(np.array_equal(table.segments[0].codes[name], column) for name, column in whole.segments[0].codes.columns.items())
    assert verify(tmp_path / "a") == []
