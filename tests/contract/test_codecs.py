"""What every codec promises, checked for all of them: a new file in rankfold/codecs is picked up by name."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import codecs
from rankfold.arrays import row_norms
from rankfold.codec import describe, to_spec
from rankfold.codes import Codes
from rankfold.compression import takes_any_norm
from rankfold.table import encode_rows
from tests.contract import samples

CASES = samples.cases()
# One case a codec and setting, for what does not depend on dimension or lengths.
BRIEF = [case for case in CASES if case[1] == 16]
PLAIN = "biuf"


def over(cases):
    return pytest.mark.parametrize("case", cases, ids=samples.label)


def same(a, b):
    return a.keys() == b.keys() and all(a[name].dtype == b[name].dtype and np.array_equal(a[name], b[name]) for name in a)


def refit(case, x, seed=7):
    one = case[0]
    state = samples.fit(one, x, np.ones(len(x), np.float32), seed)
    return state, Codes(encode_rows(one, state, x))


def check_scan(one, state, codes, queries, longest=0.0):
    """A scan equals the query dotted with the decoded rows, within the bound that it returns and within the slack that the codec declares.

    The slack is a share of both lengths; `longest` is that of the table's longest row where a codec does not take rows of any length.
    """
    decoded = one.decode(state, codes).astype(np.float64)
    exact = queries.astype(np.float64) @ decoded.T
    out = np.full(exact.shape, np.nan, np.float32)
    bound = np.broadcast_to(one.scan(one.prepare(state, queries), one.pack(state, codes), out), len(queries))
    assert np.isfinite(out).all() and np.isfinite(bound).all()
    error = np.abs(out - exact)
    assert (error <= bound[:, None]).all(), f"error {error.max()} above the bound {bound.max()}"
    lengths = row_norms(queries).astype(np.float64) * max(longest, np.linalg.norm(decoded, axis=1).max())
    share = error.max(axis=1) / np.where(lengths > 0, lengths, 1)
    assert (share <= one.slack).all(), f"error {share.max()} of the lengths, above the slack {one.slack}"


def test_every_codec_is_here_at_several_dimensions():
    for name in codecs.names():
        assert len({dim for one, dim, _ in CASES if one.name == name}) >= 3


@over(BRIEF)
def test_settings_survive_json(case):
    one = case[0]
    spec = json.loads(json.dumps(to_spec(one)))
    assert codecs.from_spec(spec) == one
    assert spec["version"] == one.version >= 1
    assert describe(one).startswith(one.name)
    assert hash(one) == hash(codecs.from_spec(spec))


@over(CASES)
def test_same_seed_same_state_and_bytes(case):
    state, codes, x = samples.fitted(case)
    again, codes_again = refit(case, x.copy())
    assert same(state, again)
    assert same(codes.columns, codes_again.columns)
    assert all(array.dtype.kind in PLAIN for array in [*state.values(), *codes.columns.values()])


@over(CASES)
def test_row_bytes_are_exact(case):
    one, dim, _ = case
    codes = samples.fitted(case)[1]
    assert codes.row_bytes == one.row_bytes(dim)
    assert codes.nbytes == codes.count * one.row_bytes(dim)


@over(CASES)
def test_a_rows_bytes_do_not_depend_on_its_batch(case):
    one = case[0]
    state, codes, x = samples.fitted(case)
    part = encode_rows(one, state, x[17:82])
    assert same(part, codes.rows(slice(17, 82)).columns)
    backwards = encode_rows(one, state, np.ascontiguousarray(x[::-1]))
    assert same(backwards, codes.rows(slice(None, None, -1)).columns)


@over(CASES)
def test_scan_equals_query_dot_decoded_row(case):
    one, dim, _ = case
    state, codes, _ = samples.fitted(case)
    queries = np.concatenate([samples.rows(dim, "free", 5, seed=1), np.zeros((1, dim), np.float32)])
    longest = 0.0 if takes_any_norm(one) else float(row_norms(one.decode(state, codes)).max())
    for count in (1, 63, 64, 65, codes.count):
        check_scan(one, state, codes.rows(slice(0, count)), queries, longest)


@over(CASES)
def test_scores_are_query_dot_decoded_row_and_a_row_has_the_same_in_any_company(case):
    one, dim, _ = case
    state, codes, _ = samples.fitted(case)
    queries = samples.rows(dim, "free", 4, seed=9)
    prepared = one.prepare(state, queries)
    decoded = one.decode(state, codes).astype(np.float64)
    lengths = row_norms(queries).max() * np.linalg.norm(decoded, axis=1).max()
    for number, query in enumerate(queries):
        scores = one.score(state, prepared, np.full(codes.count, number), codes)
        assert scores.shape == (codes.count,) and scores.dtype == np.float32
        assert np.abs(scores - decoded @ query).max() <= 1e-5 * lengths
        some = np.array([149, 2, 77])
        assert np.array_equal(one.score(state, prepared, np.full(codes.count, number)[some], codes.rows(some)), scores[some])


@over(CASES)
def test_decoding_some_rows_equals_decoding_all(case):
    one, dim, _ = case
    state, codes, x = samples.fitted(case)
    whole = one.decode(state, codes)
    assert whole.shape == x.shape and whole.dtype == np.float32
    some = np.array([149, 3, 3, 70])
    assert np.allclose(one.decode(state, codes.rows(some)), whole[some], rtol=1e-5, atol=1e-6 * np.abs(whole).max())
    assert np.allclose(one.decode(state, codes.rows(slice(40, 41))), whole[40:41], rtol=1e-5, atol=1e-6 * np.abs(whole).max())


@over(CASES)
def test_decoded_rows_point_the_way_of_the_rows(case):
    one, dim, _ = case
    state, codes, x = samples.fitted(case)
    decoded = one.decode(state, codes).astype(np.float64)
    lengths = np.linalg.norm(decoded, axis=1) * np.linalg.norm(x, axis=1)
    cosine = np.einsum("nd,nd->n", decoded, x) / np.where(lengths > 0, lengths, 1)
    other = np.einsum("nd,nd->n", decoded, np.roll(x, 1, axis=0)) / np.where(lengths > 0, lengths, 1)
    assert cosine.mean() > 0.3
    assert cosine.mean() > other.mean() + 0.1


@over(CASES)
def test_prepared_arrays_have_one_line_a_query(case):
    one, dim, _ = case
    state, codes, _ = samples.fitted(case)
    queries = samples.rows(dim, "free", 6, seed=2)
    prepared = one.prepare(state, queries)
    assert all(array.shape[0] == 6 for array in prepared.values())
    packed = one.pack(state, codes)
    all_scores, some_scores = np.empty((6, codes.count), np.float32), np.empty((2, codes.count), np.float32)
    one.scan(prepared, packed, all_scores)
    one.scan({name: array[[4, 1]] for name, array in prepared.items()}, packed, some_scores)
    assert np.allclose(some_scores, all_scores[[4, 1]], rtol=1e-5, atol=1e-5 * np.abs(all_scores).max())


@over(CASES)
def test_state_and_codes_may_be_read_only(case):
    one, dim, _ = case
    state, codes, x = samples.fitted(case)
    frozen_state = {name: array.copy() for name, array in state.items()}
    frozen_codes = {name: array.copy() for name, array in codes.columns.items()}
    for array in [*frozen_state.values(), *frozen_codes.values()]:
        array.flags.writeable = False
    check_scan(one, frozen_state, Codes(frozen_codes), samples.rows(dim, "unit", 2, seed=3))
    assert same(encode_rows(one, frozen_state, x[:9]), codes.rows(slice(0, 9)).columns)


@over(BRIEF)
def test_zero_rows(case):
    one, dim, _ = case
    x = samples.rows(dim, "free")
    x[::5] = 0
    state, codes = refit(case, x)
    decoded = one.decode(state, codes)
    assert np.isfinite(decoded).all()
    if one.any_norm:
        assert not decoded[::5].any()
        assert decoded[1::5].any(axis=1).all()
    check_scan(one, state, codes, samples.rows(dim, "unit", 3, seed=4))


@over(BRIEF)
def test_a_sample_of_zero_rows_alone(case):
    one, dim, _ = case
    state, codes = refit(case, np.zeros((5, dim), np.float32))
    assert np.isfinite(one.decode(state, codes)).all()
    assert np.isfinite(one.decode(state, Codes(encode_rows(one, state, samples.rows(dim, "unit", 5))))).all()


@over(BRIEF)
def test_constant_rows(case):
    one, dim, _ = case
    x = np.repeat(samples.rows(dim, "unit", 1), 40, axis=0)
    state, codes = refit(case, x)
    decoded = one.decode(state, codes)
    assert np.isfinite(decoded).all() and np.allclose(decoded, decoded[0], rtol=1e-5, atol=1e-6)
    flat_state, flat_codes = refit(case, np.ones((40, dim), np.float32))
    assert np.isfinite(one.decode(flat_state, flat_codes)).all()


@over(BRIEF)
@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_tiny_and_huge_rows(case, scale):
    one, dim, kind = case
    state, codes = refit(case, samples.rows(dim, kind) * np.float32(scale))
    decoded = one.decode(state, codes)
    assert np.isfinite(decoded).all()
    usual = one.decode(*refit(case, samples.rows(dim, kind)))
    assert np.abs(decoded / np.float32(scale)).max() == pytest.approx(np.abs(usual).max(), rel=0.1)
    check_scan(one, state, codes, samples.rows(dim, "unit", 3, seed=5))


@over(BRIEF)
@pytest.mark.parametrize("count", [1, 5])
def test_few_rows_to_fit(case, count):
    one, dim, kind = case
    state, codes = refit(case, samples.rows(dim, kind, count))
    assert np.isfinite(one.decode(state, codes)).all()
    later = Codes(encode_rows(one, state, samples.rows(dim, kind, 30, seed=6)))
    assert np.isfinite(one.decode(state, later)).all()
    check_scan(one, state, later, samples.rows(dim, "unit", 3, seed=6))


@over(BRIEF)
def test_rows_far_larger_or_smaller_than_the_sample(case):
    one, dim, kind = case
    state = samples.fitted(case)[0]
    for scale in (1e-12, 1e12):
        if scale > 1 and not takes_any_norm(one):
            continue
        codes = Codes(encode_rows(one, state, samples.rows(dim, kind, 20) * np.float32(scale)))
        assert np.isfinite(one.decode(state, codes)).all()


@over(BRIEF)
def test_mixed_codes_decode_to_finite_rows(case):
    one = case[0]
    state, codes, _ = samples.fitted(case)
    rng = np.random.default_rng(8)
    mixed = {name: rng.permuted(column, axis=0) for name, column in codes.columns.items()}
    assert np.isfinite(one.decode(state, Codes(mixed))).all()


@over(BRIEF)
def test_rows_of_no_weight_do_not_stop_a_fit(case):
    one, dim, kind = case
    x = samples.rows(dim, kind)
    weight = np.zeros(len(x), np.float32)
    weight[:30] = 2
    state = samples.fit(one, x, weight, 0)
    assert np.isfinite(one.decode(state, Codes(encode_rows(one, state, x)))).all()


@pytest.mark.parametrize("name", codecs.names())
def test_ladder_holds_codecs_of_this_name_that_suit_the_dimension(name):
    for dim in (16, 128, 384):
        for one in codecs.get(name).ladder(dim):
            assert one.name == name
            assert 1 <= one.row_bytes(dim) <= 4 * dim


CHEAP = [{"codec": "half"}, {"codec": "int8"}, {"codec": "scalar", "bits": 1}, {"codec": "scalar", "bits": 4}, {"codec": "sign", "query_bits": 8}]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([*CHEAP, *({"codec": "normed", "inner": spec} for spec in CHEAP)]), st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**31))
def test_scan_equals_query_dot_decoded_row_at_any_shape(spec, dim, count, seed):
    one = codecs.from_spec(spec)
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((count, dim)) * rng.lognormal(0, 2, (count, 1))).astype(np.float32)
    x[rng.random(count) < 0.1] = 0
    state = one.fit(x, np.ones(count, np.float32), rng)
    codes = Codes(encode_rows(one, state, x))
    assert codes.row_bytes == one.row_bytes(dim)
    check_scan(one, state, codes, rng.standard_normal((3, dim)).astype(np.float32))
