"""Every exception is one of ours, and says what to install when something is missing."""

import inspect

import pytest

from rankfold import errors


def test_every_exception_is_a_rankfold_error_and_is_drawn():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) == 8
    for kind in kinds:
        assert issubclass(kind, errors.RankfoldError)
        assert kind.__name__ in errors.__doc__


def test_a_missing_extra_names_the_install_command():
    with pytest.raises(errors.MissingExtra, match=r'pip install "rankfold\[parquet\]"'):
        raise errors.MissingExtra("pyarrow", "parquet")
    assert issubclass(errors.MissingExtra, ImportError)
    assert issubclass(errors.InputError, ValueError)
