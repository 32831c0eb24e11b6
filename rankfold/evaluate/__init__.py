"""Evaluation: tasks, splits, metrics, losses with intervals, fidelity to the exact list, popularity buckets, collisions."""

from .auc import GroupAuc, compare_auc, group_auc
from .buckets import Buckets, popularity_buckets
from .calibration import CalibrationError, calibration_error, fit_calibration
from .collisions import CollisionAudit, Collisions, collisions
from .compare import Loss, compare, compare_parts
from .exact import ExactSearcher
from .fidelity import Fidelity, fidelity
from .guards import ListGuards, Quantile, list_guards
from .intervals import Mean
from .kindred import Kindred, kindred_users
from .measure import DEFAULT_METRICS, baseline, evaluate
from .neighbours import Neighbourhoods, neighbourhoods
from .ownmetric import Metric
from .popularity import PopularitySearcher
from .report import BucketReport, Finding, Report
from .sensitivity import Candidates, Sensitivity, candidates, principal_directions, sensitivity
from .split import Split, by_chance, by_column, by_time, choose_split, last_of_user
from .task import Task
from .vectorerror import VectorError, vector_error
from .weighted import weighted_ndcg, weighted_recall

__all__ = [
    "DEFAULT_METRICS",
    "BucketReport",
    "Buckets",
    "CalibrationError",
    "Candidates",
    "CollisionAudit",
    "Collisions",
    "ExactSearcher",
    "Fidelity",
    "Finding",
    "GroupAuc",
    "Kindred",
    "ListGuards",
    "Loss",
    "Mean",
    "Metric",
    "Neighbourhoods",
    "PopularitySearcher",
    "Quantile",
    "Report",
    "Sensitivity",
    "Split",
    "Task",
    "VectorError",
    "baseline",
    "by_chance",
    "by_column",
    "by_time",
    "calibration_error",
    "candidates",
    "choose_split",
    "collisions",
    "compare",
    "compare_auc",
    "compare_parts",
    "evaluate",
    "fidelity",
    "fit_calibration",
    "group_auc",
    "kindred_users",
    "last_of_user",
    "list_guards",
    "neighbourhoods",
    "popularity_buckets",
    "principal_directions",
    "sensitivity",
    "vector_error",
    "weighted_ndcg",
    "weighted_recall",
]
