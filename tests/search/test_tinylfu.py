"""The cache holds no more bytes than it may, keeps what is asked for often, and forgets old fame."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.search.tinylfu import MOST_COUNT, Sketch, TinyLFU


def replay(cache, keys, size=100):
    for key in keys:
        if cache.get(key) is None:
            cache.put(key, key, size)
    return cache.hits / (cache.hits + cache.misses)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 1200)), max_size=200))
def test_bytes_stay_within_the_capacity_and_values_are_the_last_ones(steps):
    cache, last = TinyLFU(1000), {}
    for key, size in steps:
        value = cache.get(key)
        assert value is None or value == last[key]
        cache.put(key, (key, size), size)
        if size <= 1000:
            last[key] = (key, size)
        assert cache.nbytes <= 1000
        held = [*cache._window.values(), *cache._main.values()]
        assert cache.nbytes == sum(size for _, size in held) and len(cache) == len(held)


def test_a_value_that_is_too_large_is_not_kept_and_pushes_nothing_out():
    cache = TinyLFU(1000)
    cache.put("a", 1, 500)
    cache.put("b", 2, 1001)
    assert cache.get("a") == 1 and cache.get("b") is None


def test_a_scan_of_strangers_does_not_push_out_what_is_asked_for_often():
    cache = TinyLFU(100 * 100)
    for _ in range(8):
        replay(cache, range(50))
    before = cache.hits
    replay(cache, range(1000, 3000))
    replay(cache, range(50))
    assert cache.hits - before >= 49, "least-recently-used would have lost all of them"


def test_fame_fades():
    cache = TinyLFU(50 * 100)
    for _ in range(20):
        replay(cache, range(50))
    for _ in range(300):
        replay(cache, range(100, 150))
    before = cache.hits
    replay(cache, range(100, 150))
    assert cache.hits - before >= 48


def test_hit_rate_on_zipf_is_near_that_of_keeping_the_most_frequent():
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, 5001)
    shares /= shares.sum()
    rate = replay(TinyLFU(250 * 100), rng.choice(5000, 15_000, p=shares).tolist())
    assert rate > 0.9 * shares[:250].sum()


def test_the_sketch_never_tells_too_low_and_halves():
    rng, sketch = np.random.default_rng(1), Sketch(2000)
    keys = rng.integers(0, 3000, 6000).tolist()
    for key in keys:
        sketch.add(key)
    times = np.bincount(keys, minlength=3000)
    counts = np.array([sketch.count(key) for key in range(3000)])
    assert (counts >= np.minimum(times, MOST_COUNT)).all() and (counts <= times + 2).mean() > 0.95
    sketch.halve()
    assert [sketch.count(key) for key in range(3000)] == (counts // 2).tolist()


def test_threads_get_only_values_of_their_keys():
    cache, wrong = TinyLFU(3000), []

    def work(seed):
        for key in np.random.default_rng(seed).integers(0, 60, 3000).tolist():
            value = cache.get(key)
            if value is not None and value != key:
                wrong.append((key, value))
            cache.put(key, key, 100)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and cache.nbytes <= 3000 and cache.hits + cache.misses == 18_000


def test_no_capacity_is_refused():
    for capacity in (0, -5, True):
        with pytest.raises(InputError, match="capacity"):
            TinyLFU(capacity)
