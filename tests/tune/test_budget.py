"""Targets as people write them."""

import pytest

from rankfold.errors import InputError
from rankfold.tune.budget import row_bytes_for


@pytest.mark.parametrize(
    ("target", "dim", "row_bytes"), [("16x", 128, 32), ("16X", 384, 96), (" 30x ", 128, 17), ("24", 64, 24), ("24B", 64, 24), (17, 8, 17), ("2.5x", 10, 16)]
)
def test_targets(target, dim, row_bytes):
    assert row_bytes_for(target, dim) == row_bytes


@pytest.mark.parametrize("target", ["", "x", "16 times", "-4x", "0", "0x", "1.5", "nan", "16xx"])
def test_other_text_is_refused(target):
    with pytest.raises(InputError, match="target: got"):
        row_bytes_for(target, 64)


def test_less_than_a_byte_is_refused_with_the_most_that_can_be_asked():
    with pytest.raises(InputError, match="at most 32x"):
        row_bytes_for("33x", 8)
