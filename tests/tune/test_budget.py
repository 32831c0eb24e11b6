"""Targets as people write them."""

import pytest

from rankfold.errors import InputError
from rankfold.tune.budget import Ask, ask_for, bytes_for, milliseconds_for, row_bytes_for, seconds_for, share_for


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


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (bytes_for, "2GB", 2 * 10**9), (bytes_for, "800 kB", 800_000), (bytes_for, "1.5GiB", 3 << 29), (bytes_for, 512, 512), (bytes_for, "12b", 12),
        (share_for, "1%", 0.01), (share_for, "0.5 %", 0.005), (share_for, 0.02, 0.02), (share_for, "0", 0.0),
        (milliseconds_for, "5ms", 5.0), (milliseconds_for, "0.2s", 200.0), (milliseconds_for, 3, 3.0),
        (seconds_for, "10m", 600.0), (seconds_for, "90s", 90.0), (seconds_for, "1h", 3600.0), (seconds_for, 20, 20.0),
    ],
)  # fmt: skip
def test_quantities_as_people_write_them(read, text, value):
    assert read(text) == pytest.approx(value)


@pytest.mark.parametrize(("read", "text"), [(bytes_for, "2 gigs"), (bytes_for, "-1"), (bytes_for, "0"), (bytes_for, "nan"), (share_for, "1x"), (share_for, ""),
                                            (milliseconds_for, "5 minutes"), (seconds_for, "soon"), (seconds_for, "-3")])  # fmt: skip
def test_other_quantities_are_refused(read, text):
    with pytest.raises(InputError, match="expected"):
        read(text)


def test_an_ask_in_words():
    assert ask_for(128, target="16x", total="2MB", max_loss="1%", p99="5ms") == Ask(32, 2_000_000, 0.01, 5.0)
    assert ask_for(128, target="16x", row_bytes=24) == ask_for(128, target="16x", row_bytes=24, total=None) == Ask(24)
    assert Ask().is_empty and not Ask(24).is_empty and Ask(24, p99_ms=5.0).to_dict() == {"row_bytes": 24, "p99_ms": 5.0}


@pytest.mark.parametrize(
    "values", [{"row_bytes": 0}, {"row_bytes": True}, {"total_bytes": 1.5}, {"max_loss": 1.0}, {"max_loss": float("nan")}, {"p99_ms": 0.0}]
)
def test_what_nothing_could_keep_to_is_refused(values):
    with pytest.raises(InputError, match=f"{next(iter(values))}: got"):
        Ask(**values)
