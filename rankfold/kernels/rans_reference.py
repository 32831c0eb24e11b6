"""Slow twins of the range coder: the definition of what the compiled kernels must give, one symbol after the other in whole numbers."""

import numpy as np

BITS = 14
LANES = 8
LOW = 1 << 16


def rans_encode(planes, counts, chosen, states, words, used):
    state, at = [LOW] * LANES, len(words)
    starts = np.cumsum(counts, axis=1, dtype=np.int64) - counts
    for place in range(len(planes) - 1, -1, -1):
        count, start = counts[chosen[place]].tolist(), starts[chosen[place]].tolist()
        symbols = planes[place].tolist()
        for row in range(len(symbols) - 1, -1, -1):
            symbol, one = symbols[row], state[row % LANES]
            if count[symbol] == 0:
                used[0] = -1
                return
            if one >= count[symbol] << (32 - BITS):
                at -= 1
                words[at] = one & 0xFFFF
                one >>= 16
            state[row % LANES] = (one // count[symbol] << BITS) + one % count[symbol] + start[symbol]
    states[:] = state
    used[0] = len(words) - at


def rans_decode(states, words, counts, chosen, planes, left):
    state, waiting, at = states.tolist(), words.tolist(), 0
    starts = np.cumsum(counts, axis=1, dtype=np.int64) - counts
    for place, plane in enumerate(planes):
        count, start = counts[chosen[place]].tolist(), starts[chosen[place]].tolist()
        owner = np.repeat(np.arange(256, dtype=np.uint8), counts[chosen[place]]).tolist()
        found = []
        for row in range(len(plane)):
            one = state[row % LANES]
            slot = one & ((1 << BITS) - 1)
            symbol = owner[slot]
            found.append(symbol)
            one = count[symbol] * (one >> BITS) + slot - start[symbol]
            if one < LOW and at < len(waiting):
                one = one << 16 | waiting[at]
                at += 1
            state[row % LANES] = one
        plane[:] = found
    left[0] = len(waiting) - at if state == [LOW] * LANES else -1
