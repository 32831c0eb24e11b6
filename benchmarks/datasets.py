"""The real data sets of the benchmarks, read from ../shared/data beside the repository."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

from rankfold.arrays import F32, unit_rows

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULTS = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Factors scored by dot product, and interactions: users (m, d), items (n, d), user and item row numbers, split 0 train, 1 valid, 2 test."""

    name: str
    users: F32
    items: F32
    user: np.ndarray
    item: np.ndarray
    split: np.ndarray


def file_of(name: str) -> Path:
    """The path of a data file; ends the program with a plain message when it is not there."""
    path = FOLDER / name
    if not path.exists():
        sys.exit(f"benchmarks: {path.name} is missing; the benchmarks read real data from ../shared/data beside the repository.")
    return path


def factors(name: str, model: str = "als128") -> Factors:
    """The factors of `amazon_book`, `anime` or `debian_deps`: als128, or elsa256 (unit rows; a user is the sum of what was taken in training)."""
    columns = parquet.read_table(file_of(f"{name}_interactions.parquet"), columns=["user", "item", "split"])
    user, item, split = (np.asarray(columns[column]) for column in ("user", "item", "split"))
    user, item = user.astype(np.int64), item.astype(np.int64)
    with np.load(file_of(f"{name}_vectors_f16.npz"), allow_pickle=False) as arrays:
        items = arrays[f"{model}_item"].astype(np.float32)
        if model == "als128":
            return Factors(name, arrays["als128_user"].astype(np.float32), items, user, item, split)
    users = np.zeros((int(user.max()) + 1, items.shape[1]), np.float32)
    items = unit_rows(items)
    np.add.at(users, user[split == 0], items[item[split == 0]])
    return Factors(f"{name} {model}", users, items, user, item, split)


def text() -> F32:
    """The 132,868 sentence vectors of `text132k`, unit rows float32 (n, 384)."""
    with np.load(file_of("text132k_minilm_i8.npz"), allow_pickle=False) as arrays:
        return unit_rows(arrays["q"].astype(np.float32) * arrays["scale"].reshape(-1, 1))
