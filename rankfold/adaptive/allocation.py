"""Allocation: one of several sizes for every row, so that a total is never exceeded and the summed cost is as low as a price on bytes can make it.

Method: Shoham and Gersho, "Efficient bit allocation for an arbitrary set of quantizers", 1988. At a price of bytes every row takes the size at which its cost
plus the price of its bytes is least; the price is found by bisection, and what is left of the total goes to the rows that gain most for a byte.
"""

import numpy as np

from ..errors import BudgetError, InputError

# Of the price between nothing and everything: float64 tells no more apart.
STEPS = 64
SPAN = 1e-15


def allocate(cost: np.ndarray, row_bytes: np.ndarray, most_bytes: float) -> np.ndarray:
    """Which size each row takes: int64 (n,), a column of `cost`.

    cost: (n, sizes), finite and at least 0, what a row loses at a size. row_bytes: (sizes,) whole numbers of at least 1. most_bytes: of all rows together;
    never exceeded, and less than one step between two sizes is left over unless no further byte would lower a cost. Equal gains go to the lower row number.
    Memory: three times the cost in float64. Raises BudgetError when the smallest size of every row is too much already; InputError.
    """
    cost, sizes = _checked(cost, row_bytes)
    count = cost.shape[0]
    least = int(sizes.min())
    if least * count > most_bytes:
        raise BudgetError(f"row_bytes: {most_bytes / count:g} bytes a row are not enough; the smallest size that can be had is {least} bytes a row.")
    # Cheapest first: between equals argmin takes the smaller size.
    order = np.argsort(sizes, kind="stable")
    sizes, cost = sizes[order], cost[:, order]
    top = float(cost.max(initial=0.0))
    cost = cost / top if top > 0 else cost
    rich = cost.argmin(axis=1)
    if sizes[rich].sum() <= most_bytes:
        return order[rich]
    high, low = 2.0, 2.0 * SPAN
    poor = _at(cost, sizes, high)
    for _ in range(STEPS):
        price = np.sqrt(low * high)
        chosen = _at(cost, sizes, price)
        if sizes[chosen].sum() <= most_bytes:
            high, poor = price, chosen
        else:
            low, rich = price, chosen
    return order[_filled(cost, sizes, poor, rich, most_bytes - int(sizes[poor].sum()))]


def _checked(cost: np.ndarray, row_bytes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cost, sizes = np.asarray(cost, np.float64), np.asarray(row_bytes)
    if cost.ndim != 2 or not cost.size or not np.isfinite(cost).all() or (cost < 0).any():
        raise InputError(f"cost: got shape {cost.shape}; expected finite numbers of at least 0, (rows, sizes), at least one of each.")
    if sizes.shape != (cost.shape[1],) or sizes.dtype.kind not in "iu" or (sizes < 1).any():
        raise InputError(f"row_bytes: got {sizes.tolist()}; expected {cost.shape[1]} whole numbers of at least 1, one a size.")
    return cost, sizes.astype(np.int64)


def _at(cost: np.ndarray, sizes: np.ndarray, price: float) -> np.ndarray:
    """Each row's size when a byte costs `price`."""
    return (cost + price * sizes).argmin(axis=1)


def _filled(cost: np.ndarray, sizes: np.ndarray, poor: np.ndarray, rich: np.ndarray, spare: float) -> np.ndarray:
    """`poor` with as many of the steps to `rich` as the spare bytes allow, the largest gain for a byte first."""
    chosen = poor.copy()
    rows = np.flatnonzero(sizes[rich] > sizes[poor])
    step = sizes[rich[rows]] - sizes[poor[rows]]
    gain = (cost[rows, poor[rows]] - cost[rows, rich[rows]]) / step
    ranked = np.lexsort((rows, -gain))
    rows, step = rows[ranked], step[ranked]
    while rows.size:
        fits = np.cumsum(step) <= spare
        taken = int(fits.sum())
        chosen[rows[:taken]] = rich[rows[:taken]]
        spare -= int(step[:taken].sum())
        rows, step = rows[taken:], step[taken:]
        small = step <= spare
        rows, step = rows[small], step[small]
    return chosen
