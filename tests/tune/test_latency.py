"""Single searches are timed one by one; how long they take is the machine's affair."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.tune import latency as module
from rankfold.tune.latency import latency
from rankfold.vectors import as_vectors


def test_p99_is_of_the_searches_that_were_made(monkeypatch):
    rng = np.random.default_rng(0)
    table = compress(as_vectors(rng.standard_normal((300, 8)).astype(np.float32)), from_spec({"codec": "int8"}))
    found = latency(table, rng.standard_normal((20, 8)).astype(np.float32), most_seconds=0.0)
    assert found.n == module.LEAST_QUERIES and 0 < found.p50_ms <= found.p99_ms
    # Two clock readings a search, two searches a query: the shorter counts, and one slow query in 100 is what p99 is about.
    ticks = iter([value for number in range(module.LEAST_QUERIES) for value in (0.0, 9.0, 10.0, 10.5 if number == 50 else 10.001)])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(ticks))
    found = latency(table, rng.standard_normal((20, 8)).astype(np.float32), most_seconds=0.0)
    assert abs(found.p50_ms - 1) < 1e-6 and 1 < found.p99_ms < 500
