"""Evaluation: tasks, splits, metrics, losses with intervals, fidelity to the exact list, popularity buckets, collisions."""

from .auc import GroupAuc, compare_auc, group_auc
from .backtest import Backtest, Window, backtest
from .buckets import Buckets, popularity_buckets
from .calibration import CalibrationError, calibration_error, fit_calibration
from .change import Change
from .clustering import Communities, Separability, communities, separability
from .coldstart import ColdStart, cold_start
from .collisions import CollisionAudit, Collisions, collisions
from .compare import Loss, compare, compare_parts
from .cooccurrence import CoOccurrence, co_occurrence
from .exact import ExactSearcher
from .fairness import ExposureShift, Gap, exposure_gap, exposure_shifts, gap_of, moved_items
from .fidelity import Fidelity, fidelity
from .finalranker import FinalRanker, final_ranker
from .guards import ListGuards, Quantile, list_guards
from .holm import holm
from .intervals import Mean
from .kindred import Kindred, kindred_users
from .leakage import Leaks, Memory, ReusedIds, find_leaks, memory, reused_ids
from .measure import DEFAULT_METRICS, baseline, evaluate
from .neighbours import Neighbourhoods, neighbourhoods
from .noninferiority import NonInferiority, noninferior
from .offpolicy import Log, OffPolicy, compare_policies, list_chances, off_policy, reweighted_recall
from .ownmetric import Metric
from .permutation import SignFlip, sign_flip
from .popularity import PopularitySearcher
from .power import Power, power_of
from .probes import Probe, attribute_probe
from .ratings import RatingTask, rating_task
from .redundancy import Redundancy, redundancy
from .report import BucketReport, Finding, Report
from .scenarios import Scenarios, scenarios
from .scoretask import ScoreTask, auc_change, score_task
from .sensitivity import Candidates, Sensitivity, candidates, principal_directions, sensitivity
from .slices import Slice, group_masks, slices
from .split import Split, by_chance, by_column, by_time, choose_split, last_of_user
from .suite import Suite, suite
from .task import Task
from .vectorerror import VectorError, vector_error
from .weighted import weighted_ndcg, weighted_recall
from .worstoff import WorstUsers, worst_users

__all__ = [
    "DEFAULT_METRICS",
    "Backtest",
    "BucketReport",
    "Buckets",
    "CalibrationError",
    "Candidates",
    "Change",
    "CoOccurrence",
    "ColdStart",
    "CollisionAudit",
    "Collisions",
    "Communities",
    "ExactSearcher",
    "ExposureShift",
    "Fidelity",
    "FinalRanker",
    "Finding",
    "Gap",
    "GroupAuc",
    "Kindred",
    "Leaks",
    "ListGuards",
    "Log",
    "Loss",
    "Mean",
    "Memory",
    "Metric",
    "Neighbourhoods",
    "NonInferiority",
    "OffPolicy",
    "PopularitySearcher",
    "Power",
    "Probe",
    "Quantile",
    "RatingTask",
    "Redundancy",
    "Report",
    "ReusedIds",
    "Scenarios",
    "ScoreTask",
    "Sensitivity",
    "Separability",
    "SignFlip",
    "Slice",
    "Split",
    "Suite",
    "Task",
    "VectorError",
    "Window",
    "WorstUsers",
    "attribute_probe",
    "auc_change",
    "backtest",
    "baseline",
    "by_chance",
    "by_column",
    "by_time",
    "calibration_error",
    "candidates",
    "choose_split",
    "co_occurrence",
    "cold_start",
    "collisions",
    "communities",
    "compare",
    "compare_auc",
    "compare_parts",
    "compare_policies",
    "evaluate",
    "exposure_gap",
    "exposure_shifts",
    "fidelity",
    "final_ranker",
    "find_leaks",
    "fit_calibration",
    "gap_of",
    "group_auc",
    "group_masks",
    "holm",
    "kindred_users",
    "last_of_user",
    "list_chances",
    "list_guards",
    "memory",
    "moved_items",
    "neighbourhoods",
    "noninferior",
    "off_policy",
    "popularity_buckets",
    "power_of",
    "principal_directions",
    "rating_task",
    "redundancy",
    "reused_ids",
    "reweighted_recall",
    "scenarios",
    "score_task",
    "sensitivity",
    "separability",
    "sign_flip",
    "slices",
    "suite",
    "vector_error",
    "weighted_ndcg",
    "weighted_recall",
    "worst_users",
]
