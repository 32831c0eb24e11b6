"""Linear recommenders made small: item factors of a few nonzeros trained inside the model, and pruned weights to compare them with."""

from .ease import fit_ease, prune_weights
from .elsa import Factors, fit_elsa
from .packing import PackedFactors, pack_factors, unpack_factors
from .pruned import fit_sparse_elsa
from .sparsefactors import SparseFactors
from .sparseweights import SparseWeights
from .trainedease import fit_sparse_ease

__all__ = [
    "Factors",
    "PackedFactors",
    "SparseFactors",
    "SparseWeights",
    "fit_ease",
    "fit_elsa",
    "fit_sparse_ease",
    "fit_sparse_elsa",
    "pack_factors",
    "prune_weights",
    "unpack_factors",
]
