"""Scan and inverted search of sparse codes: every level against the twins, the twins against the definition, and the doors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import kernels
from rankfold.errors import InputError
from rankfold.fitting.bitpack import pack_bits

every_level = pytest.mark.parametrize("name", kernels.levels())


NAMES = ["index", "index_bits", "profile", "profiles", "codes", "levels", "scale", "scales", "fine", "fines", "detail", "details"]


def packed(numbers, bits, spare=0):
    """As `pack_bits`, of no rows too, and with bytes to spare in each row."""
    rows = pack_bits(numbers, bits) if len(numbers) else np.empty((0, -(-numbers.shape[1] * bits // 8)), np.uint8)
    return np.pad(rows, ((0, 0), (0, spare)), constant_values=0xA5)


def scan_parts(rng, rows, latents, nonzeros, form, fine=True, spare=0, detailed=True):
    """What `sparse_scan` reads between queries and step, by name, and the indices, values and scales that it stands for; form 0: profiles, else bits a code."""
    bits = max(1, (latents - 1).bit_length())
    index = rng.integers(0, latents, (rows, nonzeros))
    if form:
        codes, levels = rng.integers(0, 1 << form, (rows, nonzeros)), rng.integers(-9000, 9000, 1 << form).astype(np.int16)
        stored = [packed(index.astype(np.uint16), bits, spare), bits, np.empty(0, np.uint8), np.empty((0, nonzeros), np.int16)]
        stored += [packed(codes.astype(np.uint8), form, spare), levels]
        value = levels.astype(np.int64)[codes]
    else:
        signs, profile = rng.integers(0, 2, (rows, nonzeros)), rng.integers(0, 256, rows).astype(np.uint8)
        profiles = rng.integers(0, 16_000, (256, nonzeros)).astype(np.int16)
        stored = [packed((index | signs << bits).astype(np.uint16), bits + 1, spare), bits, profile, profiles]
        stored += [np.empty((rows, 0), np.uint8), np.empty(0, np.int16)]
        value = profiles.astype(np.int64)[profile]
    detail, details = np.empty(0, np.uint8), np.empty((0, nonzeros), np.int16)
    if not form and detailed:
        detail, details = rng.integers(0, 256, rows).astype(np.uint8), rng.integers(-9000, 9000, (256, nonzeros)).astype(np.int16)
        value = value + details.astype(np.int64)[detail]
    value = value if form else value * (1 - 2 * signs)
    scale, scales, fines = rng.integers(0, 256, rows).astype(np.uint8), *rng.uniform(0.5, 2, (2, 256)).astype(np.float32)
    second = rng.integers(0, 256, rows if fine else 0).astype(np.uint8)
    stored += [scale, scales, second, fines, detail, details]
    return dict(zip(NAMES, stored, strict=True)), index, value, scales[scale] * (fines[second] if fine else np.float32(1))


def scanned(name, queries, parts, step):
    out = np.full((len(queries), len(parts["index"])), np.nan, np.float32)
    with kernels.use(name):
        kernels.sparse_scan(queries, **parts, step=step, out=out)
    return out


def assert_scans(rng, rows, latents, nonzeros, form, counts=(1, 2, 33), **more):
    parts, index, value, scale = scan_parts(rng, rows, latents, nonzeros, form, **more)
    for count in counts:
        queries = rng.integers(-3000, 3001, (count, latents)).astype(np.int16)
        step = rng.uniform(1e-5, 1e-4, count).astype(np.float32)
        sums = np.einsum("rk,qrk->qr", value, queries[:, index].astype(np.int64))
        assert np.abs(sums).max(initial=0) < 2**31
        wanted = step[:, None] * sums.astype(np.float32) * scale
        for name in kernels.levels():
            np.testing.assert_array_equal(scanned(name, queries, parts, step), wanted, name)


@every_level
def test_details_are_added_before_the_sign(name):
    profiles, details = np.full((256, 2), 4, np.int16), np.zeros((256, 2), np.int16)
    details[7] = (-1, 2)
    parts = by_hand(packed(np.uint8([[0, 1 | 4]] * 2), 3), profiles, detail=np.uint8([7, 0]), details=details, scales=np.ones(256, np.float32))
    assert scanned(name, np.int16([[10, 100]]), parts, np.float32([1])).tolist() == [[3 * 10 - 6 * 100, 4 * 10 - 4 * 100]]


@pytest.mark.parametrize("rows", [0, 1, 3, 63, 64, 65, 130])
@pytest.mark.parametrize("form", [0, 4, 5])
def test_scan_any_count_of_rows(rows, form):
    assert_scans(np.random.default_rng(rows), rows, 4096, 32, form, fine=rows % 2 == 0, spare=rows % 3, detailed=rows % 4 > 0)


@pytest.mark.parametrize("nonzeros", [1, 2, 7, 8, 16, 17, 24, 33, 64, 100, 256])
@pytest.mark.parametrize("form", [0, 5])
def test_scan_any_count_of_nonzeros(nonzeros, form):
    assert_scans(np.random.default_rng(nonzeros), 70, 2048, nonzeros, form, counts=(1, 5))


@pytest.mark.parametrize("latents", [1, 2, 3, 200, 256, 257, 1000, 2048, 5000, 16384, 32768])
def test_scan_any_count_of_latents(latents):
    rng = np.random.default_rng(latents)
    for form in (0, 3):
        assert_scans(rng, 80, latents, 24, form, counts=(1, 40))


def test_scan_the_most_latents():
    assert_scans(np.random.default_rng(0), 40, 65_536, 20, 4, counts=(1, 2))


@pytest.mark.parametrize("form", range(1, 9))
def test_scan_every_width_of_codes(form):
    rng = np.random.default_rng(form)
    for nonzeros in (5, 32, 45):
        assert_scans(rng, 67, 512, nonzeros, form, counts=(1, 3))


@pytest.mark.parametrize("count", [1, 2, 31, 32, 64, 65, 97])
def test_scan_a_query_alone_and_among_others(count):
    rng = np.random.default_rng(count)
    parts = scan_parts(rng, 130, 700, 20, 0)[0]
    queries, step = rng.integers(-3000, 3000, (count, 700)).astype(np.int16), np.full(count, 1e-4, np.float32)
    for name in kernels.levels():
        together = scanned(name, queries, parts, step)
        for i in {0, count // 2, count - 1}:
            np.testing.assert_array_equal(scanned(name, queries[i : i + 1], parts, step[:1])[0], together[i])


def by_hand(index, profiles, **more):
    empty = [np.empty((len(index), 0), np.uint8), np.empty(0, np.int16), np.zeros(len(index), np.uint8), np.full(256, 0.5, np.float32)]
    stored = [
        index,
        2,
        np.zeros(len(index), np.uint8),
        profiles,
        *empty,
        np.empty(0, np.uint8),
        np.ones(256, np.float32),
        np.empty(0, np.uint8),
        np.empty((0, 2), np.int16),
    ]
    return dict(zip(NAMES, stored, strict=True)) | more


@every_level
def test_scan_by_hand(name):
    profiles = np.zeros((256, 2), np.int16)
    profiles[0], profiles[9] = (10, 4), (5, 6)
    parts = by_hand(packed(np.uint8([[0, 2 | 4], [3, 3]]), 3), profiles, profile=np.uint8([0, 9]))
    out = scanned(name, np.int16([[1, 2, 3, 4]]), parts, np.float32([2]))
    assert out.tolist() == [[10 * 1 - 4 * 3, 5 * 4 + 6 * 4]]


@every_level
@pytest.mark.parametrize("count", [1, 2])
def test_an_index_beyond_the_latents_means_the_last(name, count):
    parts = by_hand(packed(np.uint8([[3, 2]] * 3), 3), np.full((256, 2), 4, np.int16))
    out = scanned(name, np.int16([[1, 1, 7]] * count), parts, np.ones(count, np.float32))
    assert out.tolist() == [[28.0] * 3] * count


@every_level
def test_a_scale_ends_at_the_largest_number(name):
    parts = by_hand(packed(np.uint8([[1, 1]]), 3), np.full((256, 2), 1, np.int16), scales=np.full(256, 1e30, np.float32))
    parts |= {"fine": np.zeros(1, np.uint8), "fines": np.full(256, 1e20, np.float32)}
    assert scanned(name, np.int16([[0, 1]]), parts, np.float32([0.25])).tolist() == [[float(np.float32(0.5) * np.float32(3e38))]]


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"queries": np.zeros((2, 50), np.float32)}, "queries: got float32"),
        ({"queries": np.zeros((2, 0), np.int16)}, "index_bits: got 6 for 0 latents"),
        ({"queries": np.zeros((2, 65), np.int16)}, "index_bits: got 6 for 65 latents"),
        ({"index_bits": 16}, "index_bits: got 16"),
        ({"index_bits": 7}, "index: got rows of 21 bytes; expected at least 24 for 24 numbers of 8 bits"),
        ({"profiles": np.zeros((256, 0), np.int16)}, "profiles: got 0 nonzeros"),
        ({"profiles": np.zeros((200, 24), np.int16)}, r"profiles: got .*\(256, k\)"),
        ({"levels": np.zeros(4, np.int16)}, r"levels: got .*\(0\)"),
        ({"profiles": np.zeros((0, 24), np.int16), "levels": np.zeros(3, np.int16)}, "levels: got 3; expected 2, 4"),
        ({"profiles": np.zeros((0, 24), np.int16), "levels": np.zeros(4, np.int16)}, "codes: got rows of 0 bytes; expected at least 6"),
        ({"profile": np.zeros(8, np.uint8)}, r"profile: got .*\(9\)"),
        ({"scales": np.zeros(9, np.float32)}, r"scales: got .*\(256\)"),
        ({"fine": np.zeros(8, np.uint8)}, r"fine: got .*\(9\)"),
        ({"detail": np.zeros(8, np.uint8)}, r"detail: got .*\(9\)"),
        ({"details": np.zeros((256, 23), np.int16)}, r"details: got .*\(256, 24\)"),
        ({"out": np.zeros((2, 8), np.float32)}, r"out: got .*\(2, 9\)"),
    ],
)
def test_scan_refuses(changed, match):
    good = {"queries": np.zeros((2, 50), np.int16)} | scan_parts(np.random.default_rng(0), 9, 50, 24, 0)[0]
    good |= {"step": np.ones(2, np.float32), "out": np.zeros((2, 9), np.float32)}
    kernels.sparse_scan(**good)
    with pytest.raises(InputError, match=match):
        kernels.sparse_scan(**(good | changed))


def index_of(rng, rows, latents, window, per_row):
    """An inverted index of random rows, and their values (rows, latents) as it holds them."""
    windows = -(-rows // window)
    dense = np.zeros((rows, latents), np.int8)
    for row in dense:
        row[rng.choice(latents, min(per_row, latents), replace=False)] = rng.integers(-127, 128, min(per_row, latents))
    step = rng.uniform(0.5, 1, (latents, windows)).astype(np.float32)
    latent, row = np.nonzero(dense.T)
    starts = np.concatenate([[0], np.cumsum(np.bincount(latent * windows + row // window, minlength=latents * windows))]).astype(np.uint32)
    return [starts, (row % window).astype(np.uint16), dense.T[latent, row], step, 1000, rows, window], dense


def asked(rng, count, latents, lists, rows, masks):
    latent = rng.integers(0, latents, (count, lists)).astype(np.int32)
    hidden = (rng.random(rows) < 0.2).astype(np.uint8) if masks else np.empty(0, np.uint8)
    barred = [np.sort(rng.choice(rows, min(rows, 5), replace=False)) + 1000 if masks else np.empty(0, np.int64) for _ in range(count)]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in barred])]).astype(np.int64)
    return [latent, rng.standard_normal((count, lists)).astype(np.float32), hidden, starts, np.concatenate(barred).astype(np.int64)]


@pytest.mark.parametrize("masks", [False, True])
@pytest.mark.parametrize("rows,window", [(1, 1), (5, 2), (64, 64), (300, 100), (301, 100), (1000, 65_536)])
def test_inverted_top_agrees_on_every_level_and_with_sorting(rows, window, masks):
    rng = np.random.default_rng(rows + masks)
    index, dense = index_of(rng, rows, 40, window, 9)
    queries = asked(rng, 3, 40, 6, rows, masks)
    found = {}
    for name in kernels.levels():
        top = np.full((3, 12), -np.inf, np.float32), np.full((3, 12), -1, np.int64)
        with kernels.use(name):
            kernels.inverted_top(*index, 0, index[3].shape[1], *queries, *top)
        found[name] = top
    scores, best = found["reference"]
    for name, top in found.items():
        np.testing.assert_array_equal(top[0], scores, name)
        np.testing.assert_array_equal(top[1], best, name)
    real = dense * np.repeat(index[3].T, window, axis=0)[:rows].astype(np.float64)
    for query in range(3):
        exact = real[:, queries[0][query]] @ queries[1][query].astype(np.float64)
        exact[(queries[2] != 0) if masks else []] = -np.inf
        exact[queries[4][queries[3][query] : queries[3][query + 1]] - 1000] = -np.inf
        expected = np.sort(exact)[::-1][:12]
        filled = int((expected > -np.inf).sum())
        assert (best[query, filled:] == -1).all() and (scores[query, filled:] == -np.inf).all()
        np.testing.assert_allclose(scores[query, :filled], expected[:filled], atol=1e-3)
        np.testing.assert_allclose(exact[best[query, :filled] - 1000], expected[:filled], atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 400), window=st.integers(1, 200), k=st.integers(1, 60), cut=st.floats(0, 1))
def test_windows_may_be_searched_apart(seed, rows, window, k, cut):
    rng = np.random.default_rng(seed)
    index, _ = index_of(rng, rows, 30, window, 4)
    queries, windows = asked(rng, 2, 30, 3, rows, True), index[3].shape[1]
    whole, parts = ((np.full((2, k), -np.inf, np.float32), np.full((2, k), -1, np.int64)) for _ in range(2))
    middle = int(cut * windows)
    kernels.inverted_top(*index, 0, windows, *queries, *whole)
    kernels.inverted_top(*index, middle, windows, *queries, *parts)
    kernels.inverted_top(*index, 0, middle, *queries, *parts)
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_array_equal(parts[1], whole[1])


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"starts": np.zeros(3, np.uint32)}, r"starts: got .*\(41\)"),
        ({"window": 0}, "window: got"),
        ({"window": 4}, "window: got 0 to 1 of 1 windows of 4 rows for 9 rows"),
        ({"end": 2}, "window: got 0 to 2 of 1"),
        ({"latent": np.full((1, 2), 40, np.int32)}, "latent: got 40 to 40; expected 0 to 39"),
        ({"weight": np.zeros((1, 3), np.float32)}, "weight: got"),
        ({"hidden": np.zeros(8, np.uint8)}, r"hidden: got .*\(9\)"),
        ({"barred_starts": np.zeros(1, np.int64)}, "barred_starts: got"),
        ({"top_rows": np.zeros((1, 4), np.int32)}, "top_rows: got int32"),
        ({"top_scores": np.zeros((1, 0), np.float32), "top_rows": np.zeros((1, 0), np.int64)}, "k = 0"),
    ],
)
def test_inverted_top_refuses(changed, match):
    rng = np.random.default_rng(0)
    names = ["starts", "local", "value", "step", "first", "rows", "window"]
    good = dict(zip(names, index_of(rng, 9, 40, 16, 3)[0], strict=True)) | {"begin": 0, "end": 1}
    good |= dict(zip(["latent", "weight", "hidden", "barred_starts", "barred"], asked(rng, 1, 40, 2, 9, False), strict=True))
    good |= {"top_scores": np.full((1, 5), -np.inf, np.float32), "top_rows": np.full((1, 5), -1, np.int64)}
    kernels.inverted_top(*good.values())
    with pytest.raises(InputError, match=match):
        kernels.inverted_top(*(good | changed).values())
