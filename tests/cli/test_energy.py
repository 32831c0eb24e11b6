"""Joules come from the counters that may be read, across their ends; otherwise there are none."""

import pytest

from rankfold.cli.energy import Energy


def package(folder, name, used, most=1_000_000):
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "energy_uj").write_text(f"{used}\n")
    (place / "max_energy_range_uj").write_text(f"{most}\n")
    return place


def test_packages_are_added_up_and_parts_of_them_are_not(tmp_path):
    for name, used in (("intel-rapl:0", 100), ("intel-rapl:0:0", 50), ("intel-rapl:1", 999_000)):
        package(tmp_path, name, used)
    energy = Energy(tmp_path)
    package(tmp_path, "intel-rapl:0", 600_100)
    package(tmp_path, "intel-rapl:0:0", 400_000)
    package(tmp_path, "intel-rapl:1", 4_000)  # began again at 1,000,000
    assert energy.joules() == pytest.approx(0.6 + 0.005)


def test_nothing_to_read_is_none(tmp_path):
    assert Energy(tmp_path).joules() is None
    place = package(tmp_path, "intel-rapl:0", 5)
    (place / "energy_uj").write_text("secret")
    assert Energy(tmp_path).joules() is None
    (place / "energy_uj").write_text("7")
    energy = Energy(tmp_path)
    (place / "energy_uj").unlink()
    assert energy.joules() is None
