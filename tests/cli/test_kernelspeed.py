"""Every kernel gets a speed at every level."""

from rankfold import kernels
from rankfold.cli import kernelspeed


def test_every_kernel_at_every_level(monkeypatch):
    monkeypatch.setattr(kernelspeed, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(kernelspeed, "ROWS", 1_000)
    found = kernelspeed.measure()
    scans = {"lut8", "lut4", "dot8", "bits", "trellis_scan", "lut8_top", "dot8_top", "trellis_top"}
    assert {case["kernel"] for case in found} == scans | {"nearest", "select", "trellis_encode", "omp", "topk_rows"}
    for case in found:
        assert list(case["rows_per_s"]) == kernels.levels()
        assert all(0 < speed < 1e13 for speed in case["rows_per_s"].values())


def test_the_level_in_use_stays_as_it_was(monkeypatch):
    monkeypatch.setattr(kernelspeed, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(kernelspeed, "ROWS", 100)
    before = kernels.level()
    kernelspeed.measure()
    assert kernels.level() == before
