import numpy as np

from rankfold.codecs.half import Half


def test_sixteen_bit_floats_come_back_exactly(coded, gaussian):
    x = gaussian(20, 7).astype(np.float16).astype(np.float32)
    state, codes, decoded = coded(Half(), x)
    assert np.array_equal(decoded, x)
    assert codes["values"].dtype == np.float16 and Half().row_bytes(7) == 14


def test_scale_is_a_power_of_two_that_keeps_large_rows_in_range(coded, gaussian):
    x = gaussian(20, 7) * np.float32(1e6)
    state, _, decoded = coded(Half(), x)
    assert np.log2(state["scale"][0]) % 1 == 0
    assert np.abs(decoded / x - 1).max() < 2**-11


def test_rows_beyond_the_range_are_cut_off_at_its_end(coded, gaussian):
    state, _, _ = coded(Half(), gaussian(20, 3))
    values = Half().encode(state, np.full((1, 3), 1e30, np.float32))["values"]
    assert values.tolist() == [[65504.0] * 3]
