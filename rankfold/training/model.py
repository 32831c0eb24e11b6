"""What is trained: atoms, an encoder and a bias, with Adam's moments, a running mean of the weights, and how long each latent has been idle."""

from typing import Any

import numpy as np

from ..arrays import F32, blocks, unit_rows
from ..errors import InputError
from ..fitting.dictionary import has_earlier_twin
from .extra import load_torch
from .gradients import Slopes
from .recipe import Recipe

NAMES = ("encoder", "atoms", "bias")
# Length of what is added to sums of two rows, so that no two of them are the same.
NOISE = 0.3


class Model:
    """Three float32 arrays on a device: encoder and atoms (h, d), bias (h,).

    idle: (h,) int64, rows since a latent was last used. fired: (h,) int64, rows that used it since the last look.
    """

    def __init__(self, start: dict[str, np.ndarray], recipe: Recipe, device: Any):
        torch = load_torch()
        self.recipe, self.device, self.steps = recipe, device, 0
        self.arrays = {name: torch.from_numpy(start[name]).to(device, copy=True).requires_grad_() for name in NAMES}
        self.mean = {name: array.detach().clone() for name, array in self.arrays.items()} if recipe.average else {}
        self.idle, self.fired = (torch.zeros(len(start["bias"]), dtype=torch.int64, device=device) for _ in range(2))
        self._adam = torch.optim.Adam(list(self.arrays.values()), lr=recipe.rate, fused=True)

    def lowered(self, precision: Any) -> dict[str, Any]:
        """The arrays in the precision of the products."""
        return {name: array.detach().to(precision) for name, array in self.arrays.items()}

    def step(self, found: Slopes, rows: int) -> None:
        """One step down the slopes of `rows` rows; atoms keep length one."""
        torch = load_torch()
        atoms = self.arrays["atoms"].detach()
        for name, array in self.arrays.items():
            array.grad = getattr(found, name)
        # What lies along an atom would only change its length.
        self.arrays["atoms"].grad -= (self.arrays["atoms"].grad * atoms).sum(dim=1, keepdim=True) * atoms
        self._adam.param_groups[0]["lr"] = self.recipe.rate_at(self.steps)
        self._adam.step()
        atoms /= atoms.norm(dim=1, keepdim=True)
        self.steps += 1
        self.idle = torch.where(found.fired > 0, 0, self.idle + rows)
        self.fired += found.fired
        # Early weights are far off: the mean forgets faster at first.
        forget = 1 - min(self.recipe.average, self.steps / (self.steps + 10))
        for name, mean in self.mean.items():
            mean.lerp_(self.arrays[name].detach(), forget)

    def dead(self) -> Any:
        """Numbers of the latents that have been idle for too long, an int64 tensor."""
        return (self.idle >= self.recipe.dead_rows).nonzero().ravel()

    def kept(self) -> dict[str, Any]:
        """The arrays as they would be kept now: the running means where there are any, atoms of length one."""
        arrays = self.mean or {name: array.detach() for name, array in self.arrays.items()}
        return {**arrays, "atoms": arrays["atoms"] / arrays["atoms"].norm(dim=1, keepdim=True)}

    def finite(self) -> bool:
        """Whether every number of the arrays is one."""
        return all(bool(array.detach().isfinite().all()) for array in self.arrays.values())

    def saved(self) -> dict[str, np.ndarray]:
        """Everything that the next step depends on, by name."""
        out = {"idle": self.idle, "fired": self.fired}
        for name, array in self.arrays.items():
            out[name] = array.detach()
            moments = self._adam.state[array]
            out |= {f"first.{name}": moments["exp_avg"], f"second.{name}": moments["exp_avg_sq"]} if moments else {}
        out |= {f"mean.{name}": array for name, array in self.mean.items()}
        return {name: tensor.cpu().numpy().copy() for name, tensor in out.items()} | {"steps": np.array(self.steps, np.int64)}

    def restore(self, saved: dict[str, np.ndarray]) -> None:
        """Go on from what `saved` returned for a model of the same shape and recipe, after at least one step."""
        torch = load_torch()

        def tensor(name: str) -> Any:
            return torch.from_numpy(saved[name]).to(self.device, copy=True)

        self.steps, self.idle, self.fired = int(saved["steps"]), tensor("idle"), tensor("fired")
        for name, array in self.arrays.items():
            array.detach().copy_(tensor(name))
            step = torch.tensor(float(self.steps), device=self.device)
            self._adam.state[array] = {"step": step, "exp_avg": tensor(f"first.{name}"), "exp_avg_sq": tensor(f"second.{name}")}
        self.mean = {name: tensor(f"mean.{name}") for name in self.mean}


def start_from_rows(unit: F32, latents: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Atoms that are the first of the rows unit (m, d), of length one, of which no two point the same or the opposite way, and an encoder equal to them:
    float32 (h, d); a bias of zeros. Where there are fewer such rows, sums of two of them with random signs and some noise fill up.
    """
    different = unit[:0]
    for start, stop in blocks(len(unit), latents):
        more = np.concatenate([different, unit[start:stop]])
        different = more[~has_earlier_twin(more)][:latents]
    fill = latents - len(different)
    pairs = rng.integers(0, len(different), (fill, 2))
    signs = rng.choice(np.array([-1.0, 1.0], np.float32), (fill, 2, 1))
    noise = rng.standard_normal((fill, unit.shape[1]), dtype=np.float32) * np.float32(NOISE / np.sqrt(unit.shape[1]))
    atoms = unit_rows(np.concatenate([different, (signs * different[pairs]).sum(axis=1) + noise]))
    return {"encoder": atoms, "atoms": atoms.copy(), "bias": np.zeros(latents, np.float32)}


def start_at_random(dim: int, latents: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random atoms of length one and a random encoder, each on its own: float32 (h, d); a bias of zeros. The encoder is uniform (He et al., 2015)."""
    bound = np.sqrt(1 / dim)
    encoder = rng.uniform(-bound, bound, (latents, dim)).astype(np.float32)
    return {"encoder": encoder, "atoms": unit_rows(rng.standard_normal((latents, dim), dtype=np.float32)), "bias": np.zeros(latents, np.float32)}


def check_size(dictionary: int, nonzeros: int, rows: int) -> None:
    """Raise InputError for a dictionary that does not suit."""
    if dictionary > rows:
        raise InputError(f"dictionary: got {dictionary} atoms for {rows} rows with a direction; expected at most one a row. Ask for a smaller one.")
    if nonzeros > dictionary:
        raise InputError(f"nonzeros: got {nonzeros}; expected at most {dictionary}, the atoms of the dictionary.")
