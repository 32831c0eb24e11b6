"""Slow NumPy twins of the trellis kernels: the definition of what the compiled ones must give."""

import numpy as np

CONTEXT_WINDOWS = 8  # bits on either side of the wrap, in windows, that settle the state there; one round at most
RING_WINDOWS = 10  # a shorter ring is searched from several places of the wrap
MAX_TRIALS = 16
FAR = np.float32(1e30)  # the cost of a state that a path may not start in
REACH_LIMIT = np.float32(8)  # targets are cut at so many times the largest value that their coordinate can take
ROW_BLOCK = 256
ROWS_SCANNED = 4_096


def trellis_encode(targets, reach, advance, which, tables, out, cost):
    scale, limits = trellis_scaling(reach, which, tables)
    values = (reach * scale)[:, None] * tables.astype(np.float32)[which]
    trials = _trials(len(reach), int(advance.sum(dtype=np.int64)), tables.shape[1].bit_length() - 1)
    for first in range(0, len(targets), ROW_BLOCK):
        rows = slice(first, first + ROW_BLOCK)
        with np.errstate(over="ignore"):
            near = np.clip(targets[rows] * scale, -limits, limits)
        lowest = np.full(len(near), np.inf)
        for trial in range(trials):
            codes = _ring(near, values, advance, trial * len(reach) // trials)
            error = _squared_error(targets[rows], reach, advance, which, tables, codes)
            better = error < lowest if trial else slice(None)
            out[rows][better], lowest[better] = codes[better], error[better]
        with np.errstate(over="ignore"):
            cost[rows] = lowest


def _trials(count, bits, window):
    """How many places of the wrap are tried: one on long rings, more where the ends of a path are a large part of it."""
    asked = -(-((RING_WINDOWS * window) ** 2) // bits**2)
    return min(asked, MAX_TRIALS, count)


def _ring(near, values, advance, wrap):
    """Codes (n, B) of the best path whose ends meet before coordinate `wrap`."""
    order = np.arange(wrap, wrap + len(advance)) % len(advance)
    start = _state_at_wrap(near[:, order], values[order], advance[order])
    picked = np.empty(near.shape, np.uint8)
    picked[:, order] = _search(near, values, advance, order, start)
    return _pack(picked, advance)


def trellis_decode(codes, reach, advance, which, tables, out):
    out[:] = reach * tables[which, _windows(codes, advance, tables.shape[1])]


def trellis_scan(queries, codes, advance, which, tables, step, offset, out):
    wide = queries.astype(np.float64)
    for first in range(0, len(codes), ROWS_SCANNED):
        rows = slice(first, first + ROWS_SCANNED)
        values = tables[which, _windows(codes[rows], advance, tables.shape[1])]
        sums = wide @ values.T.astype(np.float64)
        out[:, rows] = step[:, None] * sums.astype(np.float32) + offset[:, None]


def trellis_scaling(reach, which, tables):
    """The power of two that brings the largest decoded value near one, and the cut of scaled targets: what keeps squares inside float32."""
    largest = np.abs(tables.astype(np.float32)).max(axis=1)[which]
    _, exponent = np.frexp(np.float64(np.max(np.abs(reach.astype(np.float64)) * largest)))
    scale = np.float32(np.ldexp(1.0, -int(np.clip(exponent, -120, 120))))
    return scale, REACH_LIMIT * (np.abs(reach * scale) * largest)


def _windows(codes, advance, size):
    """The window of every coordinate of every row (n, m)."""
    first = np.cumsum(advance, dtype=np.int64) - advance
    found = np.zeros((len(codes), len(advance)), np.int64)
    for place in range(3):
        found |= codes[:, ((first >> 3) + place) % codes.shape[1]].astype(np.int64) << (8 * place)
    return (found >> (first & 7)) & (size - 1)


def _state_at_wrap(near, values, advance):
    """The state of coordinate 0 (n,) on the best path with free ends over CONTEXT_WINDOWS windows on either side of it."""
    wanted = min(CONTEXT_WINDOWS * (values.shape[1].bit_length() - 1), int(advance.sum(dtype=np.int64)))
    before, after = _steps(advance[::-1], wanted), _steps(advance, wanted)
    order = np.arange(-before, after) % len(advance)
    picked = _search(near, values, advance, order, None)
    return _state(picked, advance[order], before, values.shape[1])


def _steps(advance, wanted):
    """How many coordinates hold at least `wanted` bits."""
    return int(np.searchsorted(np.cumsum(advance, dtype=np.int64), wanted)) + 1


def _state(picked, advance, step, size):
    """The window that begins at `step`, from the bits that leave it at each step."""
    state, place = np.zeros(len(picked), np.int64), 0
    while (1 << place) < size:
        state |= picked[:, step].astype(np.int64) << place
        place, step = place + int(advance[step]), step + 1
    return state & (size - 1)


def _search(near, values, advance, order, start):
    """Viterbi search over the coordinates `order`: the bits (n, steps) that leave the window at each step of the best path.

    start None: free ends. start (n,): the path begins in that state and ends where that state follows.
    Costs are floats whose last bits are replaced by the number of the predecessor: the minimum then carries its own way back, and ties go to the lowest.
    """
    count, size = len(near), values.shape[1]
    if start is None:
        best = np.zeros((count, 1), np.float32)
    else:
        best = np.full((count, size), FAR)
        best[np.arange(count), start] = 0
    ways = []
    for coordinate in order:
        bits = int(advance[coordinate])
        distance = values[coordinate] - near[:, coordinate, None]
        distance *= distance
        costs = (distance.reshape(count, -1, best.shape[1]) + best[:, None, :]).reshape(count, size)
        tag = np.uint32((1 << bits) - 1)
        tagged = costs.view(np.uint32) & ~tag | np.arange(size, dtype=np.uint32) & tag
        best = tagged.view(np.float32).reshape(count, size >> bits, 1 << bits).min(axis=2)
        ways.append((best.view(np.uint32) & tag).astype(np.uint8))
    state = best.argmin(axis=1) if start is None else start
    picked = np.zeros((count, len(order)), np.uint8)
    for step in range(len(order) - 1, -1, -1):
        bits = int(advance[order[step]])
        state = state & ((size >> bits) - 1)
        picked[:, step] = ways[step][np.arange(count), state]
        state = state << bits | picked[:, step]
    return picked


def _pack(picked, advance):
    """The bits of every coordinate behind each other, the least significant first."""
    coordinate = np.repeat(np.arange(len(advance)), advance)
    place = np.arange(len(coordinate)) - np.repeat(np.cumsum(advance, dtype=np.int64) - advance, advance)
    return np.packbits(picked[:, coordinate] >> place.astype(np.uint8) & 1, axis=1, bitorder="little")


def _squared_error(targets, reach, advance, which, tables, codes):
    windows = _windows(codes, advance, tables.shape[1])
    total = np.zeros(len(targets))
    for coordinate in range(len(reach)):
        decoded = np.float64(reach[coordinate]) * tables[which[coordinate], windows[:, coordinate]]
        total += (targets[:, coordinate] - decoded) ** 2
    return total
