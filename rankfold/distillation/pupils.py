"""What can be taught: a coded table, whose codes stay and whose fitted arrays move; and a projection to fewer dimensions, which moves before it is coded."""

from dataclasses import replace
from typing import Protocol

import numpy as np

from ..arrays import F32
from ..codec import Codec, describe, pulled
from ..codes import Arrays, Codes, nested
from ..errors import InputError
from ..table import Segment, Table, encode_rows

Parameters = dict[str, F32]
LARGEST_HALF = float(np.finfo(np.float16).max)


class Pupil(Protocol):
    """Decodes rows from named float32 arrays that may move."""

    parameters: Parameters

    def decode(self, parameters: Parameters, rows: np.ndarray) -> F32:
        """The chosen rows (r,) as float32 (r, d)."""
        ...

    def pull(self, parameters: Parameters, rows: np.ndarray, gradient: F32) -> Parameters:
        """The gradient of each array from that of the decoded rows (r, d)."""
        ...

    def table(self, parameters: Parameters) -> Table:
        """The table that these arrays make, rounded as it will be stored."""
        ...


class Coded:
    """The segments of a table: codes and row bytes stay, and so do scales in codes; the arrays that `Codec.pull` names move.

    Arrays that segments share move together. Raises InputError when no segment's codec has an array that can move.
    """

    def __init__(self, table: Table):
        self._table = table
        self.parameters: Parameters = {}
        self._names: list[dict[str, str]] = []
        known: dict[int, str] = {}
        for segment in table.segments:
            here = {}
            for name in movable(segment, table.dim):
                array = np.asarray(segment.state[name])
                here[name] = known.setdefault(id(segment.state[name]), f"{len(known)}.{name}")
                self.parameters.setdefault(here[name], array.astype(np.float32))
            self._names.append(here)
        if not self.parameters:
            raise InputError(
                f"table: {describe(table.segments[0].codec)} keeps no fitted array that could move; expected a codec with codebooks, such as residual."
            )

    def decode(self, parameters: Parameters, rows: np.ndarray) -> F32:
        out = np.empty((rows.size, self._table.dim), np.float32)
        for segment, names, here in self._split(rows):
            out[here] = segment.codec.decode(_moved(segment, names, parameters), segment.codes.rows(rows[here] - segment.first))
        return out

    def pull(self, parameters: Parameters, rows: np.ndarray, gradient: F32) -> Parameters:
        total = {name: np.zeros_like(array) for name, array in parameters.items()}
        for segment, names, here in self._split(rows):
            if names:
                codes = segment.codes.rows(rows[here] - segment.first)
                state = _moved(segment, names, parameters)
                for name, part in pulled(segment.codec, state, codes, np.ascontiguousarray(gradient[here])).items():
                    total[names[name]] += part
        return total

    def table(self, parameters: Parameters) -> Table:
        stored: dict[str, np.ndarray] = {}
        states: dict[int, Arrays] = {}
        segments = []
        for segment, names in zip(self._table.segments, self._names, strict=True):
            for name, parameter in names.items():
                if parameter not in stored:
                    stored[parameter] = rounded(parameters[parameter], segment.state[name].dtype)
            state = states.setdefault(id(segment.state), {name: stored[names[name]] if name in names else array for name, array in segment.state.items()})
            segments.append(replace(segment, state=state))
        # Probabilities that were fitted to the old scores lie about the new ones.
        return replace(self._table, segments=tuple(segments), calibration=None)

    def _split(self, rows: np.ndarray) -> list[tuple[Segment, dict[str, str], np.ndarray]]:
        """Segment, its moving arrays, and which of the rows are in it."""
        found = []
        for segment, names in zip(self._table.segments, self._names, strict=True):
            here = np.flatnonzero((rows >= segment.first) & (rows < segment.first + segment.count))
            if here.size:
                found.append((segment, names, here))
        return found


def _moved(segment: Segment, names: dict[str, str], parameters: Parameters) -> Arrays:
    return {name: parameters[names[name]] if name in names else array for name, array in segment.state.items()}


def movable(segment: Segment, dim: int) -> list[str]:
    """Names of the arrays that can move."""
    if not segment.count:
        return []
    return sorted(pulled(segment.codec, segment.state, segment.codes.rows(slice(0, 1)), np.zeros((1, dim), np.float32)))


def check_inner(inner: Codec) -> None:
    """Raise InputError unless the codec takes rows of any length, as what an encoder makes of rows has."""
    if not inner.any_norm:
        raise InputError(f"inner: got {inner.name}, which needs rows of one length; expected a codec for rows of any length, such as int8, scalar or normed.")


def recoded(start: Table, how: Codec, own: Arrays, exact: F32, weight: F32, seed: int) -> Table:
    """The table `start` of one segment, its rows `exact` (n, d) coded anew by the wrapper `how`: the inner codec is fitted to what the encoder makes of them.

    own: the wrapper's arrays as they are stored, `encoder` (k, d) among them. weight: (n,) what each row counts.
    """
    inner = how.inner.fit(exact @ own["encoder"].astype(np.float32).T, weight, np.random.default_rng(seed))  # type: ignore[attr-defined]
    state = {**own, **nested({name: np.ascontiguousarray(array) for name, array in inner.items()})}
    return replace(start, segments=(Segment(how, state, Codes(encode_rows(how, state, exact)), 0),))


def rounded(array: F32, dtype: np.dtype) -> np.ndarray:
    """float32 values as the dtype that is stored, read-only; values outside its range go to its ends."""
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        out = np.clip(np.rint(array), limits.min, limits.max).astype(dtype)
    elif dtype == np.float16:
        out = np.clip(array, -LARGEST_HALF, LARGEST_HALF).astype(dtype)
    else:
        out = array.astype(dtype)
    out = np.ascontiguousarray(out)
    out.flags.writeable = False
    return out
