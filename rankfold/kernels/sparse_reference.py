"""Slow NumPy twins of the kernels that find sparse codes: the definition of what the compiled ones must give."""

import numpy as np

TWIN = np.float32(2.0**-10)  # an atom with less of its squared length left is taken for one that is already there
NOTHING = np.float32(2.0**-18)  # of the first correlation: below it only rounding is left
COLUMN_VALUES_AT_ONCE = 1 << 24
ROWS_AT_ONCE = 1_024
LEAST_GROUPS = 256  # of atoms, whose best say what a candidate must reach
LANES = 16  # partial sums of a float32 product
TOO_SMALL = np.float32(1e-30)  # a row of smaller numbers has no steps of 8 bits


def omp(start, gram, index, value):
    """Rows together, each at its own step: float32 throughout, products and sums rounded one after the other."""
    rows = max(1, COLUMN_VALUES_AT_ONCE // max(1, index.shape[1] * start.shape[1]))
    for first in range(0, len(start), rows):
        block = slice(first, first + rows)
        with np.errstate(all="ignore"):  # rows of infinite numbers end somewhere, as they do in the compiled kernels
            _pursue(start[block], gram, index[block], value[block])


def _pursue(start, gram, index, value):
    count, atoms = start.shape
    k = index.shape[1]
    highest = np.fmax.reduce(np.abs(start), axis=1, initial=0)
    power = _power_of(highest)
    left, least = start * power[:, None], highest * power * NOTHING
    lengths = gram.diagonal()
    rest = np.repeat(lengths[None], count, axis=0)
    columns, factors = np.zeros((count, k, atoms), np.float32), np.zeros((count, k, k), np.float32)
    inverse, beta = np.zeros((count, k), np.float32), np.zeros((count, k), np.float32)
    found = np.zeros(count, np.intp)
    active = np.arange(count)
    for step in range(k):
        open_now = (np.abs(left[active]) > least[active, None]) & (rest[active] > lengths * TWIN)
        worth = np.nan_to_num(np.where(open_now, left[active] * left[active] / rest[active], 0), nan=0, posinf=np.inf)
        active, atom = active[worth.max(axis=1) > 0], worth.argmax(axis=1)[worth.max(axis=1) > 0]
        factors[active, step, :step] = columns[active, :step, atom] * inverse[active, :step]
        inverse[active, step] = np.float32(1) / rest[active, atom]
        beta[active, step] = left[active, atom] * inverse[active, step]
        index[active, step], found[active] = atom, step + 1
        left[active, atom] = np.nan
        fresh = gram[atom]
        for s in range(step):
            fresh = fresh - factors[active, step, s, None] * columns[active, s]
        columns[active, step] = fresh
        left[active] = left[active] - beta[active, step, None] * fresh
        rest[active] = rest[active] - fresh * inverse[active, step, None] * fresh
    _solve(found, factors, beta, index, value)
    value /= power[:, None]


def _power_of(x):
    """The powers of two that bring floats (n,) to 1 or just above; 1 for what is none."""
    exponent = x.view(np.uint32) >> 23
    return np.where((exponent == 0) | (exponent >= 254), np.uint32(127), 254 - exponent).astype(np.uint32).__lshift__(23).view(np.float32)


def _solve(found, factors, beta, index, value):
    k = index.shape[1]
    used = np.arange(k) < found[:, None]
    value[:] = 0
    for t in range(k - 1, -1, -1):
        total = beta[:, t].copy()
        for s in range(t + 1, k):
            there = used[:, s]
            total[there] = total[there] - factors[there, s, t] * value[there, s]
        value[used[:, t], t] = total[used[:, t]]
    for row in np.flatnonzero(found < k):
        free = np.setdiff1d(np.arange(k), index[row, : found[row]])
        index[row, found[row] :] = free[: k - found[row]]


def topk_rows(x, encoder, bias, index, value):
    """Candidates by products of 8-bit numbers, then float32 products of the candidates in a fixed order of sums."""
    count, k = len(encoder), index.shape[1]
    wanted = min(k + k // 4 + 8, count)
    groups = LEAST_GROUPS
    while groups < 4 * wanted:
        groups *= 2
    atoms, atom_scale = _bytes(encoder)
    for first in range(0, len(x), ROWS_AT_ONCE):
        rows, row_scale = _bytes(x[first : first + ROWS_AT_ONCE])
        whole = (rows.astype(np.float64) @ atoms.T.astype(np.float64)).astype(np.float32)
        size = np.abs(whole * atom_scale * row_scale[:, None] + bias)
        padded = np.zeros((len(rows), -(-count // groups) * groups), np.float32)
        padded[:, :count] = size
        best = padded.reshape(len(rows), -1, groups).max(axis=1)
        limit = np.partition(best, groups - wanted, axis=1)[:, groups - wanted]
        for row in range(len(rows)):
            if row_scale[row] == 0:
                index[first + row], value[first + row] = np.arange(k), 0
                continue
            candidates = np.flatnonzero(size[row] >= limit[row])
            exact = _products(x[first + row], encoder[candidates]) + bias[candidates]
            order = np.lexsort((candidates, -np.abs(exact)))[:k]
            index[first + row], value[first + row] = candidates[order], exact[order]


def _bytes(rows):
    """Rows in whole steps of 1/127 of their largest magnitude, int8, and those steps (n,)."""
    largest = np.abs(rows).max(axis=1, initial=0)
    there = largest > TOO_SMALL
    inverse = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=there)
    return np.rint(rows * inverse[:, None]).astype(np.int8), np.where(there, largest / np.float32(127), np.float32(0))


def _products(x, atoms):
    whole = len(x) // LANES * LANES
    sums = np.zeros((len(atoms), LANES), np.float32)
    for at in range(0, whole, LANES):
        sums = sums + x[at : at + LANES] * atoms[:, at : at + LANES]
    while sums.shape[1] > 1:
        half = sums.shape[1] // 2
        sums = sums[:, :half] + sums[:, half:]
    total = sums[:, 0]
    for at in range(whole, len(x)):
        total = total + x[at] * atoms[:, at]
    return total
