"""Distillation: move the fitted arrays of a compressed table until its top lists are the exact ones."""

from .ablation import Variant, ablation
from .distil import distil
from .judging import Distilled
from .pruning import prune
from .student import student
from .terms import Terms

__all__ = ["Distilled", "Terms", "Variant", "ablation", "distil", "prune", "student"]
