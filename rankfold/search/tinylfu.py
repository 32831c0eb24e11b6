"""A cache of so many bytes that keeps what is asked for often: a small window of the newest, and a main part that a value enters only if it is asked for
more often than those it would push out.

Method: Einziger, Friedman, Manes, "TinyLFU: a highly efficient cache admission policy" (ACM Transactions on Storage, 2017), with a window as in W-TinyLFU.
How often a key was asked for is counted in a count-min sketch whose counters are halved from time to time, so that old fame fades. Libraries that have it
count entries, not bytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

from ..errors import InputError

WINDOW_SHARE = 0.01
DEPTH = 4
MOST_COUNT = 15
# The counters are halved when so many times as many keys were asked for as the cache holds.
SAMPLE = 10
LEAST_WIDTH = 1 << 10


class Sketch:
    """How often each key was asked for lately, at most 15 times, never told too low between two halvings. width: counters in each of four lines."""

    def __init__(self, width: int):
        self.width = 1 << max(LEAST_WIDTH, width).bit_length()
        self._counts = [bytearray(self.width) for _ in range(DEPTH)]
        self.asked = 0

    def add(self, key: Hashable) -> None:
        """Count one more request."""
        places = self._places(key)
        low = min(line[at] for line, at in zip(self._counts, places, strict=True))
        if low < MOST_COUNT:
            for line, at in zip(self._counts, places, strict=True):
                if line[at] == low:
                    line[at] = low + 1
        self.asked += 1

    def count(self, key: Hashable) -> int:
        """How often, about."""
        return min(line[at] for line, at in zip(self._counts, self._places(key), strict=True))

    def halve(self) -> None:
        """Halve all counters."""
        self.asked //= 2
        halves = bytes(value >> 1 for value in range(256))
        self._counts = [bytearray(line.translate(halves)) for line in self._counts]

    def _places(self, key: Hashable) -> list[int]:
        mixed, places = hash(key) & 0xFFFFFFFFFFFFFFFF, []
        for _ in range(DEPTH):
            mixed = (mixed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF
            places.append((mixed >> 32) & (self.width - 1))
        return places


class TinyLFU:
    """Values by key, of at most `capacity` bytes in all by the sizes they are given. Safe to call from threads. Raises InputError for no capacity."""

    def __init__(self, capacity: int):
        if isinstance(capacity, bool) or capacity < 1:
            raise InputError(f"capacity: got {capacity!r}; expected at least one byte.")
        self.capacity = int(capacity)
        self.hits = self.misses = 0
        self._window: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._main: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._window_bytes = self._main_bytes = 0
        self._sketch = Sketch(LEAST_WIDTH)
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes of all values, by the sizes they were given."""
        return self._window_bytes + self._main_bytes

    def __len__(self) -> int:
        return len(self._window) + len(self._main)

    def get(self, key: Hashable) -> Any:
        """The value of a key, or None."""
        with self._lock:
            self._note(key)
            for part in (self._main, self._window):
                held = part.get(key)
                if held is not None:
                    part.move_to_end(key)
                    self.hits += 1
                    return held[0]
            self.misses += 1
            return None

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value of so many bytes, if it is worth its place; larger ones than the capacity never are."""
        if size > self.capacity:
            return
        with self._lock:
            self._drop(key)
            self._window[key] = value, size
            self._window_bytes += size
            while self._window_bytes > self.capacity * WINDOW_SHARE and self._window:
                oldest, (old, old_size) = self._window.popitem(last=False)
                self._window_bytes -= old_size
                self._offer(oldest, old, old_size)

    def _offer(self, key: Hashable, value: Any, size: int) -> None:
        """Into the main part: where room is missing, only if the key was asked for more often than each of those that would go."""
        room = self.capacity - self._window_bytes
        going, freed = [], 0
        for victim, (_, victim_size) in self._main.items():
            if self._main_bytes - freed + size <= room:
                break
            if self._sketch.count(victim) >= self._sketch.count(key):
                return
            going.append(victim)
            freed += victim_size
        for victim in going:
            del self._main[victim]
        self._main[key] = value, size
        self._main_bytes += size - freed

    def _drop(self, key: Hashable) -> None:
        held = self._window.pop(key, None)
        if held is not None:
            self._window_bytes -= held[1]
        held = self._main.pop(key, None)
        if held is not None:
            self._main_bytes -= held[1]

    def _note(self, key: Hashable) -> None:
        self._sketch.add(key)
        if self._sketch.asked >= SAMPLE * max(len(self), LEAST_WIDTH):
            self._sketch.halve()
            if len(self) > self._sketch.width:
                # More and smaller values than thought: a wider sketch begins anew.
                self._sketch = Sketch(2 * len(self))
