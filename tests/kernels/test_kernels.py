"""The doors of the kernels: what they refuse."""

import numpy as np
import pytest

from rankfold import kernels
from rankfold.errors import InputError

F32, U8 = np.float32, np.uint8


def refuses(match, kernel, *arguments):
    before = [argument.copy() for argument in arguments if isinstance(argument, np.ndarray)]
    with pytest.raises(InputError, match=match):
        kernel(*arguments)
    after = [argument for argument in arguments if isinstance(argument, np.ndarray)]
    assert all(np.array_equal(one, other) for one, other in zip(before, after))


def read_only(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "queries,rows,out,match",
    [
        (np.zeros((2, 8), np.int8), np.zeros((3, 8), np.int8), np.zeros((2, 3), np.int32), r"queries: got int8 .*expected C-contiguous int16"),
        (np.zeros((2, 8), np.int16), np.zeros((3, 9), np.int8), np.zeros((2, 3), np.int32), r"rows: got int8 of shape \(3, 9\).*\(n, 8\)"),
        (np.zeros((2, 8), np.int16), np.zeros((6, 8), np.int8)[::2], np.zeros((2, 3), np.int32), "rows: got not contiguous int8"),
        (np.zeros((2, 8), np.int16), np.zeros((3, 8), np.int8), np.zeros((2, 4), np.int32), r"out: got int32 of shape \(2, 4\).*\(2, 3\)"),
        (np.zeros((2, 8), np.int16), np.zeros((3, 8), np.int8), read_only(np.zeros((2, 3), np.int32)), "out: got read-only"),
        (np.zeros(8, np.int16), np.zeros((3, 8), np.int8), np.zeros((2, 3), np.int32), r"queries: got int16 of shape \(8,\)"),
        (np.zeros((2, 8), ">i2"), np.zeros((3, 8), np.int8), np.zeros((2, 3), np.int32), "queries: got >i2"),
        ([[1, 2]], np.zeros((3, 2), np.int8), np.zeros((1, 3), np.int32), "queries: got list"),
    ],
)
def test_dot8_refuses(queries, rows, out, match):
    refuses(match, kernels.dot8, queries, rows, out)


def test_interleave_refuses():
    refuses("codes: got int8", kernels.interleave, np.zeros((3, 4), np.int8))


@pytest.mark.parametrize(
    "changed,match",
    [
        ({"tables": np.zeros((2, 4, 255), U8)}, r"tables: got uint8 of shape \(2, 4, 255\)"),
        ({"packed": np.zeros((2, 5, 64), U8)}, r"packed: got .*expected C-contiguous uint8 of shape \(b, 4, 64\)"),
        ({"packed": np.zeros((1, 4, 64), U8)}, "packed: got 1 blocks of 64 rows for 65 rows"),
        ({"packed": np.zeros((3, 4, 64), U8)}, "packed: got 3 blocks"),
        ({"step": np.zeros(1, F32)}, "step: got"),
        ({"offset": np.zeros(2)}, "offset: got float64"),
        ({"out": np.zeros((2, 130), F32)[:, ::2]}, "out: got not contiguous"),
    ],
)
def test_lut8_refuses(changed, match):
    good = {"tables": np.zeros((2, 4, 256), U8), "packed": np.zeros((2, 4, 64), U8), "step": np.ones(2, F32), "offset": np.ones(2, F32)}
    refuses(match, kernels.lut8, *({**good, "out": np.zeros((2, 65), F32)} | changed).values())


def test_lut4_refuses_an_odd_count_of_groups():
    refuses(r"tables: got .*\(q, 4, 16\)", kernels.lut4, np.zeros((1, 3, 16), U8), np.zeros((1, 2, 64), U8), *np.ones((2, 1), F32), np.zeros((1, 9), F32))


def test_bits_refuses():
    one, out = np.ones(1, F32), np.zeros((1, 3), F32)
    refuses(r"planes: got .*\(q, 8, w\)", kernels.bits, np.zeros((1, 7, 2), np.uint64), np.zeros((3, 2), np.uint64), one, one, out)
    refuses("rows: got int64", kernels.bits, np.zeros((1, 8, 2), np.uint64), np.zeros((3, 2), np.int64), one, one, out)
    refuses(r"out: got .*\(1, 4\)", kernels.bits, np.zeros((1, 8, 2), np.uint64), np.zeros((4, 2), np.uint64), one, one, out)


def test_nearest_refuses():
    x, best, score = np.zeros((3, 2), F32), np.zeros(3, np.int32), np.zeros(3, F32)
    refuses("centroids: got none", kernels.nearest, x, np.zeros((0, 2), F32), np.zeros(0, F32), best, score)
    refuses("half_norms: got", kernels.nearest, x, np.zeros((4, 2), F32), np.zeros(3, F32), best, score)
    refuses("best: got int64", kernels.nearest, x, np.zeros((4, 2), F32), np.zeros(4, F32), np.zeros(3, np.int64), score)


@pytest.mark.parametrize("width", [0, 65, True, 2.0])
def test_beam_refuses_a_width(width):
    arrays = np.zeros((3, 8), F32), np.zeros(16, F32), np.zeros((2, 4), F32), np.zeros((3, 2), U8), np.zeros(3, F32)
    refuses("width: got", kernels.beam, *arrays, width)


def test_beam_refuses_shapes():
    dots, half, codes, cost = np.zeros((3, 8), F32), np.zeros((2, 4), F32), np.zeros((3, 2), U8), np.zeros(3, F32)
    refuses(r"cross: got .*\(16\)", kernels.beam, dots, np.zeros(15, F32), half, codes, cost, 1)
    refuses("half_norms: got .*1 to 128 levels of 1 to 256", kernels.beam, dots, np.zeros(0, F32), np.zeros((1, 257), F32), codes, cost, 1)
    refuses(r"codes: got .*\(3, 2\)", kernels.beam, dots, np.zeros(16, F32), half, np.zeros((3, 3), U8), cost, 1)


def test_select_refuses():
    refuses("k = 0", kernels.select, np.zeros((1, 3), F32), 0, np.zeros((1, 0), F32), np.zeros((1, 0), np.int64))
    refuses("top_rows: got int32", kernels.select, np.zeros((1, 3), F32), 0, np.zeros((1, 2), F32), np.zeros((1, 2), np.int32))


def test_read_only_inputs_are_fine():
    out = np.zeros((1, 1), np.int32)
    for name in kernels.levels():
        with kernels.use(name):
            kernels.dot8(read_only(np.int16([[2, 3]])), read_only(np.int8([[4, 5]])), out)
        assert out.tolist() == [[23]]
