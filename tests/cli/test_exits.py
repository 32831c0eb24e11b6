"""Which error ends in which exit code, and that its message is one line."""

import pytest

from rankfold import errors
from rankfold.cli import exits


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InputError("x"), 3),
        (errors.SpecError("x"), 3),
        (errors.BudgetError("x"), 3),
        (errors.KernelError("x"), 3),
        (errors.MissingExtra("pyarrow", "parquet"), 3),
        (FileNotFoundError(2, "No such file or directory", "a.npy"), 3),
        (MemoryError(), 3),
        (exits.GateFailed("x"), 4),
        (errors.ArtifactError("x"), 5),
        (KeyboardInterrupt(), 130),
        (TypeError("x"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_codes(error, code):
    assert exits.code_for(error) == code
    assert "\n" not in exits.message_for(error)
    assert exits.message_for(error)


def test_every_code_is_in_the_table():
    for code, meaning in exits.MEANINGS.items():
        assert f"{code:>3}  {meaning}" in exits.table()


def test_a_missing_file_is_named():
    assert exits.message_for(FileNotFoundError(2, "No such file or directory", "a.npy")) == "a.npy: No such file or directory"


def test_a_fault_asks_for_a_report():
    assert "rankfold doctor" in exits.message_for(TypeError("odd"))


def test_line_breaks_become_spaces():
    assert exits.message_for(errors.InputError("one\n  two")) == "one two"
