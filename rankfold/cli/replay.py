"""A log of requests replayed against a searcher that remembers: hit rate and latencies, with and without memory."""

import time

import numpy as np

from ..arrays import F32
from ..search import HotSearcher, Searcher

MOST_REQUESTS = 20_000


def requests_of(user: np.ndarray, when: np.ndarray | None) -> np.ndarray:
    """Query numbers of events in the order of their time (of the file, where it has none), at most the last MOST_REQUESTS."""
    order = np.arange(user.size) if when is None else np.argsort(when, kind="stable")
    return user[order][-MOST_REQUESTS:]


def replayed(searcher: Searcher, queries: F32, requests: np.ndarray, k: int, hot_bytes: int) -> dict:
    """Milliseconds of every request, one query each, first as it is and then with `hot_bytes` of remembered lists; hit rate and bytes held."""
    searcher.search(queries[requests[:1]], k)
    plain = _spans(searcher, queries, requests, k)
    hot = HotSearcher(searcher, hot_bytes)
    remembered = _spans(hot, queries, requests, k)
    return {
        "requests": int(requests.size),
        "different_queries": int(np.unique(requests).size),
        "hot_bytes": hot_bytes,
        "held_bytes": hot.cache.nbytes,
        "hit_rate": hot.cache.hits / max(1, hot.cache.hits + hot.cache.misses),
        "plain": percentiles(plain),
        "hot": percentiles(remembered),
        "time_ratio": float(plain.sum() / remembered.sum()),
    }


def _spans(searcher: Searcher | HotSearcher, queries: F32, requests: np.ndarray, k: int) -> np.ndarray:
    spans = np.empty(requests.size)
    for number, query in enumerate(requests.tolist()):
        start = time.perf_counter()
        searcher.search(queries[query : query + 1], k)
        spans[number] = time.perf_counter() - start
    return spans


def percentiles(spans: np.ndarray) -> dict:
    """Milliseconds: median, 95th and 99th percentile, and the 99th as a multiple of the median."""
    found = {f"p{share}_ms": float(1000 * np.percentile(spans, share)) for share in (50, 95, 99)}
    return found | {"p99_of_p50": found["p99_ms"] / found["p50_ms"] if found["p50_ms"] > 0 else None}
