"""One step's loss and its gradients, written out: nothing but matrix products and places of a few values a row.

A row x of length one gets scores t = E x + b. Its codes at a count keep the largest scores by magnitude with their signs; y is their sum of atoms, and the loss
is one minus the cosine of x and y, at one or several counts (CompresSAE: Kasalicky et al., 2025; several counts: Gao et al., 2024; Zaigrajew et al., 2025).
Latents that have not fired for long are drawn to what is left of the rows: their own largest scores are to explain it (Gao et al., 2024).

The choice of places has no gradient, so that of a score is that of its value where it was chosen, and 0 elsewhere. Products are dense: in bfloat16 on a matrix
unit they take less time than the few products that are needed, gathered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .extra import load_torch
from .selection import strongest

# What a list-wise loss adds: decoded rows of length one (n, d) -> (loss, gradient (n, d)), both float32 and means over the rows.
Ranking = Callable[[Any], tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Term:
    """A cosine loss at `count` values a row, on the first `rows` rows of a batch, of this weight. main: it is the length that rows will be coded at."""

    count: int
    weight: float
    rows: int
    main: bool = True


class Scratch:
    """Memory that steps use again: scores and codes of a batch, both (n, h) in the precision of the products."""

    def __init__(self, rows: int, latents: int, precision: Any, device: Any):
        torch = load_torch()
        self.scores = torch.empty(rows, latents, dtype=precision, device=device)
        self.codes = torch.zeros(rows, latents, dtype=precision, device=device)


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """loss: of the batch, a scalar tensor. encoder, atoms (h, d), bias (h,): its gradients, float32. fired: (h,) rows that use a latent, int64."""

    loss: Any
    encoder: Any
    atoms: Any
    bias: Any
    fired: Any

    def scaled(self, share: float) -> "Slopes":
        """The slopes of a part of a batch, as its share of the whole."""
        if share == 1:
            return self
        return Slopes(self.loss * share, self.encoder * share, self.atoms * share, self.bias * share, self.fired)

    def plus(self, other: "Slopes") -> "Slopes":
        """The sum of two parts of a batch."""
        return Slopes(*(getattr(self, name) + getattr(other, name) for name in ("loss", "encoder", "atoms", "bias", "fired")))


@dataclass(frozen=True, slots=True, eq=False)
class Revival:
    """latents: (m,) int64 tensor of the dead ones. most: how many of them a row may use. weight: what the loss counts."""

    latents: Any
    most: int
    weight: float

    def slopes(self, scores: Any, decoded: Any, rows: Any, arrays: dict[str, Any]) -> "Revived":
        """The squared error, as a share of what is left of the rows beside their decoded directions, when dead latents are to explain it; and its gradients."""
        torch = load_torch()
        unit = decoded / decoded.norm(dim=1, keepdim=True).clamp_min(1e-12)
        left = rows - (rows * unit).sum(dim=1, keepdim=True) * unit
        flat = strongest(scores.contiguous(), [min(self.most, self.latents.numel())])
        codes = torch.zeros_like(scores)
        codes.view(-1)[flat] = scores.reshape(-1)[flat]
        atoms = arrays["atoms"][self.latents]
        error = (codes @ atoms).float() - left
        scale = self.weight / left.square().sum().clamp_min(1e-12)
        slope = (2 * scale * error).to(scores.dtype)
        pull = torch.zeros_like(scores)
        pull.view(-1)[flat] = (slope @ atoms.T).view(-1)[flat]
        source = rows.to(scores.dtype)
        return Revived(self.latents, scale * error.square().sum(), (pull.T @ source).float(), (codes.T @ slope).float(), pull.sum(dim=0).float())


@dataclass(frozen=True, slots=True, eq=False)
class Revived:
    """Loss of the dead latents and its gradients by their encoder rows, atoms (m, d) and bias (m,)."""

    latents: Any
    loss: Any
    encoder: Any
    atoms: Any
    bias: Any

    def added_to(self, found: Slopes) -> Slopes:
        """The slopes of a batch with these among them."""
        for name in ("encoder", "atoms", "bias"):
            getattr(found, name)[self.latents] += getattr(self, name)
        return replace(found, loss=found.loss + self.loss)


def slopes(
    arrays: dict[str, Any],
    rows: Any,
    terms: Sequence[Term],
    scratch: Scratch,
    *,
    weight: Any = None,
    ranking: Ranking | None = None,
    revival: Revival | None = None,
) -> Slopes:
    """Loss and gradients of a batch.

    arrays: encoder, atoms (h, d) and bias (h,) in the precision of the products. rows: (n, d) of length one, in that precision. terms: of rising counts on
    no more rows each, one of them main. weight: (n,) float32 with mean 1, or None. ranking: one more loss on the rows decoded at the main count.
    revival: draws dead latents, or None.
    """
    torch = load_torch()
    scores, codes = scratch.scores[: len(rows)], scratch.codes[: len(rows)]
    torch.addmm(arrays["bias"], rows, arrays["encoder"].T, out=scores)
    chosen = strongest(scores, [term.count for term in terms], [term.rows for term in terms])
    places = [chosen[: term.rows, : term.count] for term in terms]
    values = [scores.view(-1)[place] for place in places]
    idle = None if revival is None else scores[:, revival.latents]
    total, atoms = torch.zeros((), device=rows.device), torch.zeros(arrays["atoms"].shape, device=rows.device)
    pulls, revived, fired = [], None, None
    for term, place, value in zip(terms, places, values, strict=True):
        part, latent = codes[: term.rows], place % codes.shape[1]
        codes.view(-1)[place] = value
        decoded = torch.nn.functional.embedding_bag(latent, arrays["atoms"], mode="sum", per_sample_weights=value).float()
        exact = rows[: term.rows].float()
        if term.main:
            fired = torch.bincount(latent.reshape(-1), minlength=codes.shape[1])
            revived = None if revival is None else revival.slopes(idle, decoded, exact, arrays)
        loss, slope = _cosine(decoded, exact, term, weight, ranking if term.main else None)
        slope = slope.to(rows.dtype)
        total += loss
        atoms += part.T @ slope
        pulls.append(torch.mm(slope, arrays["atoms"].T, out=scores[: term.rows]).view(-1)[place])
    _write(codes, places, _summed(pulls))
    encoder, bias = (codes.T @ rows).float(), codes.sum(dim=0).float()
    _write(codes, places, [0] * len(terms))
    found = Slopes(total, encoder, atoms, bias, fired)
    return found if revived is None else revived.added_to(found)


def _summed(pulls: list[Any]) -> list[Any]:
    """What each term's values are pulled by, with the pulls of the terms of fewer values added where these are among them."""
    for number in range(len(pulls) - 1, -1, -1):
        for shorter in pulls[:number]:
            pulls[number][:, : shorter.shape[1]] += shorter[: len(pulls[number])]
    return pulls


def _write(codes: Any, places: list[Any], values: list[Any]) -> None:
    for place, value in zip(places, values, strict=True):
        codes.view(-1)[place] = value


def _cosine(decoded: Any, rows: Any, term: Term, weight: Any, ranking: Ranking | None) -> tuple[Any, Any]:
    """Loss and slope (n, d) by the decoded rows; what lies along a decoded row does not change its cosine."""
    length = decoded.norm(dim=1, keepdim=True).clamp_min(1e-12)
    unit = decoded / length
    cosine = (unit * rows).sum(dim=1, keepdim=True)
    each = term.weight / term.rows if weight is None else weight[: term.rows, None] * (term.weight / term.rows)
    loss = ((1 - cosine) * each).sum()
    slope = -each * (rows - cosine * unit)
    if ranking is not None:
        more, pull = ranking(unit)
        loss = loss + more
        slope = slope + pull - (pull * unit).sum(dim=1, keepdim=True) * unit
    return loss, slope / length
