"""Every codec of the short list at one size through the task suite, and the loss by what made the vectors. Run: python benchmarks/suite.py [set ...]

Sets: debian_deps (attribute: section), anime (attributes: first genre and type; ratings), both as ALS factors of 128 dimensions at 33 bytes a row. All five of
clicks, ratings (anime), attribute probes, clusters and cold rows for each codec. Then the loss of the first codec of the short list on ALS, ELSA, BPR (64
dimensions, fitted here) and, where the set has them, text vectors; --architectures does that alone. Prints tables and writes benchmarks/results/suite.json;
takes about five minutes a set.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import warnings  # noqa: E402

import numpy as np  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
from datasets import RESULTS, factors, file_of  # noqa: E402

from rankfold.arrays import unit_rows  # noqa: E402
from rankfold.codec import describe  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.evaluate import ExactSearcher, Task, by_column, compare, evaluate, redundancy, suite  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search import Searcher  # noqa: E402
from rankfold.tune.shortlist import shortlist  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

SIZE = 33
SETS = ("debian_deps", "anime")
BPR_STEPS, BPR_BATCH, BPR_RATE, BPR_DECAY = 800, 2_048, 0.05, 1e-4


def attributes(name: str) -> dict[str, np.ndarray]:
    if name == "debian_deps":
        with np.load(file_of("debian_deps_vectors_f16.npz"), allow_pickle=False) as arrays:
            rows = arrays["item_row_in_50k"]
        sections = parquet.read_table(file_of("debian50k_items.parquet"), columns=["section"]).column("section").to_pylist()
        return {"section": np.array(sections)[rows].astype(str)}
    table = parquet.read_table(file_of("anime_items.parquet"))
    genres = [(one or "").split(",")[0].strip() for one in table.column("genres").to_pylist()]
    return {"genre": np.array(genres), "type": np.array([one or "" for one in table.column("type").to_pylist()])}


def events_of(name: str, data) -> Interactions:
    if name != "anime":
        return Interactions(data.user, data.item, split=data.split)
    rating = np.asarray(parquet.read_table(file_of("anime_interactions.parquet"), columns=["rating"]).column("rating")).astype(np.float32)
    return Interactions(data.user, data.item, weight=rating, split=data.split)


def rated(events: Interactions) -> Interactions:
    """Only what was given a score: 0 says watched without one."""
    return events if events.weight is None else events.where(events.weight > 0)


def bpr(data, *, dim: int = 64, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """User and item factors by Bayesian personalised ranking (Rendle et al., 2009), Adagrad over batches of (user, taken, not taken)."""
    rng = np.random.default_rng(seed)
    user, item = data.user[data.split == 0], data.item[data.split == 0]
    users, items = ((0.1 * rng.standard_normal((len(x), dim))).astype(np.float32) for x in (data.users, data.items))
    sizes = [np.full((len(x), 1), 1e-6, np.float32) for x in (users, items)]
    for _ in range(BPR_STEPS):
        batch = rng.integers(0, user.size, BPR_BATCH)
        who, taken, other = user[batch], item[batch], rng.integers(0, len(items), BPR_BATCH)
        difference = items[taken] - items[other]
        pull = 1 / (1 + np.exp(np.einsum("bd,bd->b", users[who], difference)))[:, None]
        steps = ((users, sizes[0], who, pull * difference), (items, sizes[1], taken, pull * users[who]), (items, sizes[1], other, -pull * users[who]))
        for target, size, rows, gradient in steps:
            order = np.argsort(rows, kind="stable")
            which, first = np.unique(rows[order], return_index=True)
            total = np.add.reduceat(gradient[order], first, axis=0) - BPR_DECAY * target[which]
            size[which] += (total**2).mean(axis=1, keepdims=True)
            target[which] += BPR_RATE * total / np.sqrt(size[which])
    return users, items


def run_suite(name: str, found: dict, save) -> None:
    data = factors(name)
    events, labels = events_of(name, data), attributes(name)
    vectors = as_vectors(data.items, zero_rows="keep")
    columns = ("GAUC lost", "AUC", "ECE x", "RMSE", "probe kept", "purity kept", "NMI kept", "together", "cold gap")
    header = f"{'codec':34} " + " ".join(f"{column:>{max(8, len(column))}}" for column in columns)
    print(f"{name}: {len(data.items):,} items, {SIZE} bytes a row\n{header}")
    for codec in shortlist(data.items.shape[1], SIZE, rows=len(data.items), norms_vary=True):
        start = time.perf_counter()
        table = compress(vectors, codec)
        done = suite(table, vectors, users=data.users, events=rated(events), attributes=labels)
        label = next(iter(labels))
        rating = f"{done.ratings.rmse.change:+.4f}" if done.ratings else "-"
        kept, pure = done.probes[label].kept, 1 - done.separability[label].purity.drop
        cells = [f"{100 * done.gauc.drop:.2f} %", f"{done.clicks.auc.change:+.4f}", f"{done.clicks.ece_ratio:.2f}", rating, f"{100 * kept:.1f} %"]
        cells += [f"{100 * share:.1f} %" for share in (pure, done.communities.kept)]
        cells += [f"{100 * done.cooccurrence.recall.drop:.2f} %", f"{100 * done.cold.gap.mean:.1f} %"]
        line = " ".join(f"{cell:>{max(8, len(column))}}" for cell, column in zip(cells, columns, strict=True))
        print(f"{describe(codec):34} {line}  {time.perf_counter() - start:.0f} s", flush=True)
        found["suite"][describe(codec)] = done.to_dict()
        save()


def architectures(name: str) -> dict:
    """NDCG@10 and overlap@10 kept by the first codec of the short list, by what made the vectors."""
    data, linear = factors(name), factors(name, "elsa256")
    made = {"ALS": (data.users, data.items), "ELSA": (linear.users, linear.items), "BPR": bpr(data)}
    with np.load(file_of(f"{name}_vectors_f16.npz"), allow_pickle=False) as arrays:
        text = arrays["text_minilm"].astype(np.float32) if "text_minilm" in arrays else None
    if text is not None:
        made["text"] = (_sums(data, unit_rows(text)), unit_rows(text))
    events = Interactions(data.user, data.item, split=data.split)
    out = {}
    for which, (users, items) in made.items():
        task = Task.from_interactions(users, events, by_column(data.split), rows=len(items)).sample(3_000)
        vectors = as_vectors(items, zero_rows="keep")
        size = items.shape[1] // 4 + 1
        norms = np.linalg.norm(items, axis=1)
        codec = shortlist(items.shape[1], size, rows=len(items), norms_vary=bool(norms[norms > 0].std() > 0.01 * norms.mean()))[0]
        table = compress(vectors, codec)
        before = evaluate(ExactSearcher(vectors), task, metrics=["ndcg@10"])
        after = evaluate(Searcher(table), task, metrics=["ndcg@10"], baseline=before)
        loss, overlap = compare(before, after)["ndcg@10"], after.fidelity.means()["overlap@10"]
        print(f"  {which:6} {size:3} bytes  {describe(codec):30} ndcg@10 {loss.before:.4f} -> {loss.after:.4f}  lost {100 * loss.drop:.2f} % "
              f"({100 * loss.low:.2f} to {100 * loss.high:.2f})  overlap@10 {overlap.mean:.3f}", flush=True)  # fmt: skip
        out[which] = {"row_bytes": size, "codec": describe(codec), "loss": loss.to_dict(), "overlap@10": overlap.to_dict()}
    same = {which: items for which, (_, items) in made.items()}
    out["redundancy"] = redundancy(same).to_dict()
    return out


def _sums(data, items: np.ndarray) -> np.ndarray:
    users = np.zeros((len(data.users), items.shape[1]), np.float32)
    np.add.at(users, data.user[data.split == 0], items[data.item[data.split == 0]])
    return users


def main() -> None:
    warnings.simplefilter("ignore", RuntimeWarning)
    asked = sys.argv[1:]
    path = RESULTS / "suite.json"
    figures = json.loads(path.read_text()) if path.exists() else {}

    def save() -> None:
        path.write_text(json.dumps(figures, indent=1) + "\n")

    for name in [one for one in asked if not one.startswith("-")] or SETS:
        found = figures.setdefault(name, {"size": SIZE})
        if "--architectures" not in asked:
            found["suite"] = {}
            run_suite(name, found, save)
        print("  by architecture, a sixteenth of float32 and a byte:")
        found["architectures"] = architectures(name)
        save()


if __name__ == "__main__":
    main()
