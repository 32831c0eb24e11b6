"""A fit that ends worse than a simpler codec of the same bytes: how that is noticed, and what the simpler codec is.

Codebooks and tables can fail where plain scalar codes cannot: too few rows, rows all alike but for a few, weights on a handful of them. Compared is the
weighted mean squared error of directions, which is what ranks, on rows that were not fitted to where there are such.
"""

import numpy as np

from .arrays import F32, row_norms, unit_rows
from .codec import Codec, describe, inner_of
from .codecs import from_spec
from .codes import Arrays, Codes
from .errors import SpecError
from .table import encode_rows

# A fit is worse when it leaves this much more error; within that, either will do.
WORSE = 1.02
LEAST_ERROR = 1e-6
FIT_ROWS = 8_192
JUDGED_ROWS = 2_048


def is_learned(how: Codec) -> bool:
    """Whether codebooks or tables code the rows in the end, behind any wrappers: codecs that shrink rows and are made for rows like the fitted ones."""
    inner = inner_of(how)
    # Its errors are small in its own metric, not in the plain one.
    if hasattr(how, "metric"):
        return False
    return bool(how.shrinks and not how.any_norm) if inner is None else is_learned(inner)


def simpler(how: Codec, dim: int) -> Codec | None:
    """The scalar code of rows (n, dim) of no more bytes than `how`: of all dimensions, or of principal axes at four bits. None if not even one axis fits."""
    size = how.row_bytes(dim)
    bits = min(8, 8 * (size - 1) // dim)
    scalar = {"codec": "scalar", "bits": max(bits, 4 if bits == 0 else 1)}
    try:
        found = from_spec(scalar if bits else {"codec": "reduced", "dims": 2 * (size - 1), "inner": scalar})
        return found if found.row_bytes(dim) <= size else None
    except SpecError:
        return None


def direction_error(how: Codec, state: Arrays, x: F32, weight: F32) -> float:
    """Weighted mean squared distance between the directions of rows (n, d) and of what they decode to.

    0 for rows of zeros, 2 for rows that decode to zeros.
    """
    decoded = unit_rows(how.decode(state, Codes(encode_rows(how, state, x))))
    cosine = np.einsum("nd,nd->n", decoded, unit_rows(x), dtype=np.float64)
    error = np.where(row_norms(x) > 0, 2 - 2 * cosine, 0)
    return float(error @ weight / max(float(weight.sum(dtype=np.float64)), 1e-30))


def better(how: Codec, state: Arrays, fitted_to: tuple[F32, F32], others: tuple[F32, F32], seed: int) -> tuple[Codec, str] | None:
    """The simpler codec and a sentence, where `how` with its state leaves more error than that codec; None where it does not, or is no learned codec.

    fitted_to, others: rows (n, d) and their weights (n,), those of the fit and those to judge on.
    """
    plain = simpler(how, fitted_to[0].shape[1]) if is_learned(how) else None
    if plain is None or not others[1].any():
        return None
    rng = np.random.default_rng(seed)
    x, weight = fitted_to
    if len(x) > FIT_ROWS:
        some = np.sort(rng.choice(len(x), FIT_ROWS, replace=False))
        x, weight = x[some], weight[some]
    plain_state = plain.fit(x, weight if weight.any() else np.ones_like(weight), rng)
    error, least = direction_error(how, state, *others), direction_error(plain, plain_state, *others)
    if error <= max(WORSE * least, LEAST_ERROR):
        return None
    return plain, f"{describe(how)} leaves a squared error of directions of {error:.3g}, {describe(plain)} of no more bytes {least:.3g}"
