"""Fit, code and measure in one line: what tests of codebooks and tables ask again and again."""

import numpy as np

from rankfold.codes import Codes


def ones(count):
    return np.ones(count, np.float32)


def fitted(codec, x, weight=None, seed=0):
    return codec.fit(x, ones(len(x)) if weight is None else weight, np.random.default_rng(seed))


def coded(codec, state, x):
    return codec.decode(state, Codes(codec.encode(state, x)))


def error(codec, x, rows=None, **options):
    """Squared error over squared length of rows that a codec fitted to x decodes; of x itself by default."""
    state = fitted(codec, x, **options)
    rows = x if rows is None else rows
    return float(np.square(rows - coded(codec, state, rows)).sum() / np.square(rows).sum())
