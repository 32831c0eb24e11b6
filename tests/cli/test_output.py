"""One JSON document or text, never both."""

import json

import numpy as np
import pytest

from rankfold.cli.output import Output, finite, report_error


def test_json_is_the_only_thing_on_stdout(capsys):
    output = Output(as_json=True)
    output.line("for people")
    output.note("a note")
    output.finish({"a": np.float32(0.5), "b": float("nan"), "c": np.array([1, 2]), b"d": b"bytes", "e": (True, None)})
    written = capsys.readouterr()
    assert json.loads(written.out) == {"a": 0.5, "b": None, "c": [1, 2], "d": "bytes", "e": [True, None]}
    assert written.err == "a note\n"


def test_text_is_written_at_once_and_no_json_follows(capsys):
    output = Output(as_json=False)
    output.line("one")
    assert capsys.readouterr().out == "one\n"
    output.finish({"a": 1})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), np.float32("nan"), np.array([np.nan])])
def test_numbers_that_are_not_finite_become_null(value):
    assert json.dumps(finite(value), allow_nan=False) in ("null", "[null]")


def test_an_error_goes_to_both_streams_with_json(capsys):
    report_error("InputError", "no such thing", 3, as_json=True)
    written = capsys.readouterr()
    assert json.loads(written.out) == {"error": {"kind": "InputError", "message": "no such thing", "exit_code": 3}}
    assert written.err == "error: no such thing\n"


def test_an_error_goes_to_stderr_alone_without_json(capsys):
    report_error("InputError", "no such thing", 3, as_json=False)
    written = capsys.readouterr()
    assert (written.out, written.err) == ("", "error: no such thing\n")
