"""What a bug report needs."""

import json

from rankfold import kernels
from rankfold.cli import machine
from rankfold.cli.output import finite


def test_facts_are_json_and_name_the_kernel_level():
    facts = machine.facts()
    assert facts["kernel_level"] == kernels.level()
    assert facts["kernel_level"] in facts["kernel_levels"]
    assert facts["workers"] >= 1
    assert json.loads(json.dumps(finite(facts))) == facts


def test_a_package_that_is_not_there_is_null():
    assert machine._version("surely-not-installed-anywhere") is None


def test_peak_memory_grows_with_what_is_held():
    before = machine.peak_memory_bytes()
    held = bytearray(before + 50_000_000)
    for place in range(0, len(held), 4_096):
        held[place] = 1
    assert machine.peak_memory_bytes() >= before + 40_000_000
