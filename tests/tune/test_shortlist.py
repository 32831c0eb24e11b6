"""The short list keeps to the size, to the rows, and says what is possible when nothing fits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import BudgetError
from rankfold.tune.shortlist import shortlist


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 1024), st.integers(1, 600), st.sampled_from([10, 300, 5_000, 10**6]), st.booleans())
def test_every_codec_keeps_to_the_size(dim, row_bytes, rows, norms_vary):
    try:
        found = shortlist(dim, row_bytes, rows=rows, norms_vary=norms_vary)
    except BudgetError as error:
        assert "smallest size that can be had" in str(error)
        return
    assert found and len(set(found)) == len(found)
    assert all(0.75 * row_bytes <= codec.row_bytes(dim) <= row_bytes for codec in found)


def test_codebooks_wait_for_rows():
    few = {codec.name for codec in shortlist(384, 16, rows=2_000, norms_vary=False)}
    many = {codec.name for codec in shortlist(384, 16, rows=10**6, norms_vary=False)}
    assert "residual" not in few and {"residual", "pq"} <= many


@pytest.mark.parametrize(("dim", "row_bytes", "rows", "atoms"), [(384, 16, 10**6, 4096), (128, 17, 5_000, 256), (384, 35, 5_000, 128), (16, 16, 300, 64)])
def test_a_dictionary_does_not_outweigh_the_codes(dim, row_bytes, rows, atoms):
    found = {codec.name: codec for codec in shortlist(dim, row_bytes, rows=rows, norms_vary=True)}
    assert found["sparse"].dictionary == atoms


@pytest.mark.parametrize(("row_bytes", "rows"), [(64, 10**6), (16, 2_000), (3, 10**6)])
def test_sparse_codes_wait_for_rows_and_for_small_sizes(row_bytes, rows):
    assert "sparse" not in {codec.name for codec in shortlist(384, row_bytes, rows=rows, norms_vary=False)}


def test_free_norms_are_wrapped():
    assert all(codec.any_norm or codec.name == "reduced" for codec in shortlist(128, 17, rows=10**6, norms_vary=True))


def test_what_cannot_be_had_names_what_can():
    with pytest.raises(BudgetError, match="no codec fits 1 bytes a row at 1000 dimensions; the smallest size"):
        shortlist(1000, 1, rows=100, norms_vary=True)
