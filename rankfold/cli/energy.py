"""Energy that the processor says it has used (RAPL), where the system lets this process read it."""

from pathlib import Path

DOMAINS = Path("/sys/class/powercap")


class Energy:
    """Microjoules of all processor packages since it was made. folder: where the system lists its counters."""

    def __init__(self, folder: Path = DOMAINS):
        self._packages = sorted(one for one in folder.glob("intel-rapl:*") if one.name.count(":") == 1)
        self._start = self._read()

    def joules(self) -> float | None:
        """Joules since the start; None where counters are missing or not readable. Of everything that runs on the machine, not of this process alone."""
        now = self._read()
        if self._start is None or now is None:
            return None
        used = 0
        for package, before, after in zip(self._packages, self._start, now, strict=True):
            # A counter starts over at its range.
            used += after - before if after >= before else after - before + (_number(package / "max_energy_range_uj") or 0)
        return used / 1e6

    def _read(self) -> list[int] | None:
        found = [_number(package / "energy_uj") for package in self._packages]
        return [one for one in found if one is not None] if found and None not in found else None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None
