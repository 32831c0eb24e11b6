"""Checks on the way: how well rows that take no part in training are coded, and whether the dictionary is used."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..arrays import F32, blocks
from ..evaluate.fidelity import overlap
from ..fitting.dictionary import summed_atoms
from ..fitting.sparsecoding import omp_codes
from ..vectors import Vectors
from .extra import load_torch
from .model import Model
from .selection import strongest
from .stream import unit_tensors

VALIDATION_ROWS = 2_048
ASKING_ROWS = 256
DEPTH = 10
BLOCK_ROWS = 2_048


@dataclass(frozen=True, slots=True)
class Check:
    """step: how many are done. loss: mean since the last check. dead: share of latents that no row has used since. entropy: of their use since, in bits; at
    most log2 of the latents. cosine: mean of validation rows and their codes. agreement: share of the exact top 10 of the validation rows that codes find.
    """

    step: int
    loss: float
    dead: float
    entropy: float
    cosine: float
    agreement: float

    def to_dict(self) -> dict[str, float]:
        """Ready for JSON."""
        return asdict(self)


class Validation:
    """Rows held out, and who asks for them: the queries, or else some of the rows for their neighbours."""

    def __init__(self, vectors: Vectors, rows: np.ndarray, queries: F32 | None, *, seed: int, device: Any):
        torch = load_torch()
        self._rows, self._lengths = unit_tensors(vectors, rows, device=device, precision=torch.float32)
        chosen = np.sort(np.random.default_rng((seed, 3)).permutation(rows.size if queries is None else len(queries))[:ASKING_ROWS])
        self._itself = torch.from_numpy(chosen).to(device) if queries is None else None
        self._queries = self._rows[self._itself] if queries is None else torch.from_numpy(queries[chosen]).to(device)
        if queries is None:
            self._lengths = torch.ones_like(self._lengths)
        self._exact = self._lists(self._rows)

    def measure(self, arrays: dict[str, Any], nonzeros: int) -> tuple[float, float]:
        """(mean cosine, agreement@10) of the rows coded with these arrays, in float32."""
        torch = load_torch()
        return self._judged(torch.cat([decode(arrays, self._rows[start:stop], nonzeros) for start, stop in blocks(len(self._rows), BLOCK_ROWS)]))

    def measure_search(self, atoms: F32, nonzeros: int) -> tuple[float, float]:
        """(mean cosine, agreement@10) of the rows coded by orthogonal matching pursuit in atoms (h, d), values of least squares."""
        torch = load_torch()
        decoded = summed_atoms(atoms, *omp_codes(atoms, self._rows.cpu().numpy(), nonzeros))
        return self._judged(torch.from_numpy(decoded).to(self._rows.device))

    def _judged(self, decoded: Any) -> tuple[float, float]:
        unit = decoded / decoded.norm(dim=1, keepdim=True).clamp_min(1e-12)
        return float((unit * self._rows).sum(dim=1).mean()), float(overlap(self._lists(unit), self._exact).mean())

    def _lists(self, unit: Any) -> np.ndarray:
        torch = load_torch()
        scores = self._queries @ (unit * self._lengths[:, None]).T
        if self._itself is not None:
            scores[torch.arange(len(self._itself), device=scores.device), self._itself] = -torch.inf
        return torch.topk(scores, min(DEPTH, scores.shape[1]), dim=1).indices.cpu().numpy()


def decode(arrays: dict[str, Any], rows: Any, nonzeros: int) -> Any:
    """Rows (n, d) coded by their largest scores and decoded, both float32."""
    torch = load_torch()
    scores = torch.addmm(arrays["bias"], rows, arrays["encoder"].T)
    flat = strongest(scores, [nonzeros])
    codes = torch.zeros_like(scores)
    codes.view(-1)[flat] = scores.view(-1)[flat]
    return codes @ arrays["atoms"]


def check(model: Model, validation: Validation, nonzeros: int, loss: float) -> Check:
    """The check after the model's steps so far; `fired` counts anew from here."""
    used = model.fired.double()
    share = used[used > 0] / used.sum()
    cosine, agreement = validation.measure(model.kept(), nonzeros)
    found = Check(model.steps, loss, float((used == 0).double().mean()), float(-(share * share.log2()).sum()), cosine, agreement)
    model.fired.zero_()
    return found
