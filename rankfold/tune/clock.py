"""A time limit that is kept: what was taken so far, and whether work of a known length may still begin."""

import time
from dataclasses import dataclass, field

# What is left for the last measurements and the writing.
RESERVE = 0.15
# The first, cheapest trials tell how long the others take; they may not use up what the others need.
FIRST_PART = 0.35


@dataclass(slots=True)
class Clock:
    """limit_s: seconds from now, or None for no limit."""

    limit_s: float | None = None
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def allows(self, seconds: float = 0.0) -> bool:
        """Whether work of so many seconds would end in time, with a part of the limit left to report."""
        return self.limit_s is None or self.elapsed + seconds <= (1 - RESERVE) * self.limit_s

    def allows_more_of_the_first(self) -> bool:
        """Whether the cheapest trials may go on."""
        return self.limit_s is None or self.elapsed <= FIRST_PART * self.limit_s
