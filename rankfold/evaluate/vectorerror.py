"""How far decoded vectors are from the original ones. It stands beside neighbours and lists to show how little it says of them."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix
from ..errors import InputError
from .intervals import Mean, finite, mean_of


@dataclass(frozen=True, slots=True)
class VectorError:
    """mse: mean squared difference of a number. relative: sum of squared differences over the sum of squares (0 exact, 1 as bad as zeros).

    cosine: mean cosine of a row and its decoding, over rows that are not zeros.
    """

    mse: float
    relative: float
    cosine: Mean

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"mse": float(f"{self.mse:.6g}"), "relative": finite(self.relative), "cosine": self.cosine.to_dict()}


def vector_error(original: F32, decoded: F32) -> VectorError:
    """Compare rows (m, d) with their decodings (m, d). Raises InputError."""
    before, after = (as_matrix(x, name).astype(np.float64) for x, name in ((original, "original"), (decoded, "decoded")))
    if before.shape != after.shape:
        raise InputError(f"decoded: got shape {after.shape}; expected {before.shape}, that of original.")
    squares = float(np.square(before).sum())
    error = float(np.square(before - after).sum())
    lengths = np.sqrt(np.square(before).sum(axis=1) * np.square(after).sum(axis=1))
    cosine = np.divide((before * after).sum(axis=1), lengths, out=np.full(len(before), np.nan), where=lengths > 0)
    return VectorError(error / before.size, error / squares if squares else float(error > 0), mean_of(cosine, lowest=-1.0))
